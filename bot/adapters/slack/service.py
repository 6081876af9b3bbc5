"""The Slack adapter, put together: hands that do the work, and ears that take it in."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from bot.adapters.chat.durable import Durable
from bot.adapters.chat.pacing import Pacer
from bot.adapters.chat.tasks import Tasks
from bot.adapters.slack.access import Access, SlackConfig, open_access
from bot.adapters.slack.connection import Connection, open_line
from bot.adapters.slack.desk import Desk, Rules
from bot.adapters.slack.ears import Ears
from bot.adapters.slack.hands import given_up, handlers
from bot.adapters.slack.installations import Safe
from bot.adapters.slack.listeners import register
from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.people import People
from bot.adapters.slack.poster import SlackPoster
from bot.adapters.slack.responses import Responses
from bot.adapters.slack.standing import expired
from bot.ports import Claims, Clock, Conversations, GivenUp, Handler, Meters, NewId, Suggestions, Unmeasured

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
    meters: Meters = field(default_factory=Unmeasured)


@dataclass(frozen=True, slots=True)
class Hands:
    """What does the work in Slack, in any process: it speaks and hears nothing; see ``open_hands``."""

    access: Access
    desk: Desk

    def handlers(self) -> dict[str, Handler]:
        """Who does which kind of job."""
        return handlers(self.desk)

    def poster(self) -> SlackPoster:
        """Posts what nobody asked for."""
        return SlackPoster(self.desk.outbox, self.access.home)

    async def expired(self) -> None:
        """Take the buttons from cards whose time is up. Raises StorageError."""
        await expired(self.desk)

    def given_up(self) -> dict[str, GivenUp]:
        """Who tells people of a job that nobody tries again."""
        return given_up(self.desk)


@asynccontextmanager
async def open_hands(
    config: SlackConfig,
    rules: Rules,
    needs: Needs,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Hands]:
    """Everything that speaks to Slack. Leaving waits for what is on its way there.

    Raises ConfigError for what an operator must mend, else SlackRefused or SlackUnreachable.
    """
    async with (
        open_access(config, needs.safe, clock=needs.clock, sleep=sleep) as access,
        Pacer(monotonic, sleep, _told, limited=partial(needs.meters.limited, "slack")) as pacer,
        Tasks() as tasks,
    ):
        outbox = Outbox(access.clients, pacer, sleep, needs.new_id)
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
            responses=Responses(access.session, config.base_url),
            suggestions=needs.suggestions,
            sealing=needs.safe.sealing,
            began=needs.clock(),
        )
        yield Hands(access, desk)


async def open_ears(
    hands: Hands,
    durable: Durable,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Connection:
    """A connection with all listeners; ``run`` it. What it hears is kept by ``durable``. Raises as ``open_hands``."""
    connection = await open_line(hands.access, sleep=sleep)
    connection.listen(lambda app: register(app, Ears(hands.desk, durable), connection.bot_user))
    return connection


def _told(error: Exception) -> None:
    log.info("progress was not shown: %s", error)
