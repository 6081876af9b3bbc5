"""After a restart: what was missed is answered once."""

from __future__ import annotations

import pytest

from bot.adapters.chat.listening import Listening
from bot.adapters.discord.config import Rules
from tests.adapters.discord.asking import ToldClaims, answered, done, heard, in_guild, written
from tests.adapters.discord.office import PATIENT, Office, looking_up
from tests.simulators.discord import DiscordSimulator, Message, administration

HISTORY = "GET /channels/{channel}/messages"


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(99), PATIENT, ToldClaims(discord))


async def asked_before(office: Office) -> Message:
    """The bot was here, and answered."""
    async with office.open():
        said = await office.asks(office.person("alex"), "where is my first order?")
        await answered(office.discord)
        await done(office, 1)
        await looked(office)
    return said


async def looked(office: Office) -> None:
    """The look back has begun."""
    await office.discord.until(lambda: [k for k in office.claims.claimed_keys if k.startswith("discord/ready/")])


async def test_what_was_missed_in_every_kind_of_place_is_answered_once(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    forum = discord.guild.channel("help", kind="forum")
    office.rules = Rules(listening={forum.id: Listening.ALL}, patience=60.0)
    async with office.open():
        await alex.says(alex.dm, "where is my order?")
        await answered(discord)
    first = await asked_before(office)
    away = (await answered(discord, 2))[-1]
    administration.archive(discord.core, discord.guild.place(first.id))
    await office.asks(alex, "where is my second order?")
    await alex.says(first.id, "and the third?")
    await alex.says(first.id, "and the fourth?", reply_to=away)
    await alex.posts(forum, "Order 5", "It has not come.")
    await alex.says(alex.dm, "where is my sixth order?")
    await alex.says("#support", "nobody is asked")
    administration.bot_says(discord.guild, "statusbot", "support", f"{discord.mention} hello")
    for _ in range(2):
        async with office.open():
            await done(office, 7)
            await heard(office)

    assert len(written(discord)) == 7
    texts = [turn.text for turn in office.world.turns.turns.values() if turn.speaker == "Alex"]
    assert len(texts) == len(set(texts)) == 7


async def test_at_the_very_first_start_nothing_of_old_is_answered(office: Office) -> None:
    discord = office.discord
    await office.asks(office.person("alex"), "where is my order?")
    async with office.open():
        await looked(office)
        await heard(office)

    assert written(discord) == []
    assert discord.called(HISTORY) == []


async def test_after_a_quiet_day_what_was_missed_is_still_found(office: Office) -> None:
    discord, clock = office.discord, office.world.clock
    await asked_before(office)
    for _ in range(2):
        discord.clock.advance(43_000)
        clock.forward(seconds=43_000)
    await office.asks(office.person("alex"), "where is my second order?")
    await office.person("alex").says(office.person("alex").dm, "I never wrote here before")
    async with office.open():
        await answered(discord, 2)
        await heard(office)

    assert len(in_guild(discord)) == 2


async def test_what_is_too_old_is_left_alone(office: Office) -> None:
    discord = office.discord
    await asked_before(office)
    await office.asks(office.person("alex"), "where is my second order?")
    discord.clock.advance(50_000)
    office.world.clock.forward(seconds=50_000)
    async with office.open():
        await looked(office)
        await heard(office)

    assert len(written(discord)) == 1


async def test_roles_are_known_although_old_messages_do_not_tell_them(office: Office) -> None:
    discord = office.discord
    agents = discord.guild.role("agents")
    office.rules = Rules(roles=frozenset({agents.id}), patience=60.0)
    alex, sam, robin = office.person("alex", "agents"), office.person("sam"), office.person("robin", "agents")
    await asked_before(office)
    await office.asks(alex, "where is my second order?")
    await office.asks(sam, "where is mine?")
    await office.asks(robin, "I leave the guild now")
    discord.guild.members.pop(robin.id)
    async with office.open():
        await answered(discord, 2)
        await done(office, 2)
        await heard(office)

    speakers = [turn.speaker for turn in office.world.turns.turns.values() if turn.speaker != "Referee"]
    assert speakers == ["Alex", "Alex"]
    assert [given.asker.groups for given in office.world.executor.given][1] == "agents"
    asked = [call.arguments["user"] for call in discord.called("GET /guilds/{guild}/members/{user}")]
    assert sorted(asked) == sorted({alex.id, sam.id, robin.id}), "once for each person"


async def test_channels_that_we_may_not_read_are_not_asked_for(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    hidden = discord.guild.channel("hidden")
    await asked_before(office)
    discord.guild.deny(hidden, "view_channel", "read_message_history")
    await office.asks(alex, "where is my second order?", hidden)
    await office.asks(alex, "where is my third order?")
    async with office.open():
        await answered(discord, 2)
        await done(office, 2)

    assert hidden.id not in [call.arguments["channel"] for call in discord.called(HISTORY)]
    assert len(written(discord)) == 2


async def test_a_channel_that_is_gone_hinders_no_other(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    gone = discord.guild.channel("gone")
    async with office.open():
        await office.asks(alex, "where is my order?", gone)
        await answered(discord)
        await done(office, 1)
    await office.asks(alex, "where is my lost order?", gone)
    administration.delete_channel(discord.core, gone)
    await office.asks(alex, "where is my second order?")
    async with office.open():
        await answered(discord, 2)
        await done(office, 2)


async def test_many_messages_are_read_page_by_page_and_in_order(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    first = await asked_before(office)
    for number in range(150):
        await alex.says(first.id, f"question {number}")
    async with office.open():
        await done(office, 151)

    texts = [turn.text for turn in office.world.turns.turns.values()]
    assert texts[1:] == [f"question {number}" for number in range(150)]
    assert len(written(discord)) == 151
