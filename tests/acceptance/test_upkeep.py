"""What a serving process does beside serving, over the real parts."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import weakref
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.rendering.cards.approval import confirm_blocks
from bot.app import Service, open_service
from bot.domain.message import ConversationId, Platform
from bot.domain.run import RunState
from bot.domain.turn import TurnState
from bot.gateways import open_slack
from bot.records import database_file
from bot.upkeep import forget, go_on, keep_up, start_set_apart
from tests.acceptance.conftest import settings
from tests.fakes import message
from tests.simulators.slack import Message, SlackSimulator
from tests.storage.samples import approval, run


async def test_a_turn_of_the_web_chat_that_was_cut_off_is_finished_at_the_next_start(
    tmp_path: Path, quiet_environment: None
) -> None:
    asked = replace(message("hello", id="m-1"), conversation=ConversationId(Platform.WEB, "room"))
    async with open_service(settings(tmp_path, demo=False, sandbox="off")) as service:
        await service.records.storage.turns.begin(asked, "turn-1")

    async with open_service(settings(tmp_path, demo=False, sandbox="off")) as service:
        await go_on(service)
        turn = await service.records.storage.turns.get("turn-1")

    assert turn
    assert (turn.state, turn.message_id) == (TurnState.DONE, "m-1")
    assert turn.reply


GONE = "ALTER TABLE messages RENAME TO away"
ONE_REFUSED = (
    "ALTER TABLE away RENAME TO messages;"
    "CREATE TRIGGER sick BEFORE INSERT ON messages WHEN NEW.id = 'm-0' BEGIN SELECT RAISE(ABORT, 'sick'); END"
)
WELL = "DROP TRIGGER sick"


async def test_turns_that_were_cut_off_wait_for_the_database_each_for_itself(
    tmp_path: Path, quiet_environment: None
) -> None:
    given, seen, faults = settings(tmp_path, demo=False, sandbox="off"), list[list[TurnState]](), [WELL, ONE_REFUSED]
    async with open_service(given) as service:
        turns = service.records.storage.turns
        for number in range(2):
            room = ConversationId(Platform.WEB, f"room {number}")
            await turns.begin(replace(message("hello", id=f"m-{number}"), conversation=room), f"turn-{number}")

        async def states() -> list[TurnState]:
            return [turn.state for number in range(2) if (turn := await turns.get(f"turn-{number}"))]

        with closing(sqlite3.connect(database_file(given))) as other:

            async def sleep(_: float) -> None:
                seen.append(await states())
                other.executescript(faults.pop())

            other.executescript(GONE)
            await go_on(service, sleep)

        started, done = TurnState.STARTED, TurnState.DONE
        assert seen == [[started, started], [started, done]]
        assert await states() == [done, done]


async def test_what_is_older_than_is_wanted_goes_and_the_rest_stays(tmp_path: Path, quiet_environment: None) -> None:
    async with open_service(settings(tmp_path, demo=False, sandbox="off", retention_days=30)) as service:
        storage, now = service.records.storage, service.clock()
        for name, days in (("old", 31), ("new", 29)):
            await storage.runs.started(run(name, state=RunState.DONE, started_at=now - timedelta(days=days)))

        await forget(service)

        assert [each.id for each in await storage.runs.latest(9)] == ["new"]


async def test_a_card_that_ran_out_while_nobody_served_loses_its_buttons(
    tmp_path: Path, quiet_environment: None
) -> None:
    stop = asyncio.Event()
    async with SlackSimulator(rates=False) as slack:
        given = {"slack_bot_token": slack.workspace.bot_token, "slack_app_token": slack.app_token}
        wanted = settings(tmp_path, demo=False, sandbox="off", slack_base_url=slack.api_url, **given)
        async with open_service(wanted) as service, open_slack(service) as gateway, asyncio.TaskGroup() as group:
            card = await old_card(slack, service)
            group.create_task(keep_up(service, stop, [gateway.expire]))
            await slack.until(lambda: "Expired" in card.text)
            stop.set()

    assert "approval:confirm" not in str(card.blocks)


async def test_nobody_waits_at_the_end_for_a_platform_that_does_not_answer(
    tmp_path: Path, quiet_environment: None
) -> None:
    begun, stop = asyncio.Event(), asyncio.Event()

    async def unanswered() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with (
        open_service(settings(tmp_path, demo=False, sandbox="off")) as service,
        asyncio.timeout(20),
        asyncio.TaskGroup() as group,
    ):
        group.create_task(keep_up(service, stop, [unanswered]))
        await begun.wait()
        stop.set()


async def old_card(slack: SlackSimulator, service: Service) -> Message:
    """A question of an hour ago that nobody answered, and its card."""
    channel, alex = slack.workspace.channel("#support"), slack.workspace.person("alex")
    asked, ago = await alex.says(channel, "Book Friday off"), service.clock() - timedelta(hours=1)
    waiting = approval(
        conversation=f"slack:{slack.workspace.team}/{channel.id}:{asked.ts}", created_at=ago,
        asker=f"slack:{slack.workspace.team}:{alex.user.id}", expires_at=ago + timedelta(minutes=10),
    )  # fmt: skip
    await service.records.storage.approvals.open(waiting)
    slack.workspace.may_mention.add(alex.user.id)
    client = AsyncWebClient(slack.workspace.bot_token, slack.api_url)
    blocks = list(confirm_blocks(waiting, {}))
    told = await client.chat_postMessage(channel=channel.id, thread_ts=asked.ts, text="?", blocks=blocks)
    card = slack.workspace.find(channel.id, str(told["ts"]))
    assert card
    return card


def test_the_collector_leaves_alone_what_the_start_made_but_no_garbage_is_kept_with_it() -> None:
    class Round:
        """Refers to itself: only the collector finds that nobody wants it."""

        def __init__(self) -> None:
            self.itself = self

    before, wanted, dropped = gc.get_freeze_count(), Round(), weakref.ref(Round())
    with start_set_apart():
        assert dropped() is None
        assert gc.get_freeze_count() > before
        assert not any(one is wanted for one in gc.get_objects())
    assert gc.get_freeze_count() == 0
    assert any(one is wanted for one in gc.get_objects())
