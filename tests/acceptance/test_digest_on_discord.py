"""The Monday digest on the simulated Discord."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiohttp

from bot.adapters.discord.poster import DiscordPoster
from bot.adapters.discord.service import open_hands
from bot.domain.message import Platform
from bot.domain.post import Address
from bot.domain.schedule import Schedule
from bot.storage.storage import Storage
from tests.acceptance.digests import NINE, Digests, mondays
from tests.adapters.discord.keeping import Idle
from tests.adapters.discord.office import Office
from tests.conversation.world import World
from tests.simulators.discord import DiscordSimulator


@dataclass
class Room:
    """A channel and a schedule that posts there."""

    discord: DiscordSimulator
    digests: Digests
    schedule: Schedule


@asynccontextmanager
async def room(storage: Storage) -> AsyncIterator[Room]:
    async with DiscordSimulator(rates=False) as discord, aiohttp.ClientSession() as session:
        channel, office = discord.guild.channel("leaders"), Office(discord, World())
        needs = office.needs(session, Idle())
        async with open_hands(office.reaching(), office.rules, needs, session) as desk:
            digests = Digests(storage, {Platform.DISCORD: DiscordPoster(desk.outbox)}, office.world.turns)
            schedule = mondays("Europe/Berlin", NINE - timedelta(days=3), Address(Platform.DISCORD, channel.id))
            digests.clock.now = schedule.created_at
            await storage.schedules.add(schedule)
            yield Room(discord, digests, schedule)


async def test_the_digest_is_posted_at_nine_in_berlin_and_once(storage: Storage) -> None:
    async with room(storage) as room_:
        async with room_.digests.process() as scheduler:
            await room_.digests.at(NINE - timedelta(seconds=1), scheduler)
            assert await storage.inbox.unfinished() == []
            await room_.digests.at(NINE, scheduler)
            (post,) = await room_.digests.sent(room_.schedule, 1)
        async with room_.digests.process() as scheduler:
            await room_.digests.at(NINE + timedelta(minutes=1), scheduler)

        (message,) = room_.discord.guild.from_bot()
        shown = f"{message.content}{message.components}{message.embeds}"
        assert "Monday SLA digest" in shown
        assert "#4400" in shown
        assert "Planned 09:00, ran 09:00 (Europe/Berlin); data as of 09:00." in shown
        assert message.id in post.link
