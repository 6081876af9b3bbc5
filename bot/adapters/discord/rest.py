"""Discord without its gateway: enough to write and to read back what was written, in whichever process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import discord

from bot.adapters.discord.config import DiscordConfig
from bot.adapters.discord.line import INTENT, TOKEN, pointed_at
from bot.adapters.discord.outbox import BANNED_SECONDS, DiscordUnreachable
from bot.errors import ConfigError

log = logging.getLogger(__name__)

_PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)


class Rest:
    """A client that is logged in, once Discord lets it."""

    def __init__(self, config: DiscordConfig) -> None:
        self._config = config
        self._client: discord.Client | None = None

    @property
    def client(self) -> discord.Client:
        """Raises DiscordUnreachable while it is not logged in."""
        if self._client is None:
            raise DiscordUnreachable("Discord has not let us in yet")
        return self._client

    async def log_in(self) -> float:
        """Seconds to wait, at least, before another try; 0 once Discord has let us in.

        Raises ConfigError for what an operator must mend.
        """
        client = discord.Client(
            intents=self._config.intents, allowed_mentions=discord.AllowedMentions.none(), max_ratelimit_timeout=60
        )
        try:
            await client.login(self._config.token)
            flags = client.application_flags
        except discord.LoginFailure as error:
            await client.close()
            raise ConfigError([TOKEN]) from error
        except Exception as error:  # noqa: BLE001 - discord.py trips over pages of HTML in many ways
            await client.close()
            log.warning("Discord cannot be asked now: %s", type(error).__name__)
            return BANNED_SECONDS if getattr(error, "status", 0) == 429 else _PAUSES[0]
        self._client = client
        allowed = flags.gateway_message_content or flags.gateway_message_content_limited
        if self._config.message_content and not allowed:
            raise ConfigError([INTENT])
        return 0.0

    async def insist(self, wait: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Try until Discord lets us in, or refuses us for good; the first time after ``wait`` seconds."""
        tries = 0
        while wait:
            await sleep(max(wait, _PAUSES[min(tries, len(_PAUSES) - 1)]))
            tries += 1
            try:
                wait = await self.log_in()
            except ConfigError:
                log.exception("Discord does not let us in")
                return

    async def close(self) -> None:
        """Nothing is sent after this."""
        if self._client:
            await self._client.close()


@asynccontextmanager
async def logged_in(config: DiscordConfig, sleep: Callable[[float], Awaitable[None]]) -> AsyncIterator[Rest]:
    """A client at the right Discord; where that is away, it goes on trying. Raises ConfigError."""
    with pointed_at(config):
        rest, trying = Rest(config), None
        try:
            if wait := await rest.log_in():
                trying = asyncio.create_task(rest.insist(wait, sleep))
            yield rest
        finally:
            if trying:
                trying.cancel()
                await asyncio.wait({trying})
            await rest.close()
