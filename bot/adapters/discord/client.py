"""Our discord.py client: what it hears goes to the listeners, and nothing is decided here."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import discord
from discord import app_commands

from bot.adapters.discord.config import DiscordConfig
from bot.adapters.discord.press import Press, Stranger

log = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # we never speak


class Listeners(Protocol):
    """Who does something about what the gateway tells."""

    async def said(self, client: Client, message: discord.Message) -> None: ...

    async def changed(self, client: Client, payload: discord.RawMessageUpdateEvent) -> None: ...

    async def pressed(self, client: Client, interaction: discord.Interaction[Any], deed: str, about: str) -> None: ...

    async def submitted(self, client: Client, interaction: discord.Interaction[Any]) -> None: ...

    async def ready(self, client: Client, shard: int) -> None:
        """A new session of a shard began: what happened before it was not told."""
        ...

    def commands(self, tree: app_commands.CommandTree[Any]) -> None:
        """Add all commands."""
        ...


class Client(discord.AutoShardedClient):
    """One session after the other, until it is closed. Source: discord.py 2.7.1.

    It has no member cache: messages and interactions bring the member.
    """

    def __init__(self, config: DiscordConfig, hearing: Listeners, synced: Callable[[Client], Awaitable[None]]) -> None:
        shards: dict[str, Any] = {"shard_count": config.shard_count} if config.shard_count else {}
        shards |= {"shard_ids": list(config.shard_ids)} if config.shard_ids else {}
        super().__init__(
            intents=config.intents,
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            heartbeat_timeout=config.heartbeat_timeout,
            guild_ready_timeout=config.guild_ready_timeout,
            max_ratelimit_timeout=60,
            **shards,
        )
        self.tree: app_commands.CommandTree[Client] = app_commands.CommandTree(self)
        self._hearing = hearing
        self._synced = synced
        self._identify_seconds = config.identify_seconds

    @property
    def us(self) -> int:
        """Our own user id, once logged in."""
        return self.user.id if self.user else 0

    @property
    def client(self) -> Client:
        """``outbox.Line``: it knows channels and members that REST alone does not."""
        return self

    def hears(self) -> bool:
        """Whether all shards are connected; ``is_ready`` stays true when a connection breaks."""
        connected = bool(self.shards) and not any(each.is_closed() for each in self.shards.values())
        return self.is_ready() and not self.is_closed() and connected and math.isfinite(self.latency)

    async def setup_hook(self) -> None:
        self.listen_to_buttons()
        self._hearing.commands(self.tree)
        await self._synced(self)

    def listen_to_buttons(self) -> None:
        """May be repeated: discord.py forgets these when a view that held one ends badly."""
        self.add_dynamic_items(Press, Stranger)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if not initial:
            await asyncio.sleep(self._identify_seconds)

    async def on_shard_ready(self, shard_id: int) -> None:
        """``on_ready`` comes only when all shards begin anew at once."""
        await self._hearing.ready(self, shard_id)

    async def on_message(self, message: discord.Message) -> None:
        await self._hearing.said(self, message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        await self._hearing.changed(self, payload)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Only forms: discord.py knows those that this process opened, and ours must outlive it."""
        if interaction.type is discord.InteractionType.modal_submit:
            await self._hearing.submitted(self, interaction)

    async def pressed(self, interaction: discord.Interaction[Any], deed: str, about: str) -> None:
        """See ``press.Pressed``."""
        await self._hearing.pressed(self, interaction, deed, about)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        log.exception("%s failed", event_method)
