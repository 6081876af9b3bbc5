"""Looks back over what was said while nobody listened: after a start, and after a session that could not be resumed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from itertools import chain

import discord

from bot.adapters.discord.client import Client
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.places import Place
from bot.adapters.discord.reading import CLAIMED

log = logging.getLogger(__name__)

FURTHEST = timedelta(hours=12)
"""An older question is not answered any more: nobody waits for it."""
OVERLAP = timedelta(minutes=5)
"""Before the last message that was taken: one before it may have been lost with its process."""
MOST = 500
"""Messages of one channel."""


class CatchUp:
    """Finds messages that may have been missed. Which of them are new is settled by their claims."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def missed(self, client: Client) -> AsyncIterator[discord.Message]:
        """Of every channel in which something was said since, oldest first; nothing at the very first start."""
        now = self._desk.clock()
        found = await self._desk.claims.latest(CLAIMED, now - FURTHEST)
        taken = [key for key in found if key.count("/") == CLAIMED.count("/") + 1]
        if not taken:
            return
        since = max(_moment(taken), now - FURTHEST) - OVERLAP
        floor = discord.utils.time_snowflake(since)
        for channel in chain(_channels(client, floor), _others(client, taken)):
            async for message in self._of(channel, floor):
                yield message

    async def _of(self, channel: int, floor: int) -> AsyncIterator[discord.Message]:
        count = 0
        try:
            async for message in self._desk.outbox.history(Place("", str(channel)), floor, MOST):
                count += 1
                yield message
        except (DiscordRefused, DiscordUnreachable) as error:
            log.info("no look back into %s: %s", channel, error)
        if count == MOST:
            log.warning("more than %d messages were missed in channel %s; the rest is left alone", MOST, channel)


def _moment(taken: Iterable[str]) -> datetime:
    """When the newest of the messages that were taken was written."""
    return discord.utils.snowflake_time(max(int(key.rpartition("/")[2]) for key in taken))


def _channels(client: Client, floor: int) -> list[int]:
    """Channels and threads that we see and in which something was said since."""
    channels: list[discord.TextChannel | discord.Thread] = []
    for guild in client.guilds:
        channels += [*guild.text_channels, *guild.threads]
    return [channel.id for channel in channels if (channel.last_message_id or 0) >= floor]


def _others(client: Client, taken: Iterable[str]) -> list[int]:
    """Direct messages and threads that were put away: the gateway does not list them, but we have been there."""
    been = {int(key.removeprefix(CLAIMED).partition("/")[0]) for key in taken}
    return sorted(each for each in been if client.get_channel(each) is None)
