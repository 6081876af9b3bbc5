"""The Slack adapter, put together: from the open line to the desk and its listeners."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.adapters.chat.pacing import Pacer
from bot.adapters.chat.tasks import Tasks
from bot.adapters.slack.connection import Connection, SlackConfig, open_connection
from bot.adapters.slack.desk import Desk, Rules
from bot.adapters.slack.installations import Safe
from bot.adapters.slack.listeners import register
from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.people import People
from bot.adapters.slack.responses import Responses
from bot.ports import Claims, Clock, Conversations, NewId, Suggestions

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Needs:
    """What the adapter needs of the service."""

    conversations: Conversations
    claims: Claims
    safe: Safe
    clock: Clock
    new_id: NewId
    suggestions: Suggestions


@asynccontextmanager
async def open_slack(
    config: SlackConfig,
    rules: Rules,
    needs: Needs,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Connection]:
    """A connection with all listeners; ``run`` it. Leaving waits for the answers that are under way.

    Raises ConfigError for what an operator must mend, else SlackRefused or SlackUnreachable.
    """
    async with (
        open_connection(config, needs.safe, clock=needs.clock, sleep=sleep) as connection,
        Pacer(monotonic, sleep, _told) as pacer,
        Tasks() as tasks,
    ):
        outbox = Outbox(connection.clients, pacer, sleep, needs.new_id)
        desk = Desk(
            conversations=needs.conversations,
            outbox=outbox,
            people=People(outbox, monotonic),
            claims=needs.claims,
            tasks=tasks,
            rules=rules,
            clock=needs.clock,
            new_id=needs.new_id,
            monotonic=monotonic,
            responses=Responses(connection.session, config.base_url),
            suggestions=needs.suggestions,
        )
        connection.listen(lambda app: register(app, desk, connection.bot_user))
        yield connection


def _told(error: Exception) -> None:
    log.info("progress was not shown: %s", error)
