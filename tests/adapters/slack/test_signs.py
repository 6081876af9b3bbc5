"""The signs of work: there before anything else is known, true while it goes on, gone with the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.adapters.slack.desk import Desk, Rules
from bot.adapters.slack.places import Place, sender_id
from bot.adapters.slack.questions import Question
from bot.adapters.slack.signs import THINKING
from bot.adapters.slack.turns import answer
from bot.domain.message import Reply, Used
from bot.domain.person import Sender
from bot.domain.progress import Planned, RunEnded, RunStarted
from bot.domain.run import Outcome
from bot.ports import Watch
from tests.adapters.slack.desks import Held, answering
from tests.adapters.slack.working import answered, asks, looking_up
from tests.conversation.world import World
from tests.simulators.slack import Message, Person, SlackSimulator
from tests.simulators.slack.faults import too_many

SHOWN = Rules(patience=0.0)
HURRIED = Rules(patience=0.0, refresh=0.001)
STATUS = "assistant.threads.setStatus"
STRIPE = Used("r1", "stripe", "Stripe", Outcome.SUCCESS, "success", 0.4)
JIRA = Used("r2", "jira", "Jira", Outcome.SUCCESS, "success", 0.4)


def lines(slack: SlackSimulator, thread: Message) -> list[str]:
    """All that the status line of a thread was told."""
    return [call.arguments["status"] for call in slack.called(STATUS) if call.arguments["thread_ts"] == thread.ts]


async def line(slack: SlackSimulator, thread: Message, text: str) -> None:
    """Wait until people read that in the thread."""
    await slack.until(lambda: slack.workspace.status(thread.channel, thread.ts) == text)


async def told(slack: SlackSimulator, thread: Message, times: int) -> None:
    """Wait until the line was told so many times more."""
    before = len(lines(slack, thread))
    await slack.until(lambda: len(lines(slack, thread)) >= before + times)


Work = Callable[[Message, Watch], Awaitable[None]]


async def worked(slack: SlackSimulator, desk: Desk, work: Work, *, private: bool = False) -> Message:
    """A question, once it was worked on and answered."""
    alex = slack.workspace.person("alex")
    said = await alex.says("#support", "hello")
    place = Place(slack.workspace.team, said.channel, said.ts)

    async def done(watch: Watch) -> Reply:
        await work(said, watch)
        return Reply("t1", place.conversation, "There you are.", used=(STRIPE, JIRA))

    asker = Sender(sender_id(place.team, alex.user.id))
    await answer(desk, Question(place, asker, said.ts, private), done)
    return said


async def test_the_first_sign_does_not_wait_until_slack_tells_who_asks(slack: SlackSimulator) -> None:
    alex, world, pauses = slack.workspace.person("alex", "alex@acme.example"), looking_up(), Held(slack)
    slack.faults.next("users.info", too_many(30))
    async with answering(slack, world, SHOWN, sleep=pauses.sleep):
        asked = await asks(slack, alex)
        await line(slack, asked, THINKING)
        assert world.ran == []
        pauses.go.set()
        await answered(slack)

    assert world.executor.given[0].asker.email == "alex@acme.example"
    assert lines(slack, asked)[-1] == ""


async def test_a_bot_is_not_answered_and_no_sign_stays(slack: SlackSimulator) -> None:
    robot = Person(slack.workspace, slack.workspace.add_user("robot", is_bot=True))
    world, pauses = looking_up(), Held(slack)
    slack.faults.next("users.info", too_many(30))
    async with answering(slack, world, SHOWN, sleep=pauses.sleep):
        asked = await asks(slack, robot)
        await line(slack, asked, THINKING)
        pauses.go.set()
        await line(slack, asked, "")

    assert lines(slack, asked) == [THINKING, ""]
    assert (world.ran, slack.workspace.from_bot()) == ([], [])


async def test_the_line_says_what_runs_now(slack: SlackSimulator) -> None:
    async def work(asked: Message, watch: Watch) -> None:
        await watch(Planned(("Stripe", "Jira")))
        await watch(RunStarted("r1", "Stripe"))
        await watch(RunStarted("r2", "Jira"))
        await line(slack, asked, "is checking Stripe, Jira…")
        await watch(RunEnded(STRIPE))
        await line(slack, asked, "is checking Jira…")
        await watch(RunEnded(JIRA))
        await line(slack, asked, THINKING)

    async with answering(slack, World(), SHOWN) as desk:
        asked = await worked(slack, desk, work)

    assert lines(slack, asked)[-1] == ""
    assert slack.workspace.status(asked.channel, asked.ts) == ""


async def test_the_line_comes_back_after_a_post_of_ours_took_it_away(slack: SlackSimulator) -> None:
    async def work(asked: Message, watch: Watch) -> None:
        await line(slack, asked, THINKING)
        await watch(RunStarted("r1", "Stripe"))
        await watch(RunEnded(STRIPE))
        await slack.until(slack.workspace.from_bot)
        await line(slack, asked, THINKING)

    async with answering(slack, World(), SHOWN) as desk:
        await worked(slack, desk, work)


@pytest.mark.parametrize("private", [False, True])
async def test_the_line_outlives_the_two_minutes_that_slack_gives_it(slack: SlackSimulator, private: bool) -> None:
    async def work(asked: Message, watch: Watch) -> None:
        await line(slack, asked, THINKING)
        for _ in range(3):
            slack.clock.advance(119)
            await told(slack, asked, 2)  # the first of them may have been on its way
            assert slack.workspace.status(asked.channel, asked.ts) == THINKING

    async with answering(slack, World(), HURRIED) as desk:
        asked = await worked(slack, desk, work, private=private)

    assert lines(slack, asked)[-1] == ""


async def test_the_line_of_a_private_question_names_no_action(slack: SlackSimulator) -> None:
    """Everybody in the channel reads it."""

    async def work(asked: Message, watch: Watch) -> None:
        await line(slack, asked, THINKING)
        await watch(RunStarted("r1", "Stripe"))
        await told(slack, asked, 3)

    async with answering(slack, World(), HURRIED) as desk:
        asked = await worked(slack, desk, work, private=True)

    assert set(lines(slack, asked)) == {THINKING, ""}


async def test_nothing_is_told_after_the_line_was_cleared(slack: SlackSimulator) -> None:
    """Neither what waits for its time, nor what comes too late, nor what would be told again."""
    pauses, late = Held(slack), list[Watch]()

    async def quick(asked: Message, watch: Watch) -> None:
        late.append(watch)
        await line(slack, asked, THINKING)
        await watch(RunStarted("r1", "Stripe"))
        await slack.until(slack.workspace.from_bot)

    async def slow(asked: Message, watch: Watch) -> None:
        await watch(RunStarted("r2", "Jira"))
        await line(slack, asked, "is checking Jira…")
        await told(slack, asked, 3)

    async with answering(slack, World(), HURRIED, sleep=pauses.sleep) as desk:
        first = await worked(slack, desk, quick)
        await late[0](RunStarted("r3", "Too late"))
        pauses.go.set()
        second = await worked(slack, desk, slow)

    assert lines(slack, first) == [THINKING, ""]
    assert lines(slack, second)[-1] == ""


async def test_what_waits_is_not_told_while_other_signs_are_being_cleared(slack: SlackSimulator) -> None:
    pauses = Held(slack)

    async def work(asked: Message, watch: Watch) -> None:
        await line(slack, asked, THINKING)
        await watch(RunStarted("r1", "Stripe"))
        await slack.until(slack.workspace.from_bot)
        slack.faults.next("chat.delete", too_many(30))

    async with answering(slack, World(), SHOWN, sleep=pauses.sleep) as desk, asyncio.TaskGroup() as group:
        asking = group.create_task(worked(slack, desk, work))
        await slack.until(lambda: slack.faults.met)
        pauses.go.set()

    assert lines(slack, asking.result()) == [THINKING, ""]


async def test_a_line_that_slack_does_not_take_in_time_is_not_told_after_the_answer(slack: SlackSimulator) -> None:
    async def work(asked: Message, watch: Watch) -> None:
        await line(slack, asked, THINKING)
        slack.faults.next(STATUS, too_many(30))
        await watch(RunStarted("r1", "Stripe"))
        await slack.until(lambda: slack.faults.met)

    async with answering(slack, World(), SHOWN) as desk:
        asked = await worked(slack, desk, work)

    assert lines(slack, asked)[-1] == ""
    assert slack.workspace.status(asked.channel, asked.ts) == ""
