"""The signs of work: there before anything else is known, true while it goes on, gone with the answer."""

from __future__ import annotations

from bot.adapters.slack.desk import Rules
from bot.adapters.slack.signs import THINKING
from tests.adapters.slack.desks import Held, answering
from tests.adapters.slack.working import answered, asks, looking_up
from tests.simulators.slack import Message, Person, SlackSimulator
from tests.simulators.slack.faults import too_many

SHOWN = Rules(patience=0.0)
STATUS = "assistant.threads.setStatus"


def lines(slack: SlackSimulator, thread: Message) -> list[str]:
    """All that the status line of a thread was told."""
    return [call.arguments["status"] for call in slack.called(STATUS) if call.arguments["thread_ts"] == thread.ts]


async def line(slack: SlackSimulator, thread: Message, text: str) -> None:
    """Wait until people read that in the thread."""
    await slack.until(lambda: slack.workspace.status(thread.channel, thread.ts) == text)


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
