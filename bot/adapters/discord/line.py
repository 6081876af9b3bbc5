"""Keeps the line to Discord open: a client that breaks for good is replaced, with longer and longer pauses."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.adapters.discord.client import Client
from bot.adapters.discord.config import DiscordConfig
from bot.adapters.discord.outbox import BANNED_SECONDS, DiscordUnreachable

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
"""Between two looks at the connection."""
DEAF_SECONDS = 180.0
"""How long it may look dead before the client is replaced; discord.py mends most of it by itself."""
SLOWEST = 60.0
"""Seconds of latency from which on a connection is as good as dead."""
_PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
INTENT = (
    "DESKHAND_DISCORD_MESSAGE_CONTENT: switch on Bot → Message Content Intent in the developer portal, or set it to "
    "false: then only mentions, replies, direct messages and commands are heard"
)
TOKEN = "DESKHAND_DISCORD_BOT_TOKEN: Discord does not take it; copy a new one from Bot → Reset Token"  # noqa: S105

NewClient = Callable[[], Client]


@dataclass(frozen=True, slots=True)
class Health:
    """For ``/healthz``."""

    connected: bool
    latency: float
    """Seconds from a heartbeat to its answer; NaN where there is none."""


class Line:
    """The client of the moment, and who replaces it."""

    def __init__(
        self, config: DiscordConfig, new_client: NewClient, monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]], rest: Callable[[], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._rest = rest
        self._config = config
        self._new_client = new_client
        self._monotonic = monotonic
        self._sleep = sleep
        self._client: Client | None = None
        self.problem = ""
        """Why it is down for good, in words for an operator."""

    @property
    def client(self) -> Client:
        """Raises DiscordUnreachable where there is none at the moment, or one that has not logged in yet."""
        if self._client is None or self._client.user is None or self._client.is_closed():
            raise DiscordUnreachable("there is no line to Discord")
        return self._client

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until ``stop``, or until Discord refuses us for good, which is told once.

        After ``stop`` the line stays open while ``rest`` waits for the answers that are under way.
        """
        tries = 0
        while not stop.is_set() and not self.problem:
            begun = self._monotonic()
            pause = await self._session(stop)
            tries = 0 if self._monotonic() - begun > DEAF_SECONDS else tries + 1
            if not stop.is_set() and not self.problem:
                await self._pause(stop, max(pause, _PAUSES[min(tries, len(_PAUSES) - 1)]))

    def health(self) -> Health:
        """Whether it hears anything."""
        client = self._client
        latency = client.latency if client else math.nan
        return Health(bool(client and client.hears()), latency)

    async def _session(self, stop: asyncio.Event) -> float:
        """One client from its login to its end; seconds to wait before the next, at least."""
        client = self._client = self._new_client()
        try:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(self._started(client))
                watching = group.create_task(self._watched(client))
                stopping = group.create_task(stop.wait())
                await asyncio.wait({running, watching, stopping}, return_when=asyncio.FIRST_COMPLETED)
                for task in (watching, stopping):
                    task.cancel()
                if stop.is_set():
                    await self._rest()
                await client.close()
                return await _ended(running)
        finally:
            self._client = None
            if not client.is_closed():
                await client.close()

    async def _started(self, client: Client) -> float:
        """Errors in our words, as this line must not end with them; what to wait for the next try."""
        try:
            await client.start(self._config.token)
        except discord.LoginFailure:
            self._down(TOKEN)
        except discord.PrivilegedIntentsRequired:
            self._down(INTENT)
        except discord.ConnectionClosed as closed:
            if closed.code in (4004, 4010, 4011, 4012, 4013, 4014):
                self._down(TOKEN if closed.code == 4004 else f"Discord closed the connection for good ({closed.code})")
            else:
                log.warning("the connection was closed (%s)", closed.code)
        except discord.HTTPException as error:
            log.warning("Discord did not let us in (%s)", error.status)
            return BANNED_SECONDS if error.status == 429 else 0.0
        except Exception as error:  # noqa: BLE001 - whatever breaks a client, the next one may live
            log.warning("the line to Discord broke: %s", type(error).__name__)
        return 0.0

    def _down(self, problem: str) -> None:
        self.problem = problem
        log.error("Discord: %s", problem)

    async def _watched(self, client: Client) -> None:
        """Ends when the connection has looked dead for too long."""
        alive = self._monotonic()
        while self._monotonic() - alive < DEAF_SECONDS:
            await self._sleep(LOOK_SECONDS)
            if client.hears() and client.latency < SLOWEST:
                alive = self._monotonic()
            client.listen_to_buttons()
        log.warning("nothing was heard of Discord for %.0f s: starting anew", DEAF_SECONDS)

    async def _pause(self, stop: asyncio.Event, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._sleep(seconds))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({sleeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleeping, stopping):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def _ended(running: asyncio.Task[float]) -> float:
    """discord.py goes on trying for a first connection even when it was closed."""
    running.cancel()
    await asyncio.wait({running})
    return 0.0 if running.cancelled() else running.result()


@contextmanager
def pointed_at(config: DiscordConfig) -> Iterator[None]:
    """discord.py keeps its addresses in classes: changed for a simulated Discord, and back."""
    if not config.api_base:
        yield
        return
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = config.api_base, URL(config.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway
