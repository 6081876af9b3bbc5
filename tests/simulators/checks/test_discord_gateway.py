"""The gateway on the real client: what it tells, and to whom."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.simulators.checks.discord_bots import Bot, discord, online
from tests.simulators.discord import AppConfig, DiscordSimulator, Guild, Person, administration


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(rates=False) as running:
        running.guild.channel("support")
        yield running


@pytest.fixture
def guild(sim: DiscordSimulator) -> Guild:
    return sim.guild


@pytest.fixture
def alex(guild: Guild) -> Person:
    return guild.person("alex", roles=["agents"])


async def test_ready_tells_guilds_channels_threads_and_roles(sim: DiscordSimulator, guild: Guild, alex: Person) -> None:
    said = await alex.says("support", "before the bot came")
    thread = await alex.opens_thread(said, "Old matters")
    guild.channel("help", kind="forum", tags=["refunds"])
    async with online(sim, Bot(sim)) as bot:
        seen = bot.get_guild(int(guild.id))
        assert seen
        assert bot.user
        assert (seen.name, [each.name for each in seen.channels]) == ("Acme", ["support", "help"])
        assert [each.name for each in seen.forums[0].available_tags] == ["refunds"]
        assert [each.id for each in seen.threads] == [int(thread.id)]
        assert {"agents", "Deskhand"} <= {each.name for each in seen.roles}
        assert seen.me.guild_permissions.send_messages_in_threads
        assert seen.me.guild_permissions.value & 309237763136 == 309237763136
        assert bot.user.id == int(sim.core.bot.id)


async def test_messages_arrive_with_member_reply_and_files(sim: DiscordSimulator, alex: Person) -> None:
    async with online(sim, Bot(sim)) as bot:
        first = await alex.says("support", "hello")
        await alex.says("support", f"{sim.mention} again", reply_to=first, files={"a.log": b"boom"})
        await alex.says(alex.dm, "in private")
        await sim.until(lambda: len(bot.heard) == 3)
        one, two, three = bot.heard
        assert isinstance(one.author, discord.Member)
        assert [each.name for each in one.author.roles] == ["@everyone", "agents"]
        assert two.type is discord.MessageType.reply
        assert two.reference
        assert isinstance(two.reference.resolved, discord.Message)
        assert two.reference.resolved.content == "hello"
        assert bot.user in two.mentions
        assert await two.attachments[0].read() == b"boom"
        assert isinstance(three.channel, discord.DMChannel)
        assert three.guild is None


async def test_without_the_content_intent_only_some_words_are_told(sim: DiscordSimulator, alex: Person) -> None:
    intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
    async with online(sim, Bot(sim, intents)) as bot:
        await alex.says("support", "secret", files={"a.log": b"boom"})
        await alex.says("support", f"{sim.mention} to you")
        await alex.says(alex.dm, "in private")
        await sim.until(lambda: len(bot.heard) == 3)
        assert bot.texts == ["", f"{sim.mention} to you", "in private"]
        assert bot.heard[0].attachments == []


async def test_intents_decide_what_is_heard(sim: DiscordSimulator, alex: Person) -> None:
    async with online(sim, Bot(sim, discord.Intents(guilds=True, dm_messages=True, guild_reactions=True))) as bot:
        said = await alex.says("support", "not for you")
        await alex.reacts(said, "👍")
        await alex.says(alex.dm, "for you")
        await sim.until(lambda: bot.heard)
        assert bot.texts == ["for you"]
        assert "raw_reaction_add" in bot.log


async def test_edits_deletions_previews_and_typing(sim: DiscordSimulator, guild: Guild, alex: Person) -> None:
    intents = discord.Intents(guilds=True, guild_messages=True, message_content=True, guild_typing=True)
    async with online(sim, Bot(sim, intents)) as bot:
        updates: list[discord.RawMessageUpdateEvent] = []

        @bot.event
        async def on_raw_message_edit(payload: discord.RawMessageUpdateEvent) -> None:
            updates.append(payload)
            sim.core.changes.tell()

        said = await alex.says("support", "frist")
        await alex.edits(said, "first")
        administration.preview(sim.core, said, "A page")
        await alex.starts_typing("support")
        await alex.deletes(said)
        await sim.until(lambda: "raw_message_delete" in bot.log and len(updates) == 2)
        assert [each.message.content for each in updates] == ["first", "first"]
        assert updates[0].message.edited_at == updates[1].message.edited_at
        assert "typing" in bot.log
        assert "first" not in alex.sees("support")
        assert said.versions == ["frist"]


async def test_a_wrong_token_and_a_closed_privilege_end_the_client() -> None:
    async with DiscordSimulator(AppConfig(intents=0), rates=False) as sim:
        with pytest.raises(discord.LoginFailure):
            await online(sim, Bot(sim), "wrong").__aenter__()
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await online(sim, Bot(sim)).__aenter__()


async def test_guilds_are_spread_over_shards() -> None:
    async with DiscordSimulator(AppConfig(shards=2), rates=False) as sim:
        second = sim.add_guild("Globex")
        here = {g.id: g.channel("support") for g in (sim.guild, second)}
        kim = sim.guild.person("kim")
        second.person("kim")
        async with online(sim, Bot(sim)) as bot:
            await sim.until(lambda: len(sim.gateway.ready) == 2 and len(bot.guilds) == 2)
            assert {each.shard_id for each in bot.guilds} == {0, 1}
            for channel in here.values():
                await kim.says(channel, "hello")
            await kim.says(kim.dm, "hello")
            await sim.until(lambda: len(bot.heard) == 3)
            assert [len([e for e in s.log if e["t"] == "MESSAGE_CREATE"]) for s in sim.gateway.sessions] in (
                [1, 2],
                [2, 1],
            )


async def test_outages_and_removal_are_different(sim: DiscordSimulator, guild: Guild) -> None:
    async with online(sim, Bot(sim)) as bot:
        administration.outage(guild)
        await sim.until(lambda: "guild_unavailable" in bot.log)
        administration.recover(guild)
        await sim.until(lambda: bot.log.count("guild_available") == 2)
        assert "guild_remove" not in bot.log
        administration.remove_bot(guild)
        await sim.until(lambda: "guild_remove" in bot.log)


async def test_channels_come_change_and_go(sim: DiscordSimulator, guild: Guild, alex: Person) -> None:
    async with online(sim, Bot(sim)) as bot:
        news = guild.channel("news", kind="announcement")
        guild.deny(news, "send_messages")
        await sim.until(lambda: "guild_channel_update" in bot.log)
        seen = bot.get_channel(int(news.id))
        assert isinstance(seen, discord.TextChannel)
        assert seen.is_news()
        assert not seen.permissions_for(seen.guild.me).send_messages
        guild.deny(news, "view_channel")
        await alex.says(news, "nobody hears this")
        administration.delete_channel(sim.core, news)
        await sim.until(lambda: "guild_channel_delete" in bot.log)
        assert bot.texts == []


async def test_members_can_be_asked_for(sim: DiscordSimulator, guild: Guild, alex: Person) -> None:
    async with online(sim, Bot(sim)) as bot:
        seen = bot.get_guild(int(guild.id))
        assert seen
        assert [each.name for each in await seen.query_members("al")] == ["alex"]
        assert [each.id for each in await seen.query_members(user_ids=[int(alex.id)])] == [int(alex.id)]
