"""Posts that nobody asked for: where they go, once, and how a reply to them goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.adapters.discord.poster import DiscordPoster
from bot.adapters.discord.service import open_hands
from bot.domain.message import Platform
from bot.domain.post import Address
from bot.errors import PostRefused, PostUnreachable
from bot.ports import Posting, PromptDispatcher
from tests.adapters.discord.asking import POST, ToldClaims, answered, hurrying, written
from tests.adapters.discord.keeping import Idle
from tests.adapters.discord.office import Office, looking_up
from tests.adapters.discord.pressing import CHART
from tests.simulators.discord import DiscordSimulator, administration, faults


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    office = Office(discord, looking_up(9), claims=ToldClaims(discord))
    hurrying(office)
    return office


@pytest.fixture
async def poster(office: Office) -> AsyncIterator[DiscordPoster]:
    idle: PromptDispatcher = Idle()
    async with (
        aiohttp.ClientSession() as session,
        open_hands(
            office.reaching(), office.rules, office.needs(session, idle), session, sleep=office.sleep
        ) as desk,
    ):  # fmt: skip
        yield DiscordPoster(desk.outbox)


def to(channel: str, text: str = "**3** breaches", *, again: bool = False, key: str = "digest/1") -> Posting:
    return Posting(key, Address(Platform.DISCORD, channel), text, again=again)


async def test_a_post_is_made_once_and_a_reply_to_it_is_in_its_conversation(
    office: Office, poster: DiscordPoster
) -> None:
    discord, alex = office.discord, office.person("alex")
    support = discord.guild.channel("support")
    posted = await poster.post(to(support.id))
    discord.clock.advance(900)
    assert await poster.post(to(support.id, again=True)) == posted
    (post,) = written(discord)
    assert posted.link == f"https://discord.com/channels/{discord.guild.id}/{support.id}/{post.id}"
    async with office.open():
        await alex.says(support, "which ones?", reply_to=post)
        await answered(discord)

    (turn,) = office.world.turns.turns.values()
    assert turn.conversation == str(posted.conversation)


async def test_the_parts_of_a_long_post_that_are_missing_are_posted(office: Office, poster: DiscordPoster) -> None:
    discord = office.discord
    support = discord.guild.channel("support")
    text = "\n\n".join(f"Line {number} " + "word " * 60 for number in range(30))
    await poster.post(to(support.id, text))
    before = [message.text for message in written(discord)]
    written(discord)[-1].deleted = True
    discord.clock.advance(900)
    await poster.post(to(support.id, text, again=True))

    assert len(before) > 1
    assert [message.text for message in written(discord)] == before
    assert all(message.reference for message in written(discord)[1:])


async def test_posts_go_to_threads_and_people_with_files(office: Office, poster: DiscordPoster) -> None:
    discord, alex = office.discord, office.person("alex")
    thread = await alex.opens_thread("#support", "Numbers")
    await poster.post(Posting("a", Address(Platform.DISCORD, "1", thread.id), "One", (CHART,)))
    posted = await poster.post(Posting("b", Address(Platform.DISCORD, alex.id, person=True), "Two"))

    one, two = written(discord)
    assert (one.channel, two.channel) == (thread.id, alex.dm.id)
    assert [each.name for each in one.attachments] == ["chart.png"]
    assert posted.conversation.channel == f"@me/{alex.dm.id}"


async def test_what_discord_refuses_says_what_to_do_about_it(office: Office, poster: DiscordPoster) -> None:
    discord, alex = office.discord, office.person("alex")
    forum, hidden = discord.guild.channel("help", kind="forum"), discord.guild.channel("hidden")
    silent, gone = discord.guild.channel("silent"), discord.guild.channel("gone")
    discord.guild.deny(hidden, "view_channel")
    discord.guild.deny(silent, "send_messages")
    administration.delete_channel(discord.core, gone)
    alex.user.accepts_dms = False
    wanted = {forum.id: "thread in it", hidden.id: "View Channel", silent.id: "Send Messages", gone.id: "invite me"}
    for channel, mend in wanted.items():
        with pytest.raises(PostRefused, match=mend):
            await poster.post(to(channel))
    with pytest.raises(PostRefused, match="privacy settings"):
        await poster.post(Posting("b", Address(Platform.DISCORD, alex.id, person=True), "Two"))

    assert written(discord) == []


async def test_while_discord_is_away_another_try_may_help(office: Office, poster: DiscordPoster) -> None:
    discord = office.discord
    support = discord.guild.channel("support")
    discord.faults.next(POST, faults.banned(), times=9)
    with pytest.raises(PostUnreachable):
        await poster.post(to(support.id))
    discord.faults.clear()
    await poster.post(to(support.id, again=True))

    assert len(written(discord)) == 1


async def test_places_are_read_as_people_write_them(office: Office, poster: DiscordPoster) -> None:
    discord, alex = office.discord, office.person("alex")
    support, thread = discord.guild.channel("support"), await alex.opens_thread("#support", "Numbers")
    link = f"https://discord.com/channels/{discord.guild.id}"
    here = Address(Platform.DISCORD, support.id)
    assert await poster.read_address(support.id) == here
    assert await poster.read_address(f"<#{support.id}>") == here
    assert await poster.read_address("#support") == here
    assert await poster.read_address(f"#support in {discord.guild.name}") == here
    assert await poster.read_address(f"{link}/{thread.id}") == Address(Platform.DISCORD, support.id, thread.id)
    assert await poster.read_address(f"<@{alex.id}>") == Address(Platform.DISCORD, alex.id, person=True)
    for wrong, mend in {"support": "link or id", "#nowhere": "no channel", "#support in Nowhere": "no server"}.items():
        with pytest.raises(PostRefused, match=mend):
            await poster.read_address(wrong)
