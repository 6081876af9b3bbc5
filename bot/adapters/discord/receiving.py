"""From what Discord tells to what a person said: with the channel and the member in full, asked for where need be."""

from __future__ import annotations

import logging
from typing import Any

import discord

from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable, Outbox
from bot.adapters.discord.people import Member, member_of
from bot.adapters.discord.reading import Incoming, read

log = logging.getLogger(__name__)


class Receiver:
    """Reads messages, whichever way they came. Keep one for as long as members may be taken for unchanged."""

    def __init__(self, outbox: Outbox, us: int) -> None:
        self._outbox = outbox
        self._us = us
        self._members: dict[tuple[int, int], Member] = {}

    async def read(self, message: discord.Message, channel: Any = None) -> Incoming | None:
        """The message of a person; None for what no person wrote, or where we do not know where it was written."""
        if message.author.bot:
            return None
        try:
            known = await self._whole(channel or message.channel)
            parent = await self._parent(known)
        except (DiscordRefused, DiscordUnreachable) as error:
            log.warning("a message in an unknown channel is left alone: %s", error)
            return None
        return read(message, known, parent, self._us, await self._member(message, getattr(known, "guild", None)))

    async def _whole(self, channel: Any) -> Any:
        """Of a channel that is not in the cache the gateway tells only the id."""
        unknown = isinstance(channel, discord.PartialMessageable) and channel.guild_id is not None
        if unknown or getattr(channel, "parent", channel) is None:
            return await self._outbox.channel(channel.id)
        return channel

    async def _parent(self, channel: Any) -> Any:
        """The channel or forum of a thread, which only the gateway knows; the channel itself where it is no thread."""
        if not isinstance(channel, discord.Thread):
            return channel
        return channel.parent or await self._outbox.channel(channel.parent_id)

    async def _member(self, message: discord.Message, guild: discord.Guild | None) -> Member | None:
        """Only the gateway's messages bring along the roles of their author."""
        user = message.author
        if guild is None or isinstance(user, discord.Member):
            return None
        at = (guild.id, user.id)
        if at not in self._members:
            try:
                self._members[at] = member_of(await self._outbox.member(guild, user.id))
            except DiscordRefused:
                self._members[at] = member_of(user)  # somebody who left has no role
            except DiscordUnreachable as error:
                log.warning("a member is taken to have no role: %s", error)
                return None
        return self._members[at]
