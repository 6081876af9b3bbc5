"""The message path of the adapter on the real slack-bolt client, a simulated Slack and the engine's real steps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.chat.pacing import Pacer
from bot.adapters.chat.tasks import Tasks
from bot.adapters.slack.desk import Desk, Rules
from bot.adapters.slack.edits import AGAIN, Edits, read_edit
from bot.adapters.slack.incoming import Inbox, read
from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.people import People
from bot.adapters.slack.responses import Responses
from tests.adapters.slack.linking import linked
from tests.conversation.world import World
from tests.fakes import InMemoryClaims, suggested
from tests.simulators.slack import SlackSimulator


class OneClient:
    """``outbox.Clients`` for one workspace."""

    def __init__(self, slack: SlackSimulator) -> None:
        self._client = AsyncWebClient(
            token=slack.workspace.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[]
        )

    async def of(self, team: str) -> AsyncWebClient:
        return self._client


@asynccontextmanager
async def desk_on(slack: SlackSimulator, world: World, rules: Rules = Rules()) -> AsyncIterator[Desk]:  # noqa: B008 - frozen
    """The desk with its outbox; leaving waits for all answers."""
    async with (
        aiohttp.ClientSession() as session,
        Pacer(slack.clock.now, _sleeping(slack)) as pacer,
        Tasks() as tasks,
    ):
        outbox = Outbox(OneClient(slack), pacer, _sleeping(slack), _numbered())
        people = People(outbox, time.monotonic)
        yield Desk(
            conversations=world.engine, outbox=outbox, people=people, claims=InMemoryClaims(), tasks=tasks,
            rules=rules, clock=world.clock, new_id=_numbered(), monotonic=time.monotonic,
            responses=Responses(session, slack.url), suggestions=suggested,
        )  # fmt: skip


@asynccontextmanager
async def answering(slack: SlackSimulator, world: World, rules: Rules = Rules()) -> AsyncIterator[Desk]:  # noqa: B008 - frozen
    """The bot, connected and answering messages."""
    async with desk_on(slack, world, rules) as desk:
        app = AsyncApp(client=await desk.outbox._clients.of(""), signing_secret=slack.core.config.signing_secret)
        inbox = Inbox(desk)

        edits = Edits(desk, inbox)
        us = slack.workspace.bot.id

        async def take(body: dict[str, Any]) -> None:
            if message := read(body, str(body["team_id"]), us):
                await inbox.take(message)
            elif changed := read_edit(body, str(body["team_id"]), us):
                await edits.noticed(changed)

        async def again(ack: Any, body: dict[str, Any]) -> None:
            await ack()
            await edits.again(body, us)

        app.event("app_mention")(take)
        app.event("message")(take)
        app.action(AGAIN)(again)
        async with linked(slack, app):
            yield desk


def _sleeping(slack: SlackSimulator) -> Any:
    """Pauses pass with the simulator's clock; a bot that waits in a test moves it on."""

    async def sleep(seconds: float) -> None:
        slack.clock.advance(seconds)
        await asyncio.sleep(0)

    return sleep


def _numbered() -> Any:
    numbers = iter(range(1_000_000))
    return lambda: f"n{next(numbers)}"
