"""Looks back over what was said while nobody listened: after a start, and after a session that could not be resumed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import discord

from bot.adapters.discord.answering import FURTHEST
from bot.adapters.discord.client import Client
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable, Outbox
from bot.adapters.discord.reading import DIRECT, TAKEN

log = logging.getLogger(__name__)

ACQUAINTED = timedelta(days=3)
"""How long we remember whom we talked to in direct messages; claims are kept for that long."""
OVERLAP = timedelta(minutes=1)
"""Before the last message that was taken: one before it may have been lost with its process."""
MOST = 500
"""Messages of one channel."""
MOST_DIRECT = 200
"""Direct messages that are looked into."""
_READY = "discord/ready/"

Found = tuple[discord.Message, Any]
"""A message and the channel that it is in."""


class CatchUp:
    """Finds messages that may have been missed. Those that were taken before are no new work."""

    def __init__(self, desk: Desk, reader: Outbox) -> None:
        self._desk = desk
        self._reader = reader

    async def missed(self, client: Client, shard: int) -> AsyncIterator[Found]:
        """What a shard may have missed, each channel oldest first; nothing at the very first start.

        What was taken and left without an answer is none of it: that is kept.
        """
        now = self._desk.clock()
        been = await self._been(shard, now)
        taken = _Taken.of(await self._desk.durable.latest(TAKEN, now - FURTHEST))
        if not (been or taken.all):
            return
        since = max(discord.utils.snowflake_time(taken.newest), now - FURTHEST) - OVERLAP
        since -= timedelta(seconds=self._desk.rules.yield_seconds)  # so long nothing is kept of a question
        floor = discord.utils.time_snowflake(since)
        known = _listed(client, shard)
        for each in known:
            if (each.last_message_id or 0) >= floor and _readable(each):
                async for found in self._of(each, floor, taken):
                    yield found
        async for found in self._unlisted(client, shard, taken, {each.id for each in known}, floor):
            yield found

    async def _been(self, shard: int, now: datetime) -> bool:
        """Whether this shard was here before; it is from now on."""
        claims, prefix = self._desk.claims, f"{_READY}{shard}/"
        before = await claims.latest(prefix, now - ACQUAINTED)
        await claims.claim(f"{prefix}{now:%Y-%m-%d}", now)
        return bool(before)

    async def _unlisted(
        self, client: Client, shard: int, taken: _Taken, known: set[int], floor: int
    ) -> AsyncIterator[Found]:
        """Threads that were put away and direct messages: the gateway does not list them, but we have been there."""
        direct = await self._direct(shard, self._desk.clock())
        for channel in sorted(taken.channels - known - direct):
            resolved = await self._resolved(client, shard, channel)
            if resolved:
                async for found in self._of(resolved, floor, taken):
                    yield found
        for channel in sorted(direct, reverse=True)[:MOST_DIRECT]:
            async for found in self._of(self._reader.private(channel), floor, taken):
                yield found

    async def _direct(self, shard: int, now: datetime) -> set[int]:
        """Direct messages all come to the first shard."""
        keys = await self._desk.claims.latest(DIRECT, now - ACQUAINTED) if shard == 0 else ()
        return {int(key.removeprefix(DIRECT).partition("/")[0]) for key in keys}

    async def _resolved(self, client: Client, shard: int, channel: int) -> Any:
        """The channel, if it is one of this shard's; another process may answer in the others."""
        try:
            found = await self._reader.channel(channel)
        except (DiscordRefused, DiscordUnreachable) as error:
            log.info("no look back into %s: %s", channel, error)
            return None
        guild = getattr(found, "guild", None)
        if guild is None:
            return found if shard == 0 else None
        return found if client.get_guild(guild.id) and guild.shard_id == shard else None

    async def _of(self, channel: Any, floor: int, taken: _Taken) -> AsyncIterator[Found]:
        count = 0
        try:
            async for message in self._reader.history(channel, floor, MOST):
                count += 1
                if (channel.id, message.id) not in taken.all:
                    yield message, channel
        except (DiscordRefused, DiscordUnreachable) as error:
            log.info("no look back into %s: %s", channel.id, error)
        if count == MOST:
            log.warning("more than %d messages were missed in channel %s; the rest is left alone", MOST, channel.id)


@dataclass(frozen=True, slots=True)
class _Taken:
    """Messages that were kept, by channel and id."""

    all: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, keys: Sequence[str]) -> _Taken:
        named = [key.removeprefix(TAKEN).split("/") for key in keys]
        return cls(frozenset((int(each[0]), int(each[1])) for each in named))

    @property
    def newest(self) -> int:
        """The id of the newest message; 0 if there is none."""
        return max((message for _, message in self.all), default=0)

    @property
    def channels(self) -> set[int]:
        return {channel for channel, _ in self.all}


def _listed(client: Client, shard: int) -> list[Any]:
    """Channels and open threads of a shard."""
    channels: list[Any] = []
    for guild in client.guilds:
        if guild.shard_id == shard:
            channels += [*guild.text_channels, *guild.voice_channels, *guild.stage_channels, *guild.threads]
    return channels


def _readable(channel: Any) -> bool:
    """Whether we may read what was said: to ask all the same would only be counted against us."""
    try:
        allowed = channel.permissions_for(channel.guild.me)
    except (AttributeError, discord.ClientException):  # we are not in the cache, or the thread's channel is not
        return True
    return bool(allowed.view_channel and allowed.read_message_history)
