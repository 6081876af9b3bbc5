"""What scenarios about messages share: what the bot wrote, time that hurries, and how silence is proven."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from bot.adapters.discord.line import LOOK_SECONDS
from tests.adapters.discord.office import Office
from tests.fakes import InMemoryClaims
from tests.simulators.discord import Channel, DiscordSimulator, Message, Person
from tests.simulators.discord.protocol import Kinds

REFEREE = "referee"
SHIPPED = "Order lookup: shipped"
POST = "POST /channels/{channel}/messages"
EDIT = "PATCH /channels/{channel}/messages/{message}"
THREAD = "POST /channels/{channel}/messages/{message}/threads"


class Hurried:
    """Time that is over as soon as somebody waits for it; but nobody looks whether the line is dead."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        if seconds == LOOK_SECONDS:
            await asyncio.Event().wait()
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def hurrying(office: Office) -> Hurried:
    """From now on this office waits for nothing."""
    time = Hurried()
    office.monotonic, office.sleep = time.monotonic, time.sleep
    return time


def written(discord: DiscordSimulator, words: str = "") -> list[Message]:
    """All that the bot wrote anywhere, with these words in it; but for what it wrote to the referee."""
    referee = discord.guild.person(REFEREE).dm.id
    mine = [message for message in _mine(discord) if message.channel != referee]
    return [message for message in mine if words in message.text] if words else mine


def _mine(discord: DiscordSimulator) -> list[Message]:
    """Notices that a thread began are not what it wrote."""
    mine = [m for m in discord.core.messages.values() if m.author.id == discord.core.bot.id and m.type not in (18, 21)]
    return [m for m in mine if not m.deleted]


async def answered(discord: DiscordSimulator, count: int = 1, words: str = SHIPPED) -> list[Message]:
    """The answers, once there are so many."""
    await discord.until(lambda: len(written(discord, words)) >= count)
    return written(discord, words)


async def heard(office: Office) -> None:
    """All that was said before this was heard: its own answer comes in the order of the gateway."""
    referee = office.discord.guild.person(REFEREE)
    before = len(in_dm(office.discord, referee))
    await referee.says(referee.dm, "are you there?")
    await office.discord.until(lambda: len(in_dm(office.discord, referee)) > before)


def in_dm(discord: DiscordSimulator, person: Person) -> list[Message]:
    """What the bot wrote to a person alone."""
    return [message for message in _mine(discord) if message.channel == person.dm.id]


def in_guild(discord: DiscordSimulator) -> list[Message]:
    """What the bot wrote where others read it."""
    return [m for m in written(discord) if discord.core.channels[m.channel].kind != Kinds.DM]


class ToldClaims(InMemoryClaims):
    """Whoever waits for a change hears of each claim."""

    def __init__(self, discord: DiscordSimulator) -> None:
        super().__init__()
        self._discord = discord

    async def claim(self, key: str, at: datetime) -> bool:
        first = await super().claim(key, at)
        self._discord.core.changes.tell()
        return first

    def of(self, end: str) -> list[str]:
        """The keys with that end."""
        return [key for key in self.claimed_keys if key.endswith(end)]


async def done(office: Office, count: int) -> None:
    """Return when nothing more is owed for so many messages."""
    await office.discord.until(lambda: len(office.inbox.done("discord/m/")) >= count)


@asynccontextmanager
async def silence(office: Office) -> AsyncIterator[None]:
    """Nothing that is said in this block is answered."""
    before = in_guild(office.discord)
    async with office.open():
        yield
        await heard(office)
    assert in_guild(office.discord) == before


def category(discord: DiscordSimulator, *inside: Channel) -> str:
    """A category that holds these channels; its id."""
    made = Channel(discord.core.ids.new(), 4, "Questions", discord.guild.id)
    discord.core.channels[made.id] = made
    for each in inside:
        each.parent = made.id
    return made.id


class Gate:
    """A sleep that lasts until it is let go, however long it was to be."""

    def __init__(self, least: float) -> None:
        self.least = least
        self.waiting = 0
        self.go = asyncio.Event()
        self.tell: Callable[[], None] = lambda: None

    async def sleep(self, seconds: float) -> None:
        if seconds < self.least:
            await asyncio.sleep(seconds)
            return
        self.waiting += 1
        self.tell()
        await self.go.wait()


def gated(office: Office, least: float) -> Gate:
    """From now on this office waits for the gate where it would wait for that long."""
    gate = Gate(least)
    gate.tell = office.discord.core.changes.tell
    office.sleep = gate.sleep
    return gate


Behaviour = Callable[..., Awaitable[str]]


def harming(office: Office, harm: Callable[[], None]) -> None:
    """While the look-up runs, something bad happens."""

    async def shipped(*_: object) -> str:
        harm()
        return "shipped"

    office.world.executor.behaviours["order-lookup"] = shipped
