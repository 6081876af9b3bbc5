"""Stop, Try again, thumbs, Share, and buttons that nobody knows any more."""

from __future__ import annotations

import asyncio

import pytest

from bot.adapters.chat.wording import REASONS
from bot.adapters.discord.config import Rules
from bot.domain.run import Document, Outcome
from tests.adapters.discord.office import LOOKUP, QUICK, Office, Slow, buttons_of, looking, looking_up
from tests.adapters.discord.pressing import (
    CHART,
    answers,
    booked,
    card,
    old_copy,
    opened,
    private_card,
    refusals,
    said,
    told,
    whispered,
)
from tests.conversation.world import World
from tests.simulators.discord import DiscordSimulator
from tests.simulators.discord.faults import refusal

QUESTION = "where is my order?"


def slowly(discord: DiscordSimulator) -> tuple[Office, Slow]:
    """A look-up that takes its time, in sight of everybody."""
    office, slow = Office(discord, World(LOOKUP, plans=(looking(),)), QUICK), Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    return office, slow


# Stop


async def test_stop_is_for_who_asked(discord: DiscordSimulator) -> None:
    office, _ = slowly(discord)
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await office.asks(alex, QUESTION)
        board = await office.shown("Stop")
        await sam.clicks(board, "Stop")
        await told(discord, sam, "Nothing of yours runs here")
        assert office.world.executor.running == 1
        await alex.clicks(board, "Stop")
        await told(discord, alex, "Stopped: Order lookup.")
        await said(discord, "stopped by")

    (used,) = next(iter(office.world.turns.turns.values())).used
    assert used.outcome is Outcome.STOPPED
    assert "Stop" not in buttons_of(answers(discord)[0])
    assert refusals(discord) == []


@pytest.mark.parametrize("word", ["stop", "Stop it please!"])
async def test_the_word_stops_in_the_thread(discord: DiscordSimulator, word: str) -> None:
    office, slow = slowly(discord)
    alex = office.person("alex")
    async with office.open():
        asked = await office.asks(alex, QUESTION)
        await slow.begun.wait()
        (thread,) = await discord.guild.until(lambda g: g.threads())
        await alex.says(thread, f"{discord.mention} {word}")
        await said(discord, "Stopped: Order lookup.", thread)
        await said(discord, "stopped by", thread)

    assert thread.id == asked.id
    (turn,) = office.world.turns.turns.values()
    assert turn.used[0].outcome is Outcome.STOPPED


@pytest.mark.parametrize("visible", [False, True])
async def test_what_a_command_asked_for_has_a_stop_as_well(discord: DiscordSimulator, visible: bool) -> None:
    office, _ = slowly(discord)
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION, visible=visible)
        board = await (office.shown("Stop") if visible else whispered(discord, alex, "Stop"))
        await alex.clicks(board, "Stop")
        await told(discord, alex, "Stopped: Order lookup.")
        await discord.until(lambda: "stopped by" in board.text)

    assert "Stop" not in buttons_of(board)


# Try again


async def test_try_again_asks_once_more_for_who_asked(discord: DiscordSimulator) -> None:
    office = Office(discord, World(LOOKUP, plans=(RuntimeError("broken"), looking(), looking())))
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await office.asks(alex, QUESTION)
        failed = await office.shown("Try again")
        await sam.clicks(failed, "Try again")
        await told(discord, sam, "Only the person who asked")
        await asyncio.gather(*(alex.clicks(failed, "Try again") for _ in range(5)))
        await told(discord, alex, "pressed this before", times=4)
        await discord.until(lambda: answers(discord))

    assert office.world.ran == ["order-lookup"]
    assert [context.text for context, _ in office.world.model.asked] == [QUESTION] * 2
    assert answers(discord)[0].channel == failed.channel
    assert "broken" not in discord.core.picture()


async def test_a_private_answer_is_tried_again_privately(discord: DiscordSimulator) -> None:
    office = Office(discord, World(LOOKUP, plans=(RuntimeError("broken"), looking())))
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        failed = await whispered(discord, alex, "Try again")
        await alex.clicks(failed, "Try again")
        await told(discord, alex, "I try again.")
        await told(discord, alex, "Order lookup ✓")

    assert discord.guild.from_bot() == []


async def test_a_decision_cannot_be_tried_again(discord: DiscordSimulator) -> None:
    office, alex = booked(discord), discord.guild.person("alex")
    office.world.model.compose_fails = RuntimeError("broken")
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, "Confirm")
        await alex.clicks(await office.shown("Try again"), "Try again")
        await told(discord, alex, "cannot be tried again")

    assert office.world.ran == ["book"]


# What people think of it


async def test_a_thumb_up_is_kept_and_thanked_for(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await office.asks(alex, QUESTION)
        answer = await office.shown("👍")
        await sam.clicks(answer, "👍")
        word = await told(discord, sam, "Thank you")

    assert word.channel == answer.channel
    (given,) = office.world.opinions.given.values()
    assert (given.good, given.by) == (True, f"discord:{sam.id}")


async def test_a_thumb_down_counts_and_asks_why_even_of_another_process(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    alex = office.person("alex")
    async with office.open():
        await office.asks(alex, QUESTION)
        answer = await office.shown("👎")
        await alex.clicks(answer, "👎")
        fields = await opened(discord, alex)
        await discord.until(lambda: office.world.opinions.given)
    (before,) = office.world.opinions.given.values()
    assert (before.good, before.reason) == (False, "")
    assert tuple(each["label"] for each in fields["reason"]["options"]) == REASONS
    async with office.open():
        await alex.submits(alex.modal, {"reason": "Out of date", "note": "It left yesterday."})
        await told(discord, alex, "Thank you")

    (given,) = office.world.opinions.given.values()
    assert (given.good, given.reason, given.words) == (False, "Out of date", "It left yesterday.")
    assert refusals(discord) == []


async def test_a_person_may_change_their_mind_and_others_have_their_own(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await office.asks(alex, QUESTION)
        answer = await office.shown("👎")
        await alex.clicks(answer, "👎")
        await alex.closes(alex.modal)
        await alex.clicks(answer, "👍")
        await told(discord, alex, "Thank you")
        await sam.clicks(answer, "👎")
        await discord.until(lambda: len(office.world.opinions.given) == 2)

    thumbs = {by: given.good for (_, by), given in office.world.opinions.given.items()}
    assert thumbs == {f"discord:{alex.id}": True, f"discord:{sam.id}": False}


async def test_a_thumb_down_counts_where_no_form_can_be_opened(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    alex = office.person("alex")
    async with office.open():
        await office.asks(alex, QUESTION)
        answer = await office.shown("👎")
        discord.faults.next("POST /interactions/*", refusal(404, 10062))
        await alex.clicks(answer, "👎")
        await told(discord, alex, "too little time")

    assert [given.good for given in office.world.opinions.given.values()] == [False]


# Share


async def test_a_private_answer_is_shared_once_with_its_question_and_files(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    office.world.executor.documents["order-lookup"] = (CHART, Document("order.csv", "text/csv", b"a\n"))
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question="where is it? @everyone")
        answer = await whispered(discord, alex, "Share")
        assert discord.guild.from_bot() == []
        stale = old_copy(answer)
        await alex.clicks(answer, "Share")
        await discord.until(lambda: answer.deleted)
        await alex.clicks(stale, "Share")
        await told(discord, alex, "shared once")

    asked, shared = discord.guild.from_bot("#support")
    assert asked.text.startswith("Alex asked: where is it?")
    assert "Order lookup ✓" in shared.text
    assert [each.name for each in shared.attachments] == ["chart.png", "order.csv"]
    assert "Share" not in buttons_of(shared)
    assert discord.alarms == []


async def test_a_button_of_a_private_answer_is_of_no_use_to_others(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        stolen = old_copy(await whispered(discord, alex, "Share"))
        stolen.only_for = None
        await sam.clicks(stolen, "Share")
        await told(discord, sam, "Only the person who asked")

    assert discord.guild.from_bot() == []


async def test_a_channel_that_is_not_ours_gets_nothing_shared(discord: DiscordSimulator) -> None:
    elsewhere = discord.guild.channel("elsewhere")
    office = Office(discord, looking_up(), Rules(patience=60.0, allowed=frozenset({elsewhere.id})))
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        await alex.clicks(await whispered(discord, alex, "Share"), "Share")
        await told(discord, alex, "stays private")

    assert discord.guild.from_bot() == []


@pytest.mark.parametrize("missing", ["send_messages", "view_channel"])
async def test_where_the_bot_may_not_write_an_answer_stays_private(discord: DiscordSimulator, missing: str) -> None:
    office = Office(discord, looking_up())
    discord.guild.deny("#support", missing)
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        answer = await whispered(discord, alex, "Share")
        await alex.clicks(answer, "Share")
        await told(discord, alex, "I may not write here, so this stays private.")

    assert not answer.deleted
    assert discord.guild.from_bot() == []


# What nobody knows any more


@pytest.mark.parametrize("custom_id", ["dh:frobnicate:1", "dh:", "dh:UPPER:1", "confirm_7", "dh:confirm:" + "x" * 80])
@pytest.mark.parametrize("private", [False, True])
async def test_a_button_of_an_older_version_is_answered(
    discord: DiscordSimulator, custom_id: str, private: bool
) -> None:
    office = booked(discord)
    alex = office.person("alex")
    async with office.open():
        shown = await (private_card if private else card)(office, alex)
        await alex.clicks(old_copy(shown, (custom_id, "Old")), "Old")
        await told(discord, alex, "I do not know this button")

    assert len(alex.private()) == 1 + private
    assert office.world.ran == []
    assert "Confirm" in buttons_of(shown)


async def test_a_menu_of_an_older_version_is_answered(discord: DiscordSimulator) -> None:
    office = booked(discord)
    alex = office.person("alex")
    async with office.open():
        old = old_copy(await card(office, alex))
        menu = {"type": 3, "custom_id": "old:menu", "options": [{"label": "a", "value": "a"}]}
        old.components = [{"type": 1, "components": [menu]}]
        await alex.clicks(old, "old:menu", "a")
        await told(discord, alex, "I do not know this button")
