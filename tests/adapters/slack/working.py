"""The adapter as the application opens it, on the simulator: its own connection, listeners and desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.adapters.slack.connection import Connection
from bot.adapters.slack.desk import Rules, Streaming
from bot.adapters.slack.installations import Safe
from bot.adapters.slack.service import Needs, open_ears, open_hands
from bot.domain.plan import ActionCall
from bot.ports import Emit
from tests.adapters.slack.keeping import KeptJobs, kept_jobs_done
from tests.adapters.slack.lines import config, received, safe
from tests.adapters.slack.linking import OVER_HTTP
from tests.adapters.slack.office import said
from tests.conversation.world import World
from tests.fakes import InMemoryClaims, action, calls, counting, suggested
from tests.simulators.slack import Message, Person, SlackSimulator

QUICK = Rules(patience=0.0)
PATIENT = Rules(patience=60.0)
"""Nothing but the answer is posted."""
STREAMING = Rules(patience=0.0, streaming=Streaming.ALL)
LOOKUP = action("order-lookup")
"""What the questions of these scenarios run."""
SHIPPED = "Order lookup: shipped"
USED = "Order lookup ✓"


class Hurried:
    """Time that is over as soon as somebody waits for it."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._now += seconds
        await asyncio.sleep(0)


@asynccontextmanager
async def working(
    slack: SlackSimulator, world: World, rules: Rules = QUICK, *, claims: InMemoryClaims | None = None,
    keep: Safe | None = None, inbox: KeptJobs | None = None, **changes: Any,
) -> AsyncIterator[Connection]:  # fmt: skip
    """The bot at work on the line that the test is about. Leaving waits for all that it does."""
    over_http = OVER_HTTP[slack]
    way = {"app_token": "", "signing_secret": slack.core.config.signing_secret} if over_http else {}
    needs = Needs(world.engine, claims or InMemoryClaims(), keep or safe(), world.clock, counting("n"), suggested)
    time = Hurried()
    async with (
        open_hands(config(slack, **way, **changes), rules, needs, monotonic=time.monotonic, sleep=time.sleep) as hands,
        kept_jobs_done(inbox or KeptJobs(), hands.desk) as durable,
    ):
        connection = await open_ears(hands, durable, sleep=time.sleep)
        async with received(slack, connection, over_http=over_http):
            yield connection
            await slack.workspace.settled()


def looking_up(times: int = 1) -> World:
    """A world in which so many questions are answered by the look-up."""
    world = World(LOOKUP, plans=(calls(("order-lookup", {})),) * times)

    async def shipped(call: ActionCall, emit: Emit) -> str:
        return "shipped"

    world.executor.behaviours["order-lookup"] = shipped
    return world


async def asks(
    slack: SlackSimulator, person: Person, text: str = "where is my order?", where: str = "#support"
) -> Message:
    """The person mentions the bot."""
    return await person.says(where, f"{slack.workspace.mention} {text}")


def answers(slack: SlackSimulator, words: str = SHIPPED) -> list[Message]:
    """What everybody there may read of the bot with these words in it."""
    return [message for message in slack.workspace.from_bot() if words in said(message) + streamed(message)]


def streamed(message: Message) -> str:
    return message.stream.text if message.stream else ""


async def answered(slack: SlackSimulator, count: int = 1, words: str = SHIPPED) -> list[Message]:
    """The answers, once there are so many and nothing is under way."""
    await slack.until(lambda: len(answers(slack, words)) >= count)
    await slack.workspace.settled()
    found = answers(slack, words)
    assert len(found) == count
    return found
