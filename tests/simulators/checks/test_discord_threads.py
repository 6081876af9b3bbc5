"""Threads and forums: how they begin, who may write there, and how they end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.simulators.checks.discord_bots import Api, Bot, api_of, discord, logged_in, online
from tests.simulators.discord import AppConfig, Channel, DiscordSimulator, Guild, Person, administration


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(AppConfig(max_active_threads=3), rates=False) as running:
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
    return guild.person("alex")


async def test_a_thread_at_a_message_has_its_id_and_begins_with_a_notice(
    sim: DiscordSimulator, guild: Guild, support: Channel, alex: Person
) -> None:
    async with online(sim, Bot(sim)) as bot:
        said = await alex.says(support, "where is order 12345?")
        await sim.until(lambda: bot.heard)
        thread = await bot.heard[0].create_thread(name="Order 12345", auto_archive_duration=60)
        assert (str(thread.id), thread.owner_id) == (said.id, int(sim.core.bot.id))
        await thread.send("on its way")
        assert "    thread: Order 12345 (1 messages)" in alex.sees(support)
        assert alex.sees("Order 12345") == "alex: (thread begins)\nDeskhand: on its way"
        await alex.says("Order 12345", "thanks")
        await sim.until(lambda: len(bot.heard) == 4)
        assert [each.type.value for each in bot.heard] == [0, 21, 0, 0]
        assert isinstance(bot.heard[-1].channel, discord.Thread)
        with pytest.raises(discord.HTTPException) as refused:
            await bot.heard[0].create_thread(name="again")
        assert refused.value.code == 160004
        again = await bot.fetch_channel(int(said.id))
        assert again == thread
        assert guild.threads(support)[0].thread


@pytest.mark.parametrize(("body", "place"), [
    ({"name": ""}, "name"), ({"name": "x" * 101}, "name"),
    ({"name": "x", "auto_archive_duration": 5}, "auto_archive_duration"),
])  # fmt: skip
async def test_names_and_times_are_checked(
    api: Api, support: Channel, alex: Person, body: dict[str, object], place: str
) -> None:
    said = await alex.says(support, "x")
    reply = await api("POST", f"/channels/{support.id}/messages/{said.id}/threads", body)
    assert (reply.code, bool(reply.fault(place))) == (50035, True)


async def test_there_is_room_for_so_many_threads(api: Api, support: Channel, alex: Person) -> None:
    codes = []
    for number in range(4):
        said = await alex.says(support, str(number))
        reply = await api("POST", f"/channels/{support.id}/messages/{said.id}/threads", {"name": str(number)})
        codes.append(reply.body.get("code"))
    assert codes == [None, None, None, 160006]


async def test_in_threads_another_permission_counts(
    sim: DiscordSimulator, guild: Guild, support: Channel, alex: Person, api: Api
) -> None:
    thread = await alex.opens_thread(await alex.says(support, "x"), "T")
    guild.deny(support, "send_messages")
    assert (await api("POST", f"/channels/{thread.id}/messages", {"content": "still"})).status == 200
    guild.deny(support, "send_messages_in_threads")
    assert (await api("POST", f"/channels/{thread.id}/messages", {"content": "no more"})).code == 50013
    deep = await alex.says(thread, "y")
    assert (await api("POST", f"/channels/{thread.id}/messages/{deep.id}/threads", {"name": "z"})).code == 50024
    direct = await alex.says(alex.dm, "y")
    assert (await api("POST", f"/channels/{alex.dm.id}/messages/{direct.id}/threads", {"name": "z"})).code == 50024


async def test_an_archived_thread_wakes_up_when_somebody_writes_but_keeps_its_messages(
    sim: DiscordSimulator, support: Channel, alex: Person
) -> None:
    made = await alex.opens_thread(await alex.says(support, "x"), "T")
    async with online(sim, Bot(sim)) as bot:
        thread = await bot.fetch_channel(int(made.id))
        assert isinstance(thread, discord.Thread)
        sent = await thread.send("before")
        administration.archive(sim.core, made)
        with pytest.raises(discord.HTTPException) as refused:
            await sent.edit(content="after")
        assert refused.value.code == 50083
        with pytest.raises(discord.HTTPException):
            await sent.add_reaction("👀")
        await alex.says(made, "hello again")
        await sent.edit(content="after")
        assert made.thread
        assert not made.thread.archived
        await sim.until(lambda: bot.log.count("thread_join") == 1)
        assert "thread_update" in bot.log, "discord.py forgets an archived thread, and joins it when it is awake"


async def test_a_locked_thread_is_for_moderators(
    sim: DiscordSimulator, guild: Guild, support: Channel, alex: Person, api: Api
) -> None:
    made = await alex.opens_thread(await alex.says(support, "x"), "T")
    administration.archive(sim.core, made, locked=True)
    with pytest.raises(AssertionError, match="locked"):
        await alex.says(made, "hello?")
    assert (await api("POST", f"/channels/{made.id}/messages", {"content": "x"})).code == 160005
    assert (await api("PATCH", f"/channels/{made.id}", {"archived": False})).code == 50013
    guild.allow(support, "manage_threads")
    assert (await api("PATCH", f"/channels/{made.id}", {"name": "N"})).code == 50083
    assert (await api("PATCH", f"/channels/{made.id}", {"archived": False, "locked": False})).status == 200
    assert (await api("POST", f"/channels/{made.id}/messages", {"content": "x"})).status == 200


async def test_silence_archives_and_archived_threads_are_listed(
    sim: DiscordSimulator, guild: Guild, support: Channel, alex: Person
) -> None:
    async with logged_in(sim) as bot:
        channel = await bot.text_channel(support.id)
        message = await channel.fetch_message(int((await alex.says(support, "x")).id))
        thread = await message.create_thread(name="short", auto_archive_duration=60)
        quiet = await alex.opens_thread(await alex.says(support, "y"), "long")
        seen = await bot.fetch_guild(int(guild.id))
        assert {each.name for each in await seen.active_threads()} == {"short", "long"}
        sim.clock.advance(3_600)
        assert [each.name for each in await seen.active_threads()] == [quiet.name]
        assert [each.id async for each in channel.archived_threads()] == [thread.id]
        woken = await bot.fetch_channel(thread.id)
        assert isinstance(woken, discord.Thread)
        assert woken.archived
        await woken.edit(archived=False, name="awake")
        assert [each async for each in channel.archived_threads()] == []


async def test_private_threads_are_seen_from_inside(
    sim: DiscordSimulator, guild: Guild, support: Channel, alex: Person
) -> None:
    sam = guild.person("sam")
    async with online(sim, Bot(sim)) as bot:
        made = await alex.opens_thread(support, "secret", private=True)
        await alex.says(made, "nobody hears this")
        with pytest.raises(discord.Forbidden) as refused:
            await bot.fetch_channel(int(made.id))
        assert refused.value.code == 50001
        with pytest.raises(AssertionError, match="does not see"):
            sam.sees(made)
        administration.add_to_thread(sim.core, made)
        await alex.says(made, "welcome")
        await sim.until(lambda: bot.heard)
        assert bot.texts == ["welcome"]
        assert "thread_join" in bot.log


async def test_a_thread_at_no_message_is_announced(sim: DiscordSimulator, support: Channel, alex: Person) -> None:
    async with online(sim, Bot(sim)) as bot:
        made = await alex.opens_thread(support, "Ideas")
        await sim.until(lambda: bot.heard)
        assert bot.heard[0].type is discord.MessageType.thread_created
        assert "(started a thread Ideas)" in alex.sees(support)
        channel = bot.get_channel(int(made.id))
        assert isinstance(channel, discord.Thread)
        await channel.join()
        assert made.thread
        assert sim.core.bot.id in made.thread.members


@pytest.mark.parametrize("message_first", [False, True])
async def test_a_post_of_a_person_comes_as_thread_and_message_in_either_order(
    sim: DiscordSimulator, guild: Guild, alex: Person, *, message_first: bool
) -> None:
    help_ = guild.channel("help", kind="forum", tags=["refunds", "orders"])
    async with online(sim, Bot(sim)) as bot:
        post = await alex.posts(help_, "Where?", "Where is it?", tags=["orders"], message_first=message_first)
        await sim.until(lambda: bot.heard and "thread_create" in bot.log)
        order = [each for each in bot.log if each in ("message", "thread_create")]
        assert order == (["message", "thread_create"] if message_first else ["thread_create", "message"])
        assert bot.heard[0].id == int(post.id)
        thread = await bot.fetch_channel(int(post.id))
        assert isinstance(thread, discord.Thread)
        assert [each.name for each in thread.applied_tags] == ["orders"]
        await thread.send("On its way")
        assert alex.sees(help_) == "Where? [orders] (1 replies)"
        with pytest.raises(AssertionError, match="no forum"):
            await alex.posts(guild.channel("support"), "x", "y")


async def test_a_bot_posts_too_and_a_tag_may_be_wanted(sim: DiscordSimulator, guild: Guild, alex: Person) -> None:
    made = guild.channel("results", kind="forum", tags=["daily"], requires_tag=True)
    async with logged_in(sim) as bot:
        forum = await bot.fetch_channel(int(made.id))
        assert isinstance(forum, discord.ForumChannel)
        with pytest.raises(discord.HTTPException) as refused:
            await forum.create_thread(name="Today", content="12 orders")
        assert refused.value.code == 40067
        with pytest.raises(discord.HTTPException) as empty:
            await forum.create_thread(name="Today", content="", applied_tags=forum.available_tags)
        assert empty.value.code == 50006
        assert guild.threads(made) == []
        posted = await forum.create_thread(name="Today", content="12 orders", applied_tags=forum.available_tags)
        assert posted.thread.id == posted.message.id
        assert alex.sees("Today") == "Deskhand: 12 orders"
    async with api_of(sim) as api:
        assert (await api("POST", f"/channels/{made.id}/messages", {"content": "x"})).code == 50008
