"""What others wrote before they called us into a thread, or what a call to us replies to: read once."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import discord

from bot.adapters.discord.asked import Asked
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.places import Place
from bot.adapters.discord.reading import Incoming, plain_text
from bot.adapters.markup.neutral import clean
from bot.domain.message import Line

log = logging.getLogger(__name__)

_NEWEST = 30
_PATIENCE = 3.0
"""Seconds that an answer may wait for it."""


async def background(desk: Desk, asked: Asked) -> tuple[Line, ...]:
    """Who wrote what, oldest first; nothing where we were before. What an earlier try read is kept with its turn."""
    message = asked.message
    alone = message.begins and not message.replies_to
    if alone or not message.guild or await desk.conversations.knows(asked.place.conversation):
        return ()
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await _before(desk, message)
    except (DiscordRefused, DiscordUnreachable, TimeoutError) as error:
        log.info("what was written before a question is not known: %r", error)
        return ()
    us = desk.outbox.us
    said = [each for each in found if each.author.id != us and not each.is_system() and each.content.strip()]
    return tuple(Line(clean(each.author.display_name), clean(plain_text(each, us)), each.created_at) for each in said)


async def _before(desk: Desk, message: Incoming) -> list[discord.Message]:
    if not message.thread:
        return [await desk.outbox.message(int(message.channel), int(message.replies_to))]
    place = Place(message.guild, message.channel, message.thread)
    found = {each.id: each for each in await desk.outbox.latest(place, _NEWEST) if each.id < int(message.id)}
    with suppress(DiscordRefused):  # not every thread begins at a message
        first = await desk.outbox.message(int(message.thread if message.in_forum else message.channel), place.target)
        found[first.id] = first
    return [found[number] for number in sorted(found)]
