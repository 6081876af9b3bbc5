"""Buttons, menus and forms on the real client."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.simulators.checks.discord_bots import Api, Bot, api_of, discord, online
from tests.simulators.checks.discord_views import Ask, Form, said, send
from tests.simulators.discord import AppConfig, Channel, DiscordSimulator, Guild, Person, administration

Interaction = discord.Interaction[Any]


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(rates=False) as running:
        yield running


@pytest.fixture
async def api(sim: DiscordSimulator) -> AsyncIterator[Api]:
    async with api_of(sim) as made:
        yield made


@pytest.fixture
def guild(sim: DiscordSimulator) -> Guild:
    return sim.guild


@pytest.fixture
def support(guild: Guild) -> Channel:
    return guild.channel("support")


@pytest.fixture
def alex(guild: Guild) -> Person:
    return guild.person("alex", roles=["agents"])


@pytest.fixture
async def bot(sim: DiscordSimulator, support: Channel) -> AsyncIterator[Bot]:
    async with online(sim, Bot(sim)) as running:
        yield running


async def test_a_button_that_survived_a_restart(
    sim: DiscordSimulator, bot: Bot, guild: Guild, support: Channel, alex: Person
) -> None:
    await send(bot, support, said("Refund?", Ask("7"), Ask("8", "Other")))
    bot.add_dynamic_items(Ask)
    message = guild.from_bot()[0]
    assert alex.sees(support) == "Deskhand: Refund?\n    ---\n    [Confirm] [Other]"
    old = copy.deepcopy(message)
    await alex.clicks(message, "Confirm")
    await sim.until(alex.private)
    assert "Deskhand: confirmed 7" in alex.sees(support)
    assert "Deskhand (only alex sees this): thank you, alex" in alex.sees(support)
    with pytest.raises(AssertionError, match="nothing to click named Confirm"):
        await alex.clicks(message, "Confirm")
    await alex.clicks(old, "ask:8")
    await guild.until(lambda _: "confirmed 8" in message.text)


async def test_menus_links_and_disabled_buttons(
    sim: DiscordSimulator, bot: Bot, guild: Guild, support: Channel, alex: Person
) -> None:
    view, chosen = discord.ui.View(), list[Any]()
    menu: discord.ui.Select[Any] = discord.ui.Select(placeholder="Colour", max_values=2)
    for each in ("red", "green", "blue"):
        menu.add_option(label=each.title(), value=each)
    users: discord.ui.UserSelect[Any] = discord.ui.UserSelect(placeholder="Who")

    async def choose(interaction: Interaction) -> None:
        chosen.extend([*menu.values, *(each.id for each in users.values)])
        await interaction.response.edit_message(content="chosen", view=view)

    menu.callback = users.callback = choose  # type: ignore[method-assign]
    view.add_item(menu).add_item(users)
    view.add_item(discord.ui.Button(label="Off", disabled=True, custom_id="off"))
    view.add_item(discord.ui.Button(label="Docs", url="https://example.com/"))
    await send(bot, support, view)
    message = guild.from_bot()[0]
    await alex.clicks(message, "Colour", ["Red", "blue"])
    await alex.clicks(message, "Who", alex)
    assert chosen[:2] == ["red", "blue"]
    assert int(alex.id) in chosen
    assert "Deskhand: chosen (edited)\n    [Colour Red / Green / Blue]" in alex.sees(support)
    assert "(Off) [Docs → https://example.com/]" in alex.sees(support)
    for what, words in (("Off", "disabled"), ("Docs", "is a link")):
        with pytest.raises(AssertionError, match=words):
            await alex.clicks(message, what)
    with pytest.raises(AssertionError, match="no option"):
        await alex.clicks(message, "Colour", "purple")


async def test_a_form_is_opened_filled_in_and_submitted(
    bot: Bot, guild: Guild, support: Channel, alex: Person, sim: DiscordSimulator
) -> None:
    @bot.tree.command(description="Edit")
    async def edit(interaction: Interaction) -> None:
        await interaction.response.send_modal(Form())

    await bot.tree.sync()
    await alex.runs("/edit", where=support)
    assert alex.modal.title == "Edit the refund"
    assert "Amount: [20]" in sim.core.picture()
    for wrong in ({}, {"Why": "stolen"}, {"Why": "late", "Amount": "123456"}, {"Why": "late", "Nothing": "1"}):
        with pytest.raises(AssertionError):
            await alex.submits(alex.modal, wrong)
    await alex.submits(alex.modal, {"Why": "late", "amount": "12"})
    assert alex.sees(support) == "Deskhand (only alex sees this): 12 because late ()"
    with pytest.raises(AssertionError, match="no modal open"):
        _ = alex.modal


async def test_a_click_that_nobody_knows_fails_for_the_person(
    sim: DiscordSimulator, bot: Bot, guild: Guild, support: Channel, alex: Person
) -> None:
    await send(bot, support, said("old", Ask("1")))
    made = await alex.clicks(guild.from_bot()[0], "Confirm", wait=False)
    await sim.until(lambda: "interaction" in bot.log)
    sim.clock.advance(3)
    await sim.until(lambda: alex.warnings)
    assert (made.state, alex.warnings) == ("given up", ["This interaction failed"])


async def test_a_modal_is_checked(sim: DiscordSimulator, bot: Bot, support: Channel, alex: Person, api: Api) -> None:
    @bot.tree.command(description="x")
    async def silent(interaction: Interaction) -> None:
        """Answers nothing."""

    await bot.tree.sync()
    field = {"type": 4, "custom_id": "a", "style": 1}
    label = {"type": 18, "label": "A", "component": field}
    for data, path in (
        ({"title": "x" * 46, "custom_id": "m", "components": [label]}, ("title",)),
        ({"title": "x", "custom_id": "", "components": [label]}, ("custom_id",)),
        ({"title": "x", "custom_id": "m", "components": []}, ("components",)),
        ({"title": "x", "custom_id": "m", "components": [label, label]}, ("components",)),
        ({"title": "x", "custom_id": "m", "components": [{**label, "label": "x" * 46}]}, ("components", "0", "label")),
    ):
        made = await alex.runs("/silent", where=support, wait=False)
        reply = await api("POST", f"/interactions/{made.id}/{made.token}/callback", {"type": 9, "data": data})
        assert reply.code == 50035
        assert reply.fault("data", *path)


async def test_interactions_go_elsewhere_with_an_endpoint_url(support: Channel) -> None:
    async with DiscordSimulator(AppConfig(interactions_url="https://example.com/"), rates=False) as sim:
        there, kim = sim.guild.channel("support"), sim.guild.person("kim")
        async with online(sim, Bot(sim)) as bot:
            await send(bot, there, said("x", Ask("1")))
            await kim.clicks(sim.guild.from_bot()[0], "Confirm", wait=False)
            await kim.says(there, "hello")
            await sim.until(lambda: bot.texts)
            assert "interaction" not in bot.log


async def test_a_click_in_direct_messages_has_a_user_and_no_guild(
    sim: DiscordSimulator, bot: Bot, alex: Person
) -> None:
    bot.add_dynamic_items(Ask)
    user = await bot.fetch_user(int(alex.id))
    await user.send(view=said("hello", Ask("5")))
    message = sim.core.history(alex.dm.id)[0]
    await alex.clicks(message, "Confirm")
    await sim.until(alex.private)
    assert "confirmed 5" in alex.sees(alex.dm)


async def test_a_deleted_channel_takes_its_messages_along(
    sim: DiscordSimulator, bot: Bot, guild: Guild, support: Channel, alex: Person
) -> None:
    await send(bot, support, said("x", Ask("1")))
    administration.delete_channel(sim.core, support)
    channel = bot.get_partial_messageable(int(support.id))
    with pytest.raises(discord.NotFound) as gone:
        await channel.send("x")
    assert gone.value.code == 10003
