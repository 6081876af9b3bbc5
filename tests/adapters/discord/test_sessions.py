"""Connections break in every way, and what was said meanwhile is answered once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.adapters.discord.config import DiscordConfig
from tests.adapters.discord.asking import ToldClaims, answered, done, heard, in_guild, silence, written
from tests.adapters.discord.office import PATIENT, Office, looking_up
from tests.simulators.discord import AppConfig, DiscordSimulator, Guild, administration


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(99), PATIENT, ToldClaims(discord))


def forgotten(discord: DiscordSimulator) -> None:
    """The connection breaks, and Discord knows nothing of the session any more."""
    discord.gateway.reset()
    discord.gateway.forget()


BREAKS: dict[str, Callable[[DiscordSimulator], None]] = {
    "rst": lambda discord: discord.gateway.reset(),
    "op 7": lambda discord: discord.gateway.reconnect(),
    "op 9 true": lambda discord: discord.gateway.invalidate(resumable=True),
    "op 9 false": lambda discord: discord.gateway.invalidate(),
    "1000": lambda discord: discord.gateway.close(1000),
    "1001": lambda discord: discord.gateway.close(1001),
    "4000": lambda discord: discord.gateway.close(4000),
    "4007": lambda discord: discord.gateway.close(4007),
    "4008": lambda discord: discord.gateway.close(4008),
    "4009": lambda discord: discord.gateway.close(4009),
    "forgotten": forgotten,
}


@pytest.mark.parametrize("name", BREAKS)
async def test_what_was_said_while_a_connection_was_broken_is_answered_once(office: Office, name: str) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        first = await office.asks(alex, "where is my first order?")
        await alex.says(alex.dm, "hello")  # Discord lists nowhere who wrote to us for the first time in a gap
        await answered(discord, 2)
        BREAKS[name](discord)
        await office.asks(alex, "where is my second order?")
        await alex.says(first.id, "and the third?")
        await alex.says(alex.dm, "where is my fourth order?")
        await alex.says("#support", "nobody is asked")
        await done(office, 5)
        await heard(office)

    assert len(written(discord)) == 5
    assert len(in_guild(discord)) == 3


async def test_a_resume_that_overlaps_and_events_that_come_twice_change_nothing(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        for number in range(1, 6):
            discord.gateway.duplicate(2)
            await office.asks(alex, f"where is order {number}?")
            await answered(discord, number)
            discord.gateway.overlap(20)
            discord.gateway.reset()
            await discord.resumed(number)
        await heard(office)

    assert len(written(discord)) == 5
    assert [event.name for event in discord.gateway.dispatched].count("MESSAGE_CREATE") > 5


async def test_a_resume_that_is_refused_twice_ends_in_a_new_session(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        await office.asks(alex, "where is my first order?")
        await answered(discord)
        discord.gateway.refuse_resumes(resumable=True)
        discord.gateway.refuse_resumes(resumable=False)
        discord.gateway.reset()
        await office.asks(alex, "where is my second order?")
        await answered(discord, 2)
        await heard(office)

    assert len(written(discord)) == 2


async def test_a_connection_that_only_looks_alive_is_left(discord: DiscordSimulator) -> None:
    """Nothing is heard, not even an acknowledgement: discord.py resumes after the timeout."""
    discord.core.config = AppConfig(heartbeat_ms=200)
    office = Office(discord, looking_up(9), config=DiscordConfig(heartbeat_timeout=0.5))
    alex = office.person("alex")
    async with office.open():
        await office.asks(alex, "where is my first order?")
        await answered(discord)
        discord.gateway.deafen()
        await office.asks(alex, "where is my second order?")
        await discord.resumed()
        await answered(discord, 2)
        await heard(office)

    assert len(written(discord)) == 2


# Shards


@pytest.fixture
def globex(discord: DiscordSimulator) -> Guild:
    """Its id falls on the other shard."""
    made = discord.add_guild("Globex")
    made.channel("support")
    return made


def own(discord: DiscordSimulator, count: int, guild: Guild) -> int:
    """The shard of a guild."""
    return (int(guild.id) >> 22) % count


async def test_each_guild_is_heard_on_its_shard_and_direct_messages_on_the_first(
    discord: DiscordSimulator, globex: Guild
) -> None:
    discord.core.config = AppConfig(shards=2)
    office = Office(discord, looking_up(9))
    alex, kim = office.person("alex"), globex.person("kim")
    async with office.open():
        await discord.connected(2)
        await office.asks(alex, "where is my order?")
        await kim.says(globex.channel("support"), f"{discord.mention} where is mine?")
        await alex.says(alex.dm, "and this?")
        await answered(discord, 3)

    assert [tuple(each["shard"]) for each in discord.gateway.identifies] == [(0, 2), (1, 2)]


@pytest.mark.parametrize("which", [0, 1])
async def test_a_shard_that_begins_anew_looks_back_into_its_own_guilds(
    discord: DiscordSimulator, globex: Guild, which: int
) -> None:
    """``on_ready`` of discord.py never comes for a single shard."""
    discord.core.config = AppConfig(shards=2)
    office = Office(discord, looking_up(99), claims=ToldClaims(discord))
    people = {discord.guild.id: office.person("alex"), globex.id: globex.person("kim")}
    guild = next(each for each in (discord.guild, globex) if own(discord, 2, each) == which)
    person = people[guild.id]
    async with office.open():
        await discord.connected(2)
        await person.says(guild.channel("support"), f"{discord.mention} where is my first order?")
        await answered(discord)
        (session,) = [each for each in discord.gateway.sessions if each.serves(guild.id)]
        discord.gateway.sessions.remove(session)
        connection, session.connection = session.connection, None
        assert connection
        connection.reset()
        await person.says(guild.channel("support"), f"{discord.mention} where is my second order?")
        await answered(discord, 2)
        await done(office, 2)

    assert len(written(discord)) == 2
    assert len(discord.gateway.identifies) == 3


async def test_a_process_with_some_of_the_shards_leaves_the_others_alone(
    discord: DiscordSimulator, globex: Guild
) -> None:
    mine, other = sorted((discord.guild, globex), key=lambda guild: -own(discord, 2, guild))
    office = Office(
        discord, looking_up(9), config=DiscordConfig(shard_count=2, shard_ids=(1,)), claims=ToldClaims(discord)
    )
    alex, kim = mine.person("alex"), other.person("kim")
    async with office.open():
        await alex.says(mine.channel("support"), f"{discord.mention} where is my order?")
        await answered(discord)
    await kim.says(other.channel("support"), f"{discord.mention} where is mine?")
    await kim.says(kim.dm, "and this?")
    await alex.says(mine.channel("support"), f"{discord.mention} and the other one?")
    async with office.open():
        await answered(discord, 2)
        await kim.says(other.channel("support"), f"{discord.mention} is anybody there?")
        await alex.says(mine.channel("support"), f"{discord.mention} and the third?")
        await answered(discord, 3)

    assert {discord.core.channels[message.channel].guild for message in written(discord)} == {mine.id}


async def test_a_guild_that_is_out_of_order_comes_back(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        administration.outage(discord.guild)
        administration.recover(discord.guild)
        await office.asks(alex, "where is my order?")
        await answered(discord)


async def test_a_guild_that_invites_us_while_we_run_is_answered(office: Office) -> None:
    discord = office.discord
    initech = discord.add_guild("Initech", invited=False)
    initech.channel("support")
    async with office.open():
        initech.invite_bot()
        kim = initech.person("kim")
        await kim.says(initech.channel("support"), f"{discord.mention} where is my order?")
        await answered(discord)


async def test_nothing_is_said_in_a_channel_that_we_only_read(office: Office) -> None:
    async with silence(office):
        await office.person("alex").says("#support", "just talking")
