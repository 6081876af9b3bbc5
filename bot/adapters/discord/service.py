"""The Discord adapter, put together: ears that keep what they hear, and hands that answer it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import aiohttp

from bot.adapters.chat.attachments import LARGEST, beginning
from bot.adapters.chat.durable import Durable
from bot.adapters.chat.pacing import Pacer
from bot.adapters.chat.tasks import Tasks
from bot.adapters.discord.client import Client
from bot.adapters.discord.commands import synced
from bot.adapters.discord.config import DiscordConfig, Rules
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.line import Line
from bot.adapters.discord.linking import Linking
from bot.adapters.discord.listeners import Reception
from bot.adapters.discord.outbox import DiscordUnreachable, Outbox
from bot.adapters.discord.people import People
from bot.adapters.discord.rest import logged_in
from bot.ports import Claims, Clock, Conversations, Links, Meters, NewId, Sealing, Unmeasured

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 2.0
"""Between two changes of one message that show how far the work is."""
_FETCH = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Needs:
    """What the adapter needs of the service."""

    conversations: Conversations
    claims: Claims
    durable: Durable
    sealing: Sealing
    links: Links
    linking: Linking
    clock: Clock
    new_id: NewId
    meters: Meters = field(default_factory=Unmeasured)


@asynccontextmanager
async def open_hands(
    config: DiscordConfig,
    rules: Rules,
    needs: Needs,
    session: aiohttp.ClientSession,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Desk]:
    """What answers, in any process: ``handlers.handlers`` do the jobs of its desk.

    Raises ConfigError for what an operator must mend.
    """
    config.check()
    async with (
        logged_in(config, sleep) as rest,
        Pacer(monotonic, sleep, _told, PROGRESS_SECONDS, partial(needs.meters.limited, "discord")) as pacer,
        Tasks() as tasks,
    ):
        yield Desk(
            conversations=needs.conversations,
            outbox=Outbox(rest, pacer),
            people=People(needs.links, monotonic),
            linking=needs.linking,
            claims=needs.claims,
            durable=needs.durable,
            sealing=needs.sealing,
            tasks=tasks,
            rules=rules,
            clock=needs.clock,
            new_id=needs.new_id,
            sleep=sleep,
            fetch=partial(_fetched, session),
        )


def ears(config: DiscordConfig, desk: Desk, monotonic: Callable[[], float] = time.monotonic) -> Line:
    """What hears: the line of one process, with all listeners. ``run`` it while the desk is open."""
    reception = Reception(desk)
    return Line(config, lambda: Client(config, reception, synced), monotonic, desk.sleep, reception.rest)


async def _fetched(session: aiohttp.ClientSession, url: str) -> bytes:
    """The beginning of a file of a message; Discord signs the address."""
    try:
        async with session.get(url, timeout=_FETCH) as answer:
            if answer.status != 200:
                raise DiscordUnreachable(f"a file was not to be had ({answer.status})")
            return await beginning(answer.content, LARGEST)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise DiscordUnreachable("a file was not to be had") from error


def _told(error: Exception) -> None:
    log.info("progress was not shown: %s", error)
