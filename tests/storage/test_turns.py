"""Turns keep what ``ports.TurnStore`` promises."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from bot.domain.message import ConversationId, Line, Platform
from bot.domain.person import Sender
from bot.domain.turn import Turn, TurnState
from bot.ports import TurnStore
from bot.storage.storage import Storage
from tests.storage.samples import HARD_TEXT, NOON, ROOM, message, minutes, turn


async def test_a_message_begins_a_turn(storage: Storage) -> None:
    turns: TurnStore = storage.turns

    began = await turns.begin(message(), "t1")

    assert began
    assert await turns.of_message(str(ROOM), "m1") == Turn(
        id="t1",
        message_id="m1",
        conversation=str(ROOM),
        speaker="Zoë",
        speaker_id="U1",
        text=HARD_TEXT,
        started_at=NOON,
    )


async def test_what_was_read_for_a_message_is_kept_from_the_beginning(storage: Storage) -> None:
    read = (Line("Maya", HARD_TEXT, NOON),)
    await storage.turns.begin(message(background=read), "t1")

    begun = await storage.turns.get("t1")

    assert begun
    assert begun.background == read


async def test_of_a_hundred_deliveries_of_a_message_one_begins_a_turn(storage: Storage) -> None:
    deliveries = [storage.turns.begin(message(), f"t{number}") for number in range(100)]

    answers = await asyncio.gather(*deliveries)

    assert Counter(answers) == {True: 1, False: 99}
    stored = await storage.turns.of_message(str(ROOM), "m1")
    assert stored is not None
    assert stored.id == f"t{answers.index(True)}"


async def test_a_known_message_stores_nothing(storage: Storage) -> None:
    await storage.turns.begin(message(), "t1")

    again = await storage.turns.begin(message(text="another text"), "t2")

    assert not again
    stored = await storage.turns.of_message(str(ROOM), "m1")
    assert stored is not None
    assert (stored.id, stored.text) == ("t1", HARD_TEXT)


async def test_the_same_id_on_another_platform_is_another_message(storage: Storage) -> None:
    await storage.turns.begin(message(), "t1")

    other = await storage.turns.begin(message(conversation=ConversationId(Platform.DISCORD, "9")), "t2")

    assert other


async def test_a_finished_turn_comes_back_as_it_was(storage: Storage) -> None:
    await storage.turns.begin(message(), "t1")

    await storage.turns.finish(turn())

    assert await storage.turns.of_message(str(ROOM), "m1") == turn()


async def test_a_turn_that_no_message_began_is_kept(storage: Storage) -> None:
    await storage.turns.finish(turn("t9", message_id="click-1"))

    assert await storage.turns.of_message(str(ROOM), "click-1") == turn("t9", message_id="click-1")


async def test_recent_turns_are_the_last_ended_ones_oldest_first(storage: Storage) -> None:
    for number in range(6):
        await storage.turns.finish(turn(f"t{number}", message_id=f"m{number}", started_at=minutes(-number)))
    await storage.turns.finish(turn("failed", message_id="mf", started_at=minutes(1), state=TurnState.FAILED))
    await storage.turns.finish(turn("going on", message_id="ms", started_at=minutes(2), state=TurnState.STARTED))
    await storage.turns.finish(turn("elsewhere", message_id="me", conversation="web:x:"))

    recent = await storage.turns.recent(str(ROOM), 4)

    assert [found.id for found in recent] == ["t2", "t1", "t0", "failed"]


async def test_turns_of_the_same_moment_come_in_the_order_of_their_ids(storage: Storage) -> None:
    for turn_id in ("b", "c", "a"):
        await storage.turns.finish(turn(turn_id, message_id=turn_id))

    recent = await storage.turns.recent(str(ROOM), 2)

    assert [found.id for found in recent] == ["b", "c"]


async def test_an_unknown_message_led_to_no_turn(storage: Storage) -> None:
    assert await storage.turns.of_message(str(ROOM), "nobody wrote this") is None
    assert await storage.turns.recent("web:nowhere:", 5) == []


@pytest.mark.parametrize(
    ("sent_at", "moment"),
    [
        (datetime(2026, 7, 1, 14, 0, tzinfo=ZoneInfo("Europe/Berlin")), "2026-07-01T12:00:00+00:00"),
        (
            datetime(2026, 7, 1, 14, 0, 0, 1, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
            "2026-07-01T23:30:00.000001+00:00",
        ),
        (datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=ZoneInfo("UTC")), "1969-12-31T23:59:59.999999+00:00"),
    ],
)
async def test_times_are_kept_to_the_microsecond_in_utc(storage: Storage, sent_at: datetime, moment: str) -> None:
    await storage.turns.begin(message(sent_at=sent_at), "t1")

    stored = await storage.turns.of_message(str(ROOM), "m1")

    assert stored is not None
    assert stored.started_at.isoformat() == moment


async def test_a_time_without_a_zone_is_refused(storage: Storage) -> None:
    naive = NOON.replace(tzinfo=None)

    with pytest.raises(ValueError, match="without a zone"):
        await storage.turns.begin(message(sent_at=naive), "t1")


@pytest.mark.parametrize("text", ["", "x" * 10_000, "\ud83d", "a\udc00b", "\U0001f600", "\x00", "'; DROP TABLE turns"])
async def test_any_text_can_be_stored(storage: Storage, url: str, text: str) -> None:
    await storage.turns.begin(message(text=text), "t1")

    stored = await storage.turns.of_message(str(ROOM), "m1")

    assert stored is not None
    kept = text.replace("\0", "\ufffd") if url else text
    assert stored.text == kept.replace("\ud83d", "\ufffd").replace("\udc00", "\ufffd")


async def test_a_nameless_sender_is_called_by_their_id(storage: Storage) -> None:
    await storage.turns.begin(message(sender=Sender("U9")), "t1")

    stored = await storage.turns.of_message(str(ROOM), "m1")

    assert stored is not None
    assert stored.speaker == "U9"


async def test_a_wish_to_stop_reaches_the_turns_of_its_asker_there_that_have_not_ended(storage: Storage) -> None:
    turns: TurnStore = storage.turns
    for number in (1, 2):
        await turns.begin(message(f"m{number}"), f"t{number}")
    ended = await turns.get("t2")
    assert ended
    await turns.finish(replace(ended, state=TurnState.DONE))

    assert not await turns.wish(str(ROOM), "U1", "Zoë", minutes(1))
    assert not await turns.wish(str(ROOM), "U2", "Sam", NOON)
    assert not await turns.wish("slack:C9:", "U1", "Zoë", NOON)
    assert await turns.wishes() == {}

    assert await turns.wish(str(ROOM), "U1", "Zoë", NOON)
    assert await turns.wishes() == {"t1": "Zoë"}

    assert await turns.wish("", "U1", "Zoë Quinn", NOON)
    assert await turns.wishes() == {"t1": "Zoë Quinn"}

    begun = await turns.get("t1")
    assert begun
    await turns.finish(replace(begun, state=TurnState.DONE))
    assert await turns.wishes() == {}
