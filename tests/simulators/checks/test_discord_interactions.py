"""Commands and private messages on the real client, and the times that they allow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.simulators.checks.discord_bots import Api, Bot, api_of, app_commands, discord, online
from tests.simulators.checks.discord_views import Ask
from tests.simulators.discord import AppConfig, Channel, DiscordSimulator, Guild, Person

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


async def test_a_command_with_options_of_every_kind(
    sim: DiscordSimulator, bot: Bot, guild: Guild, support: Channel, alex: Person
) -> None:
    got: list[Any] = []

    @bot.tree.command(description="Ask")
    async def ask(
        interaction: Interaction, question: str, times: app_commands.Range[int, 1, 3], private: bool = False,
        about: discord.Member | None = None, source: discord.TextChannel | None = None,
    ) -> None:  # fmt: skip
        got.extend([question, times, private, about, source, interaction.user, interaction.permissions.value])
        await interaction.response.send_message("**ok**", ephemeral=private)

    await bot.tree.sync()
    sam = guild.person("sam")
    made = await alex.runs("/ask", where=support, question="why?", times=2, about=sam, source=support, private=True)
    assert made.state == "acknowledged"
    assert (got[0], got[1], got[2], got[3].id, got[4].id) == ("why?", 2, True, int(sam.id), int(support.id))
    assert isinstance(got[5], discord.Member)
    assert [each.name for each in got[5].roles] == ["@everyone", "agents"]
    assert got[6]
    assert alex.sees(support) == "Deskhand (only alex sees this): **ok**"
    assert sam.sees(support) == ""
    assert guild.from_bot() == []
    wrongs: list[dict[str, Any]] = [
        {"question": "x"},
        {"question": "x", "times": 4},
        {"question": "x", "times": 1, "no": 1},
    ]
    for wrong in wrongs:
        with pytest.raises(AssertionError):
            await alex.runs("/ask", where=support, **wrong)
    assert [each.names for each in sim.core.registry.syncs] == [("ask",)]


async def test_groups_contexts_permissions_and_guild_commands(
    sim: DiscordSimulator, bot: Bot, guild: Guild, support: Channel, alex: Person
) -> None:
    admin = guild.person("admin")
    guild.give(admin, guild.role("admins", 1 << 5).name)
    group = app_commands.Group(name="config", description="Settings", guild_only=True)
    group.default_permissions = discord.Permissions(manage_guild=True)

    @group.command(description="Show")
    async def show(interaction: Interaction, key: str) -> None:
        await interaction.response.send_message(f"{key} = 1")

    @app_commands.command(description="Here only")
    async def here(interaction: Interaction) -> None:
        await interaction.response.send_message("here")

    bot.tree.add_command(group)
    bot.tree.add_command(here, guild=discord.Object(int(guild.id)))
    await bot.tree.sync()
    await bot.tree.sync(guild=discord.Object(int(guild.id)))
    await admin.runs("/config show", where=support, key="mode")
    await alex.runs("/here", where=support)
    assert alex.sees(support) == "Deskhand: mode = 1\nDeskhand: here"
    with pytest.raises(AssertionError, match="may not manage_guild"):
        await alex.runs("/config show", where=support, key="mode")
    with pytest.raises(AssertionError, match="no command named config here"):
        await admin.runs("/config show", key="mode")
    with pytest.raises(AssertionError, match="no command named here"):
        await alex.runs("/here")
    assert len(sim.core.registry.syncs) == 2


async def test_autocomplete(bot: Bot, support: Channel, alex: Person, sim: DiscordSimulator) -> None:
    @bot.tree.command(description="Run")
    async def run(interaction: Interaction, action: str, order: str) -> None:
        await interaction.response.send_message("x")

    @run.autocomplete("action")
    async def offer(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        names = ["refund", "return", "lookup"]
        found = [each for each in names if each.startswith(current)]
        return [app_commands.Choice(name=f"{each} {interaction.namespace.order}", value=each) for each in found]

    await bot.tree.sync()
    found = await alex.types_into("/run", "action", "re", where=support, order="12345")
    assert [(each["name"], each["value"]) for each in found] == [("refund 12345", "refund"), ("return 12345", "return")]
    assert alex.sees(support) == ""


async def test_a_message_command_shows_what_the_intent_hides(guild: Guild, support: Channel, alex: Person) -> None:
    async with DiscordSimulator(AppConfig(intents=0), rates=False) as sim:
        there, kim = sim.guild.channel("support"), sim.guild.person("kim")
        async with online(sim, Bot(sim, discord.Intents(guilds=True))) as bot:

            @bot.tree.context_menu(name="Ask about this")
            async def ask(interaction: Interaction, message: discord.Message) -> None:
                await interaction.response.send_message(f"you mean: {message.content}", ephemeral=True)

            await bot.tree.sync()
            said = await kim.says(there, "my order is late")
            await kim.uses_message_command("Ask about this", said)
            assert kim.private()[0].content == "you mean: my order is late"


async def test_thinking_then_the_answer_and_more(
    sim: DiscordSimulator, bot: Bot, support: Channel, alex: Person, guild: Guild
) -> None:
    later: list[Interaction] = []

    @bot.tree.command(description="Ask")
    async def ask(interaction: Interaction) -> None:
        await interaction.response.defer(thinking=True)
        later.append(interaction)

    await bot.tree.sync()
    await alex.runs("/ask", where=support)
    await sim.until(lambda: later)
    assert alex.sees(support) == "Deskhand: is thinking…"
    await later[0].followup.send("the first further message takes its place", ephemeral=True)
    assert alex.sees(support) == "Deskhand: the first further message takes its place"
    more = await later[0].followup.send("more", wait=True)
    await more.edit(content="even more")
    original = await later[0].original_response()
    assert original.content.startswith("the first")
    await later[0].delete_original_response()
    assert alex.sees(support) == "Deskhand: even more (edited)"
    with pytest.raises(discord.NotFound) as gone:
        await later[0].edit_original_response(content="x")
    assert gone.value.code == 10008
    sim.clock.advance(900)
    with pytest.raises(discord.HTTPException) as late:
        await later[0].followup.send("too late")
    assert late.value.code == 50027
    channel = bot.get_channel(int(support.id))
    assert isinstance(channel, discord.TextChannel)
    await channel.get_partial_message(int(guild.from_bot()[0].id)).edit(content="by the bot token")
    assert "by the bot token" in alex.sees(support)


async def test_three_seconds_and_only_once(
    sim: DiscordSimulator, bot: Bot, support: Channel, alex: Person, api: Api
) -> None:
    @bot.tree.command(description="Silent")
    async def silent(interaction: Interaction) -> None:
        """Answers nothing."""

    await bot.tree.sync()
    made = await alex.runs("/silent", where=support, wait=False)
    path = f"/interactions/{made.id}/{made.token}/callback"
    hook = f"/webhooks/{sim.core.application}/{made.token}"
    assert (await api("POST", hook, {"content": "too early"})).code == 10015
    assert (await api("POST", path, {"type": 6})).fault("type") == "BASE_TYPE_CHOICES"
    assert (await api("POST", path, {"type": 4, "data": {"content": "hi"}})).status == 204
    assert (await api("POST", path, {"type": 4, "data": {"content": "hi"}})).code == 40060
    late = await alex.runs("/silent", where=support, wait=False)
    sim.clock.advance(3)
    await sim.settled()
    reply = await api("POST", f"/interactions/{late.id}/{late.token}/callback", {"type": 5})
    assert (reply.status, reply.code, late.state) == (404, 10062, "given up")
    await sim.until(lambda: alex.warnings)
    assert alex.warnings == ["The application did not respond"]
    assert (await api("POST", "/interactions/1/nothing/callback", {"type": 5})).code == 10062


async def test_answers_to_interactions_call_users_only_and_private_ones_nobody(
    sim: DiscordSimulator, bot: Bot, guild: Guild, support: Channel, alex: Person, api: Api
) -> None:
    @bot.tree.command(description="x")
    async def silent(interaction: Interaction) -> None:
        """Answers nothing."""

    await bot.tree.sync()
    text = f"@everyone {alex.mention}"
    for flags, live in ((64, []), (0, [alex.mention])):
        made = await alex.runs("/silent", where=support, wait=False)
        data = {"type": 4, "data": {"content": text, "flags": flags}}
        await api("POST", f"/interactions/{made.id}/{made.token}/callback", data)
        assert [each.live for each in sim.alarms] == live


async def test_private_messages_are_not_found_by_channel_routes(
    sim: DiscordSimulator, bot: Bot, guild: Guild, support: Channel, alex: Person, api: Api
) -> None:
    bot.add_dynamic_items(Ask)

    @bot.tree.command(description="x")
    async def ask(interaction: Interaction) -> None:
        view = discord.ui.View(timeout=None)
        view.add_item(Ask("3"))
        await interaction.response.send_message("private", view=view, ephemeral=True)

    await bot.tree.sync()
    await alex.runs("/ask", where=support)
    private = alex.private(support)[0]
    assert (await api("GET", f"/channels/{support.id}/messages/{private.id}")).code == 10008
    assert (await api("GET", f"/channels/{support.id}/messages")).body == []
    assert sim.gateway.named("MESSAGE_CREATE") == []
    with pytest.raises(AssertionError, match="somebody else"):
        await guild.person("sam").clicks(private, "Confirm")
