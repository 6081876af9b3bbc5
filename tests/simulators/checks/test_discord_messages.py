"""Messages over REST: sending, editing, permissions, files, replies, nonces."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.simulators.checks.discord_bots import Api, Bot, api_of, discord, logged_in, online
from tests.simulators.discord import AppConfig, Channel, DiscordSimulator, Guild, Person
from tests.simulators.discord.administration import bot_says, webhook_says


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
    return guild.person("alex")


async def test_a_message_is_sent_edited_reacted_to_and_deleted(
    sim: DiscordSimulator, support: Channel, alex: Person
) -> None:
    async with logged_in(sim) as bot:
        channel = await bot.text_channel(support.id)
        sent = await channel.send("one moment", embed=discord.Embed(title="Order", description="12345"))
        assert alex.sees("support") == "Deskhand: one moment\n    │ Order\n    │ 12345"
        await sent.edit(content="done")
        await sent.add_reaction("👀")
        assert alex.sees("support") == "Deskhand: done (edited)\n    │ Order\n    │ 12345\n    👀 1"
        await sent.remove_reaction("👀", discord.Object(int(sim.core.bot.id)))
        async with channel.typing():
            assert alex.sees("support").endswith("… Deskhand is typing")
        await sent.delete()
        sim.clock.advance(11)
        assert alex.sees("support") == ""
        with pytest.raises(discord.NotFound) as gone:
            await sent.edit(content="again")
        assert gone.value.code == 10008
    assert [each.status for each in sim.called("PATCH /channels/{channel}/messages/{message}")] == [200, 404]


async def test_a_reply_quotes_and_survives_the_deletion_of_the_question(
    sim: DiscordSimulator, support: Channel, alex: Person
) -> None:
    async with logged_in(sim) as bot:
        channel = await bot.text_channel(support.id)
        said = await alex.says(support, "where is it?")
        question = channel.get_partial_message(int(said.id))
        await channel.send("there", reference=question.to_reference(fail_if_not_exists=False), mention_author=False)
        assert "  ┌ alex: where is it?\nDeskhand: there" in alex.sees(support)
        await alex.deletes(said)
        assert "  ┌ the original message was deleted" in alex.sees(support)
        await channel.send("late", reference=question.to_reference(fail_if_not_exists=False))
        with pytest.raises(discord.HTTPException, match="Unknown message") as failed:
            await question.reply("too late")
        assert failed.value.code == 50035


async def test_a_nonce_gives_the_same_message_for_a_while(
    api: Api, guild: Guild, support: Channel, sim: DiscordSimulator
) -> None:
    path, body = f"/channels/{support.id}/messages", {"content": "hi", "nonce": "run-1", "enforce_nonce": True}
    first, again = await api("POST", path, body), await api("POST", path, body)
    assert first.body["id"] == again.body["id"]
    assert len(guild.from_bot()) == 1
    other = await api("POST", path, {**body, "enforce_nonce": False})
    assert other.body["id"] != first.body["id"]
    sim.clock.advance(301)
    late = await api("POST", path, body)
    assert late.body["id"] not in (first.body["id"], other.body["id"])
    assert (await api("POST", path, {**body, "nonce": "x" * 26})).fault("nonce") == "BASE_TYPE_MAX_LENGTH"


async def test_files_go_up_and_come_down_for_a_day(
    sim: DiscordSimulator, support: Channel, alex: Person, api: Api
) -> None:
    async with logged_in(sim) as bot:
        channel = await bot.text_channel(support.id)
        sent = await channel.send("the log", file=discord.File(io.BytesIO(b"boom"), "result.md", description="a log"))
        assert alex.sees(support) == "Deskhand: the log\n    [file result.md]"
        assert (sent.attachments[0].description, sent.attachments[0].size) == ("a log", 4)
        assert await sent.attachments[0].read() == b"boom"
        await sent.edit(attachments=[*sent.attachments, discord.File(io.BytesIO(b"PNG"), "chart.png")])
        assert alex.sees(support).endswith("[file result.md]\n    [image chart.png]")
        await sent.edit(attachments=[])
        assert "[file" not in alex.sees(support)
        assert sim.calls[-1].route == "PATCH /channels/{channel}/messages/{message}"
        sim.clock.advance(86_401)
        with pytest.raises(discord.NotFound):
            await sent.attachments[0].read()
        with pytest.raises(discord.HTTPException) as large:
            await channel.send(file=discord.File(io.BytesIO(b"x" * ((10 << 20) + 1)), "big.bin"))
        assert (large.value.status, large.value.code) == (413, 40005)


async def test_history_is_read_in_pages(sim: DiscordSimulator, support: Channel, alex: Person) -> None:
    said = [await alex.says(support, str(number)) for number in range(7)]
    async with logged_in(sim) as bot:
        channel = await bot.text_channel(support.id)
        assert [m.content async for m in channel.history(limit=3)] == ["6", "5", "4"]
        after = discord.Object(int(said[2].id))
        assert [m.content async for m in channel.history(after=after, limit=None)] == ["3", "4", "5", "6"]
        assert [m.content async for m in channel.history(before=after, limit=1)] == ["1"]
        assert (await channel.fetch_message(int(said[5].id))).content == "5"


@pytest.mark.parametrize(("denied", "act", "code"), [
    ("view_channel", lambda c: c.send("x"), 50001),
    ("send_messages", lambda c: c.send("x"), 50013),
    ("send_messages", lambda c: c.typing().__aenter__(), 50013),
    ("attach_files", lambda c: c.send(file=discord.File(io.BytesIO(b"x"), "x.txt")), 50013),
    ("embed_links", lambda c: c.send(embed=discord.Embed(title="x")), 50013),
    ("create_public_threads", lambda c: c.create_thread(name="x", type=discord.ChannelType.public_thread), 50013),
    ("read_message_history", lambda c: c.fetch_message(1), 50013),
])  # fmt: skip
async def test_permissions_are_enforced_per_channel(
    sim: DiscordSimulator, guild: Guild, support: Channel, denied: str, act: Any, code: int
) -> None:
    async with logged_in(sim) as bot:
        channel = await bot.text_channel(support.id)
        guild.deny(support, denied)
        with pytest.raises(discord.Forbidden) as refused:
            await act(channel)
        assert refused.value.code == code
        guild.allow(support, denied)
        await channel.send("now it works")


async def test_only_a_reader_of_the_history_may_reply(guild: Guild, support: Channel, alex: Person, api: Api) -> None:
    said = await alex.says(support, "hi")
    guild.deny(support, "read_message_history")
    body = {"content": "x", "message_reference": {"message_id": said.id}}
    assert (await api("POST", f"/channels/{support.id}/messages", body)).code == 160002
    assert (await api("GET", f"/channels/{support.id}/messages")).body == []


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/channels/1", 404, 10003), ("POST", "/channels/1/messages", 404, 10003),
    ("GET", "/channels/{support}/messages/1", 404, 10008), ("GET", "/guilds/1", 404, 10004),
    ("GET", "/guilds/{guild}/members/1", 404, 10013), ("GET", "/users/1", 404, 10013), ("GET", "/nowhere", 404, 0),
    ("PUT", "/applications/1/commands", 404, 10002),
])  # fmt: skip
async def test_what_is_not_there(
    api: Api, guild: Guild, support: Channel, method: str, path: str, status: int, code: int
) -> None:
    reply = await api(method, path.format(support=support.id, guild=guild.id))
    assert (reply.status, reply.code) == (status, code)


async def test_tokens(api: Api, sim: DiscordSimulator) -> None:
    for token in ("", "Bot wrong", f"Bearer {sim.token}", sim.token):
        reply = await api("GET", "/users/@me", token=token)
        assert (reply.status, reply.body) == (401, {"message": "401: Unauthorized", "code": 0})
    good = await api("GET", "/users/@me")
    assert good.headers["Content-Type"] == "application/json", "discord.py takes anything more for text"
    assert sim.rates.invalid == 4


async def test_an_app_edits_its_own_messages_only(
    sim: DiscordSimulator, guild: Guild, support: Channel, alex: Person
) -> None:
    said = await alex.says(support, "mine")
    async with logged_in(sim) as bot:
        channel = await bot.text_channel(support.id)
        message = channel.get_partial_message(int(said.id))
        with pytest.raises(discord.Forbidden) as edited:
            await message.edit(content="yours")
        assert edited.value.code == 50005
        with pytest.raises(discord.Forbidden):
            await message.delete()
        guild.allow(support, "manage_messages")
        await message.delete()


async def test_old_messages_have_few_edits(sim: DiscordSimulator, support: Channel) -> None:
    async with logged_in(sim) as bot:
        sent = await (await bot.text_channel(support.id)).send("x")
        for number in range(9):
            await sent.edit(content=str(number))
        sim.clock.advance(3_601)
        for number in range(3):
            await sent.edit(content=str(number))
        with pytest.raises(discord.HTTPException) as refused:
            await sent.edit(content="once more")
        assert (refused.value.status, refused.value.code) == (429, 30046)


async def test_direct_messages(sim: DiscordSimulator, guild: Guild, alex: Person) -> None:
    sam = guild.person("sam")
    sam.user.accepts_dms = False
    async with logged_in(sim) as bot:
        user = await bot.fetch_user(int(alex.id))
        await user.send("hello")
        assert alex.sees(alex.dm) == "Deskhand: hello"
        with pytest.raises(discord.Forbidden) as refused:
            await (await bot.fetch_user(int(sam.id))).send("hello")
        assert refused.value.code == 50007


async def test_without_the_portal_switch_history_has_no_words(
    alex: Person, support: Channel, sim: DiscordSimulator
) -> None:
    async with DiscordSimulator(AppConfig(intents=0), rates=False) as blind:
        channel, kim = blind.guild.channel("support"), blind.guild.person("kim")
        await kim.says(channel, "secret")
        await kim.says(channel, f"{blind.mention} for you")
        async with logged_in(blind) as bot:
            found = [m.content async for m in (await bot.text_channel(channel.id)).history()]
        assert found == [f"{blind.mention} for you", ""]


async def test_bots_and_webhooks_write_too(sim: DiscordSimulator, guild: Guild, support: Channel) -> None:
    async with online(sim, Bot(sim)) as bot:
        bot_says(guild, "alertbot", support, "disk full")
        webhook_says(guild, "ci", support, "build broken")
        await sim.until(lambda: len(bot.heard) == 2)
        one, two = bot.heard
        assert one.author.bot
        assert one.webhook_id is None
        assert two.webhook_id is not None
        assert not isinstance(two.author, discord.Member)


async def test_many_messages_at_once_keep_their_order(sim: DiscordSimulator, guild: Guild, support: Channel) -> None:
    async with online(sim, Bot(sim)) as bot:
        channel = bot.get_channel(int(support.id))
        assert isinstance(channel, discord.TextChannel)
        await asyncio.gather(*(channel.send(str(number)) for number in range(20)))
        ids = [int(each.id) for each in guild.from_bot()]
        assert ids == sorted(ids)
        await sim.until(lambda: len(bot.heard) == 20)
