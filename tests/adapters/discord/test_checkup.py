"""``doctor discord`` on the simulated Discord: what works is said, and each fault with its mend."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.discord.checkup import examine
from bot.domain.finding import Finding
from tests.adapters.discord.office import Office, looking_up
from tests.simulators.discord import AppConfig, DiscordSimulator
from tests.simulators.discord.faults import refusal


async def found(office: Office, *listed: str) -> dict[str, Finding]:
    return {each.part: each for each in await examine(office.reaching(), listed)}


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up())


async def test_all_is_well_once_the_bot_has_been_there(office: Office) -> None:
    async with office.open():
        await office.discord.until(lambda: office.discord.core.registry.syncs)

    seen = await found(office, office.discord.guild.channel("support").id)

    assert {part: each.state for part, each in seen.items()} == {
        "discord token": "ok", "discord intents": "ok", "discord clock": "ok", "discord commands": "ok",
        "discord servers": "ok", "discord rights": "ok",
    }  # fmt: skip


async def test_before_its_first_start_discord_knows_no_commands(office: Office) -> None:
    assert (await found(office))["discord commands"].mend.startswith("Start the bot once")


async def test_a_wrong_token_is_told_with_the_setting(office: Office) -> None:
    wrong = replace(office.reaching(), token="a.b.c")

    (told,) = await examine(wrong)

    assert (told.state, "DESKHAND_DISCORD_BOT_TOKEN" in told.mend) == ("problem", True)


async def test_settings_that_do_not_fit_are_all_told(office: Office) -> None:
    told = await examine(replace(office.reaching(), token="no token", shard_ids=(0,)))

    assert [each.state for each in told] == ["problem", "problem"]


async def test_an_intent_that_is_off_is_a_problem_and_a_mend() -> None:
    async with DiscordSimulator(AppConfig(intents=0), rates=False) as discord:
        seen = await found(Office(discord, looking_up()))

    assert seen["discord intents"].state == "problem"
    assert "MESSAGE_CONTENT=false" in seen["discord intents"].mend


async def test_a_channel_where_rights_are_missing_is_named(office: Office) -> None:
    guild = office.discord.guild
    guild.deny("support", "attach_files")

    seen = await found(office, guild.channel("support").id)

    assert seen["discord rights"].text == "missing in #support: attach files"


async def test_a_bot_in_no_server_is_told_how_to_be_invited() -> None:
    async with DiscordSimulator(rates=False) as discord:
        discord.core.guilds.clear()
        seen = await found(Office(discord, looking_up()))

    assert "scope=bot+applications.commands&permissions=309237763136" in seen["discord servers"].mend


async def test_what_cannot_be_looked_at_hides_nothing_else(office: Office) -> None:
    office.discord.faults.next("GET /applications/*/commands", refusal(403, 50001))

    seen = await found(office)

    assert seen["discord"].state == "warning"
    assert seen["discord rights"].state == "ok"
