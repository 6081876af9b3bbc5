"""Bots on the real discord.py, pointed at the simulator."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from tests.simulators.discord import DiscordSimulator

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py imports audioop
    import discord
    from discord import app_commands
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

__all__ = ["READING", "Api", "Bot", "api_of", "app_commands", "discord", "logged_in", "online"]

READING = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)


class Bot(discord.AutoShardedClient):
    """Remembers what it hears. It does not wait before it identifies again, and notices silence soon."""

    def __init__(self, simulator: DiscordSimulator, intents: discord.Intents = READING, **options: Any) -> None:
        options = {"heartbeat_timeout": 30.0, "guild_ready_timeout": 0.05, **options}
        super().__init__(intents=intents, **options)
        self.simulator = simulator
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.log: list[str] = []
        """The names of events in order of arrival."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Five seconds in the original."""

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.log.append(event)
        super().dispatch(event, *args, **kwargs)
        self.simulator.core.changes.tell()

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)
        self.simulator.core.changes.tell()

    @property
    def texts(self) -> list[str]:
        """What others said."""
        return [each.content for each in self.heard if each.author != self.user]

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        self.log.append(f"error in {event_method}")

    async def text_channel(self, channel_id: str) -> discord.TextChannel:
        """A channel by its id, over the wire."""
        found = await self.fetch_channel(int(channel_id))
        assert isinstance(found, discord.TextChannel)
        return found


@asynccontextmanager
async def pointed(simulator: DiscordSimulator) -> AsyncIterator[None]:
    """discord.py keeps its addresses in two classes."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = simulator.api_base
    DiscordWebSocket.DEFAULT_GATEWAY = URL(simulator.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@asynccontextmanager
async def logged_in(simulator: DiscordSimulator) -> AsyncIterator[Bot]:
    """REST only."""
    async with pointed(simulator):
        bot = Bot(simulator)
        await bot.login(simulator.token)
        try:
            yield bot
        finally:
            await bot.close()


@asynccontextmanager
async def online(simulator: DiscordSimulator, bot: Bot, token: str | None = None) -> AsyncIterator[Bot]:
    """Connected to the gateway, and ready."""
    async with pointed(simulator):
        running = asyncio.create_task(bot.start(token or simulator.token))
        running.add_done_callback(lambda _: simulator.core.changes.tell())
        try:
            await simulator.until(lambda: "ready" in bot.log or running.done())
            if running.done():
                running.result()
            yield bot
        finally:
            await bot.close()
            running.cancel()
            with suppress(asyncio.CancelledError, discord.DiscordException):
                await running


@dataclass(frozen=True)
class Reply:
    """What the API answered."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> int:
        """Discord's code."""
        return int(self.body["code"])

    def fault(self, *path: str) -> str:
        """The code of the first fault at a place of the form."""
        here = self.body["errors"]
        for each in path:
            here = here[each]
        return str(here["_errors"][0]["code"])


class Api:
    """The API without a library, for what no library would send."""

    def __init__(self, simulator: DiscordSimulator, session: aiohttp.ClientSession) -> None:
        self._simulator = simulator
        self._session = session

    async def __call__(self, method: str, path: str, body: Any = None, token: str | None = None, **more: Any) -> Reply:
        """One request."""
        headers = {"Authorization": f"Bot {self._simulator.token}" if token is None else token}
        if body is not None:
            headers["Content-Type"] = "application/json"
            more["data"] = json.dumps(body)
        url = f"{self._simulator.api_base}{path}"
        async with self._session.request(method, url, headers=headers, **more) as answer:
            text = await answer.text()
            plain = answer.content_type != "application/json"
            return Reply(answer.status, answer.headers.copy(), text if plain else json.loads(text))


@asynccontextmanager
async def api_of(simulator: DiscordSimulator) -> AsyncIterator[Api]:
    """Requests by hand."""
    async with aiohttp.ClientSession() as session:
        yield Api(simulator, session)
