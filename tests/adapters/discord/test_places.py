"""Where questions may be asked: kinds of channels, channels without threads, lists of places, roles."""

from __future__ import annotations

import pytest

from bot.adapters.chat.listening import Listening
from bot.adapters.discord.config import Rules
from tests.adapters.discord.asking import THREAD, answered, category, in_guild, silence, written
from tests.adapters.discord.office import Office, looking_up
from tests.simulators.discord import DiscordSimulator, faults


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(9))


def patient(**given: object) -> Rules:
    return Rules(patience=60.0, **given)  # type: ignore[arg-type]


async def test_an_announcement_channel_has_threads_too(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    discord.guild.channel("news", kind="announcement")
    async with office.open():
        said = await office.asks(alex, "where is my order?", "#news")
        (answer,) = await answered(discord)

    assert answer.channel == said.id
    assert [thread.name for thread in discord.guild.threads("news")] == ["where is my order?"]


@pytest.mark.parametrize("message_first", [False, True])
async def test_a_forum_post_is_asked_with_its_title_where_the_forum_is_listed(
    office: Office, message_first: bool
) -> None:
    discord, alex = office.discord, office.person("alex")
    forum = discord.guild.channel("help", kind="forum")
    office.rules = patient(listening={forum.id: Listening.ALL})
    async with office.open():
        post = await alex.posts(forum, "Order 7", "It has not come.", message_first=message_first)
        (answer,) = await answered(discord)
        await alex.says(post, "any news?")
        await answered(discord, 2)

    assert answer.channel == post.id
    texts = [turn.text for turn in office.world.turns.turns.values()]
    assert texts == ["Order 7\n\nIt has not come.", "any news?"]


@pytest.mark.parametrize("message_first", [False, True])
async def test_a_forum_that_is_not_listed_is_answered_when_we_are_mentioned(
    office: Office, message_first: bool
) -> None:
    discord, alex = office.discord, office.person("alex")
    forum = discord.guild.channel("help", kind="forum")
    async with silence(office):
        await alex.posts(forum, "Order 7", "It has not come.", message_first=message_first)
    async with office.open():
        post = await alex.posts(forum, "Order 8", f"{discord.mention} where is it?", message_first=message_first)
        (answer,) = await answered(discord)

    assert answer.channel == post.id
    assert [turn.text for turn in office.world.turns.turns.values()][-1] == "Order 8\n\nwhere is it?"


@pytest.mark.parametrize("refusal", [(403, 50013), (400, 160006), (400, 160005), (400, 50024)])
async def test_where_no_thread_can_begin_the_answer_is_a_reply_and_replies_go_on(
    office: Office, refusal: tuple[int, int]
) -> None:
    discord, alex, sam = office.discord, office.person("alex"), office.person("sam")
    support = discord.guild.channel("support")
    discord.faults.next(THREAD, faults.refusal(*refusal), times=9)
    async with office.open():
        said = await office.asks(alex, "where is my order?")
        (answer,) = await answered(discord)
        await sam.says(support, "and mine?", reply_to=answer)
        second = (await answered(discord, 2))[1]
        await alex.says(support, "and the third?", reply_to=second, ping=False)
        found = await answered(discord, 3)

    assert {message.channel for message in found} == {support.id}
    assert found[0].reference
    assert found[0].reference["message_id"] == said.id
    assert alex.calls() == sam.calls() == [], "a reply calls nobody"
    turns = list(office.world.turns.turns.values())
    assert len(turns) == 3
    assert {turn.conversation.rpartition("/")[2] for turn in turns} == {turns[0].conversation.rpartition("/")[2]}
    assert turns[0].conversation.endswith(said.id)


async def test_a_thread_that_another_began_first_is_used(office: Office) -> None:
    """160004: somebody, or another bot, was quicker."""
    discord, alex, sam = office.discord, office.person("alex"), office.person("sam")
    discord.gateway.hold()
    said = await office.asks(alex, "where is my order?")
    await sam.opens_thread(said, "I was quicker")
    async with office.open():
        discord.gateway.release()
        (answer,) = await answered(discord)

    assert answer.channel == said.id
    assert [thread.name for thread in discord.guild.threads("support")] == ["I was quicker"]
    assert discord.called(THREAD)[0].code == 160004


async def test_a_question_that_is_gone_before_the_answer_is_answered_all_the_same(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    discord.gateway.hold()
    said = await office.asks(alex, "where is my order?")
    await alex.deletes(said)
    async with office.open():
        discord.gateway.release()
        (answer,) = await answered(discord)

    assert answer.channel == discord.guild.channel("support").id


async def test_a_channel_may_be_listened_to_whole_and_a_thread_may_differ(office: Office) -> None:
    discord, alex, sam = office.discord, office.person("alex"), office.person("sam")
    support = discord.guild.channel("support")
    office.rules = patient(listening={support.id: Listening.ALL})
    async with office.open():
        said = await alex.says(support, "where is my order?")
        (answer,) = await answered(discord)
        assert answer.channel == said.id
    async with silence(office):
        await alex.says(support, f"{sam.mention} is that yours?")
        await sam.says(support, "no", reply_to=said)
        aside = await sam.opens_thread(support, "An aside")
        await sam.says(aside, "nothing to see here")


async def test_the_mode_of_a_category_holds_for_its_channels(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    support, sales = discord.guild.channel("support"), discord.guild.channel("sales")
    questions = category(discord, support, sales)
    office.rules = patient(listening={questions: Listening.ALL, sales.id: Listening.MENTIONS})
    async with office.open():
        await alex.says(support, "where is my order?")
        await answered(discord)
    async with silence(office):
        await alex.says(sales, "where is my order?")


@pytest.mark.parametrize("listed", ["channel", "category", "guild", "forum"])
async def test_only_listed_places_are_answered_and_threads_belong_to_their_channel(office: Office, listed: str) -> None:
    discord, alex = office.discord, office.person("alex")
    support, random = discord.guild.channel("support"), discord.guild.channel("random")
    forum = discord.guild.channel("help", kind="forum")
    here = support if listed != "forum" else await alex.posts(forum, "A post", "for people")
    ids = {"channel": support.id, "category": category(discord, support), "guild": discord.guild.id, "forum": forum.id}
    office.rules = patient(allowed=frozenset({ids[listed]}))
    async with office.open():
        said = await office.asks(alex, "where is my order?", here)
        await answered(discord)
        await alex.says(here if listed == "forum" else said.id, "and the other one?")
        await answered(discord, 2)
    if listed == "guild":
        return
    async with silence(office):
        await office.asks(alex, "where is my order?", random)
        aside = await alex.opens_thread(random, "An aside")
        await office.asks(alex, "where is my order?", aside)


async def test_direct_messages_are_answered_whatever_is_listed(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    office.rules = patient(allowed=frozenset({"1"}), roles=frozenset({"2"}))
    async with office.open():
        await alex.says(alex.dm, "where is my order?")
        await answered(discord)

    assert in_guild(discord) == []


async def test_a_role_goes_by_its_id_and_not_by_its_name(office: Office) -> None:
    discord = office.discord
    agents = discord.guild.role("agents")
    alex, sam = office.person("alex", "agents"), office.person("sam")
    twin = discord.guild.role("agents ")
    twin.name = "agents"
    discord.guild.members[sam.id].roles.append(twin.id)
    office.rules = patient(roles=frozenset({agents.id}))
    async with silence(office):
        await office.asks(sam, "where is my order?")
    async with office.open():
        await office.asks(alex, "where is my order?")
        await answered(discord)

    assert len(written(discord)) == 1
    turns = [turn for turn in office.world.turns.turns.values() if turn.speaker != "Referee"]
    assert [turn.speaker for turn in turns] == ["Alex"]


async def test_another_guild_has_conversations_of_its_own(office: Office) -> None:
    discord = office.discord
    globex = discord.add_guild("Globex")
    globex.channel("support")
    alex, kim = office.person("alex"), globex.person("kim")
    async with office.open():
        await office.asks(alex, "where is my order?")
        await answered(discord)
        await kim.says(globex.channel("support"), f"{discord.mention} where is mine?")
        await answered(discord, 2)

    guilds = {turn.conversation.split("/")[0].rpartition(":")[2] for turn in office.world.turns.turns.values()}
    assert guilds == {discord.guild.id, globex.id}


async def test_a_thread_that_we_cannot_place_is_left_alone(office: Office) -> None:
    """Its message comes before itself and Discord does not tell more: nobody knows whether it is listed."""
    discord, alex = office.discord, office.person("alex")
    office.rules = patient(allowed=frozenset({discord.guild.id}))
    forum = discord.guild.channel("help", kind="forum")
    async with silence(office):
        discord.faults.next("GET /channels/{channel}", faults.refusal(403, 50001))
        discord.gateway.hold()
        await alex.posts(forum, "Order 7", f"{discord.mention} where is it?", message_first=True)
        discord.gateway.release(lambda events: [each for each in events if each.name == "MESSAGE_CREATE"])

    assert [call.code for call in discord.called("GET /channels/{channel}")] == [50001]
