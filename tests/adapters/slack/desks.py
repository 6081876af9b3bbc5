"""The message path of the adapter on the real slack-bolt client, a simulated Slack and the engine's real steps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.chat.pacing import Pacer
from bot.adapters.chat.tasks import Tasks
from bot.adapters.slack.desk import Desk, Rules
from bot.adapters.slack.ears import Ears
from bot.adapters.slack.listeners import register
from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.people import People
from bot.adapters.slack.responses import Responses
from tests.adapters.slack.keeping import KeptJobs, kept_jobs_done
from tests.adapters.slack.lines import Sealed
from tests.adapters.slack.linking import linked
from tests.conversation.world import World
from tests.fakes import InMemoryClaims, suggested
from tests.simulators.slack import SlackSimulator


class OneClient:
    """``outbox.Clients`` for one workspace."""

    def __init__(self, slack: SlackSimulator, session: aiohttp.ClientSession | None = None) -> None:
        self._client = AsyncWebClient(
            token=slack.workspace.bot_token, base_url=slack.api_url, timeout=5, session=session, retry_handlers=[]
        )

        self._us = slack.workspace.bot.id

    async def of(self, team: str) -> AsyncWebClient:
        return self._client

    async def bot_user(self, team: str) -> str:
        return self._us


Sleep = Callable[[float], Awaitable[None]]


class Held:
    """Pauses that last until they are let go."""

    def __init__(self, slack: SlackSimulator) -> None:
        self.go = asyncio.Event()
        self._pass = _sleeping(slack)

    async def sleep(self, seconds: float) -> None:
        await self.go.wait()
        await self._pass(seconds)


@asynccontextmanager
async def desk_on(
    slack: SlackSimulator, world: World, rules: Rules = Rules(), sleep: Sleep | None = None  # noqa: B008 - frozen
) -> AsyncIterator[Desk]:  # fmt: skip
    """The desk with its outbox; leaving waits for all answers."""
    sleep = sleep or _sleeping(slack)
    async with (
        aiohttp.ClientSession() as session,
        Pacer(slack.clock.now, sleep) as pacer,
        Tasks() as tasks,
    ):
        outbox = Outbox(OneClient(slack, session), pacer, sleep, _numbered())
        people = People(outbox, time.monotonic)
        yield Desk(
            conversations=world.engine, outbox=outbox, people=people, claims=InMemoryClaims(), tasks=tasks,
            rules=rules, clock=world.clock, new_id=_numbered(), monotonic=time.monotonic,
            responses=Responses(session, slack.url), suggestions=suggested,
            sealing=Sealed(), began=datetime.fromtimestamp(slack.clock.now(), UTC),
        )  # fmt: skip


@asynccontextmanager
async def answering(
    slack: SlackSimulator, world: World, rules: Rules = Rules(), inbox: KeptJobs | None = None,  # noqa: B008 - frozen
    sleep: Sleep | None = None,
) -> AsyncIterator[Desk]:  # fmt: skip
    """The bot, connected and answering messages."""
    async with (
        desk_on(slack, world, rules, sleep) as desk,
        kept_jobs_done(inbox or KeptJobs(), desk) as durable,
        linked(slack, await app_on(slack, Ears(desk, durable))),
    ):
        yield desk


async def app_on(slack: SlackSimulator, ears: Ears) -> AsyncApp:
    """Bolt's app with our listeners."""
    client = await OneClient(slack).of("")
    app = AsyncApp(client=client, signing_secret=slack.core.config.signing_secret, process_before_response=True)
    register(app, ears, ears.desk.outbox.us)
    return app


def _sleeping(slack: SlackSimulator) -> Sleep:
    """Pauses pass with the simulator's clock; a bot that waits in a test moves it on."""

    async def sleep(seconds: float) -> None:
        slack.clock.advance(seconds)
        await asyncio.sleep(0)

    return sleep


def _numbered() -> Any:
    numbers = iter(range(1_000_000))
    return lambda: f"n{next(numbers)}"
