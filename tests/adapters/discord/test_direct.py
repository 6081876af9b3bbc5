"""Whom it talks to alone: Discord lets everybody in a shared server write to a bot, whatever their roles there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.chat.wording import LINKED_ONLY, NOT_ALONE
from bot.adapters.discord.config import Direct
from bot.adapters.discord.places import sender_id
from bot.domain.link import Link
from tests.adapters.discord.office import PATIENT, Office, looking_up
from tests.simulators.discord import DiscordSimulator

WORDS = {Direct.LINKED: LINKED_ONLY, Direct.OFF: NOT_ALONE}


@pytest.fixture(params=WORDS)
def office(request: pytest.FixtureRequest, discord: DiscordSimulator) -> Office:
    listed = frozenset({discord.guild.channel("support").id})
    return Office(discord, looking_up(3), replace(PATIENT, direct=request.param, allowed=listed))


async def test_a_direct_message_is_turned_away_once_with_a_word(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        await alex.says(alex.dm, "where is my order?")
        await office.discord.until(lambda: WORDS[office.rules.direct] in alex.sees(alex.dm))
    async with office.open():
        await office.discord.settled()

    assert alex.sees(alex.dm).count(WORDS[office.rules.direct]) == 1
    assert office.world.ran == []


async def test_a_private_command_elsewhere_is_too(office: Office) -> None:
    alex, other = office.person("alex"), office.discord.guild.channel("other")
    async with office.open():
        await office.discord.until(lambda: office.discord.core.registry.syncs)
        await alex.runs("/ask", where=other, question="where is my order?")
        await office.discord.until(lambda: WORDS[office.rules.direct] in alex.sees(other))

    assert office.world.ran == []


async def test_where_it_is_listed_it_answers(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        await office.discord.until(lambda: office.discord.core.registry.syncs)
        await alex.runs("/ask", where="#support", question="where is my order?")
        await office.discord.until(lambda: "Order lookup: shipped" in alex.sees("#support"))


async def test_people_whose_e_mail_is_known_are_served(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up(), replace(PATIENT, direct=Direct.LINKED))
    alex = office.person("alex")
    await office.links.put(Link(sender_id(alex.id), "alex@acme.example", office.world.clock(), "code"))
    async with office.open():
        await alex.says(alex.dm, "where is my order?")
        await discord.until(lambda: "Order lookup: shipped" in alex.sees(alex.dm))
