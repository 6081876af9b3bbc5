"""A process may die at any moment: nothing that was taken is lost, and nothing is said or done twice."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.run import Document
from tests.adapters.discord.asking import POST, SHIPPED, THREAD, ToldClaims, answered, hurrying, written
from tests.adapters.discord.office import BOOK, LOOKUP, QUICK, Office, buttons_of, looking, looking_up, shipped
from tests.adapters.discord.pressing import CHART, answers, booked, card, old_copy, reads, said, told
from tests.conversation.world import World
from tests.fakes import LockedClaims, calls
from tests.simulators.discord import DiscordSimulator, Message, events, faults

_NONCE = 400.0
"""Seconds after which Discord knows no nonce any more, and a question is not expired yet."""


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(9), claims=ToldClaims(discord))


def later(office: Office, seconds: float = _NONCE) -> None:
    office.discord.clock.advance(seconds)
    office.world.clock.forward(seconds=seconds)


async def kept(office: Office, count: int = 1) -> None:
    """So many events are written down."""
    await office.discord.until(lambda: len(office.inbox.jobs) >= count)


async def finished(office: Office, count: int) -> None:
    """Jobs were done so often, whether that was written down or not."""
    await office.discord.until(lambda: len(office.inbox.finished) >= count)


async def restarted(office: Office, count: int) -> None:
    """Another process does what the dead one left."""
    later(office)
    office.inbox.dying = False
    async with office.open():
        await finished(office, count)


@pytest.mark.parametrize("where", ["thread", "direct", "channel"])
async def test_what_was_taken_and_not_begun_is_answered_by_the_next_process(office: Office, where: str) -> None:
    discord, alex = office.discord, office.person("alex")
    if where == "channel":
        discord.faults.next("POST /channels/{channel}/messages/{message}/threads", faults.refusal(403, 50013), times=9)
    async with office.open(working=False):
        await (alex.says(alex.dm, "where is it?") if where == "direct" else office.asks(alex, "where is it?"))
        await kept(office)
    await restarted(office, 1)

    assert len(written(discord)) == 1
    assert office.world.ran == ["order-lookup"]


@pytest.mark.parametrize("where", ["thread", "direct", "channel"])
async def test_an_answer_that_was_posted_before_the_end_is_not_posted_again(office: Office, where: str) -> None:
    discord, alex = office.discord, office.person("alex")
    if where == "channel":
        discord.faults.next("POST /channels/{channel}/messages/{message}/threads", faults.refusal(403, 50013), times=9)
    office.inbox.dying = True
    async with office.open():
        await (alex.says(alex.dm, "where is it?") if where == "direct" else office.asks(alex, "where is it?"))
        await finished(office, 1)
    await restarted(office, 2)

    assert len(written(discord)) == 1
    assert office.world.ran == ["order-lookup"]
    assert len(office.inbox.settled) == 1


async def test_an_answer_in_plain_words_is_known_again_too(office: Office) -> None:
    discord = office.discord
    discord.faults.next(POST, faults.refusal(400, 50035))
    office.inbox.dying = True
    async with office.open():
        await office.asks(office.person("alex"), "where is it?")
        await finished(office, 1)
    await restarted(office, 2)

    (answer,) = written(discord)
    assert SHIPPED in answer.content


async def test_of_a_long_answer_the_parts_that_are_missing_are_posted(office: Office) -> None:
    discord = office.discord

    async def long(*_: object) -> str:
        return "\n\n".join(f"Paragraph {number} " + "word " * 60 for number in range(30))

    office.world.executor.behaviours["order-lookup"] = long
    office.inbox.dying = True
    async with office.open():
        await office.asks(office.person("alex"), "where is it?")
        await finished(office, 1)
    before = [message.text for message in written(discord)]
    assert len(before) > 1
    written(discord)[-1].deleted = True
    await restarted(office, 2)

    assert [message.text for message in written(discord)] == before


async def test_a_card_and_files_that_are_missing_are_posted_and_the_rest_is_not(discord: DiscordSimulator) -> None:
    both = calls(("order-lookup", {}), ("book", {"days": 2, "kind": "holiday"}))
    office = Office(discord, World(LOOKUP, BOOK, plans=(both,)))
    office.world.executor.behaviours["order-lookup"] = shipped
    office.world.executor.documents["order-lookup"] = (CHART, Document("days.csv", "text/csv", b"day\n1\n"))
    office.inbox.dying = True
    async with office.open():
        await office.asks(office.person("alex"))
        await finished(office, 1)
    reply, question = written(discord)
    assert len(reply.attachments) == 2
    question.deleted = True
    await restarted(office, 2)
    texts = [message.text for message in written(discord)]
    assert len(texts) == 2
    assert buttons_of(written(discord)[1])[0] == "Confirm"

    for message in written(discord):
        message.deleted = True
    office.inbox.settled.clear()
    await restarted(office, 3)
    assert len(written(discord)[0].attachments) == 2
    assert office.world.ran == ["order-lookup"]


async def test_work_that_a_dead_process_showed_is_taken_away(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    office.rules = QUICK
    began = asyncio.Event()

    async def slow(*_: object) -> str:
        began.set()
        await discord.until(lambda: not office.inbox.dying)
        return "shipped"

    office.world.executor.behaviours["order-lookup"] = slow
    office.inbox.dying = True
    async with office.open():
        asked = await office.asks(alex, "where is it?")
        board = await office.shown("Stop")
        left = old_copy(board)
        office.inbox.dying = False
        discord.core.changes.tell()
        await answered(discord)
    office.inbox.settled.clear()
    left.id = discord.core.ids.new()
    discord.core.messages[left.id] = left
    await restarted(office, 2)

    (answer,) = written(discord)
    assert answer.channel == asked.id
    assert "Stop" not in buttons_of(answer)


async def test_of_fifty_simultaneous_twins_one_is_answered(office: Office) -> None:
    discord = office.discord
    async with office.open():
        asked = await office.asks(office.person("alex"), "where is it?")
        for _ in range(50):
            events.message_created(discord.core, asked)
        await answered(discord)
        await finished(office, 1)
        asked_last = await office.asks(office.person("sam"), "and mine?")
        await finished(office, 2)

    assert {message.channel for message in written(discord)} == {asked.id, asked_last.id}
    assert len(written(discord)) == len(office.inbox.jobs) == 2


async def test_where_a_question_waits_for_its_turn_what_goes_on_from_it_is_heard(office: Office) -> None:
    """Another process may have heard it: in a thread that is not ours, and in a channel without threads."""
    discord, alex, sam = office.discord, office.person("alex"), office.person("sam")
    thread = await sam.opens_thread("#support", "Our own talk")
    discord.faults.next(THREAD, faults.refusal(403, 50013), times=9)
    async with office.open(working=False):
        await office.asks(alex, "where is it?", thread)
        asked = await office.asks(alex, "where is it?")
        await kept(office, 2)
    async with office.open(working=False):
        await sam.says(thread, "and mine?")
        await kept(office, 3)
        await sam.says("#support", f"{discord.mention} and mine?", reply_to=asked)
        await kept(office, 4)

    first, second, third, fourth = office.inbox.jobs.values()
    assert (third.lane, fourth.lane) == (first.lane, second.lane)


# Presses


async def test_a_press_that_was_acknowledged_in_time_counts_however_late_it_is_carried_out(
    discord: DiscordSimulator,
) -> None:
    office = booked(discord)
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
    async with office.open(working=False):
        await alex.clicks(question, "Confirm")
        await kept(office, 2)
    later(office, 1_200.0)
    async with office.open():
        await reads(discord, question, "Confirmed")
        await finished(office, 2)

    assert office.world.ran == ["book"]
    assert len(answers(discord)) == 1
    assert alex.warnings == []


async def test_what_was_confirmed_before_the_end_runs_once_and_is_told_once(discord: DiscordSimulator) -> None:
    office = booked(discord)
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        office.inbox.dying = True
        await alex.clicks(question, "Confirm")
        await finished(office, 2)
    await restarted(office, 3)

    assert office.world.ran == ["book"]
    assert len(answers(discord)) == 1
    assert "Confirmed" in question.text
    assert buttons_of(question) == []


async def test_what_was_confirmed_and_not_told_is_told_by_the_next_process(discord: DiscordSimulator) -> None:
    office = booked(discord)
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        office.inbox.dying = True
        await alex.clicks(question, "Confirm")
        await finished(office, 2)
    answers(discord)[0].deleted = True
    await restarted(office, 3)

    assert office.world.ran == ["book"]
    assert len([message for message in answers(discord) if not message.deleted]) == 1


async def test_a_retry_that_failed_before_it_was_claimed_is_answered_once(discord: DiscordSimulator) -> None:
    plans = (RuntimeError("broken"), looking(), looking())
    office = Office(discord, World(LOOKUP, plans=plans), claims=LockedClaims("discord/retry/"))
    alex, time = office.person("alex"), hurrying(office)
    async with office.open():
        await office.asks(alex, "where is it?")
        failed = await office.shown("Try again")
        await alex.clicks(failed, "Try again")
        await finished(office, 2)
        later(office)
        await alex.clicks(failed, "Try again")
        await told(discord, alex, "pressed this before")

    assert time.slept
    assert len(written(discord, "Used:")) == 1


# Commands


async def test_a_private_question_whose_interaction_is_over_is_answered_in_direct_messages(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open(working=False):
        await alex.runs("/ask", where="#support", question="where is it?")
        await kept(office)
    later(office, 1_200.0)
    async with office.open():
        answer = await said(discord, SHIPPED, alex.dm)
        await finished(office, 1)

    assert written(discord, SHIPPED) == [answer]
    assert office.world.ran == ["order-lookup"]


async def test_an_open_question_whose_interaction_is_over_is_answered_there_with_a_name(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    discord.core.may_mention.add(alex.id)
    async with office.open(working=False):
        await alex.runs("/ask", where="#support", question="where is it?", visible=True)
        await kept(office)
    later(office, 1_200.0)
    async with office.open():
        answer = await said(discord, SHIPPED)
        await finished(office, 1)

    assert discord.guild.place("#support").id == answer.channel
    assert len(written(discord, f"For {alex.mention}")) == 1
    assert discord.alarms == []


@pytest.mark.parametrize("visible", [True, False])
async def test_a_command_that_was_answered_before_the_end_is_answered_once(office: Office, visible: bool) -> None:
    discord, alex = office.discord, office.person("alex")
    office.inbox.dying = True
    async with office.open():
        await alex.runs("/ask", where="#support", question="where is it?", visible=visible)
        await finished(office, 1)
    later(office, 60.0)
    office.inbox.dying = False
    async with office.open():
        await finished(office, 2)

    assert office.world.ran == ["order-lookup"]
    assert len(_everywhere(discord, SHIPPED)) == 1


async def test_what_is_kept_holds_no_way_to_speak_as_the_bot(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question="where is it?")
        await finished(office, 1)

    (job,) = office.inbox.jobs.values()
    (token,) = discord.core.interactions
    assert token not in str(dict(job.payload))
    assert token not in repr(job)


async def test_a_stop_does_not_wait_for_what_it_is_to_stop(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up(2))
    began, alex = asyncio.Event(), office.person("alex")

    async def endless(*_: object) -> str:
        began.set()
        await asyncio.Event().wait()
        return ""

    office.world.executor.behaviours["order-lookup"] = endless
    async with office.open():
        asked = await office.asks(alex, "where is it?")
        await began.wait()
        await discord.guild.until(lambda g: g.threads())
        await alex.says(asked.id, "stop")
        await said(discord, "Stopped: Order lookup")
        await finished(office, 2)


def _everywhere(discord: DiscordSimulator, words: str) -> list[Message]:
    mine = [each for each in discord.core.messages.values() if each.author.id == discord.core.bot.id]
    return [each for each in mine if words in each.text and not each.deleted]
