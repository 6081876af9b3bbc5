"""Who is answered, and where: the real discord.py on a simulated Discord."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.adapters.discord.config import DiscordConfig
from bot.domain.message import ConversationId, Platform
from tests.adapters.discord.asking import ToldClaims, answered, heard, in_dm, in_guild, silence, written
from tests.adapters.discord.office import Office, Slow, looking_up
from tests.simulators.discord import DiscordSimulator, administration


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(9), claims=ToldClaims(discord))


async def test_a_mention_is_answered_in_a_thread_named_from_the_question(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    alex = office.person("alex")
    async with office.open():
        said = await office.asks(alex, "where is my order?")
        (answer,) = await discord.guild.until(lambda g: g.from_bot())

    (thread,) = discord.guild.threads("support")
    assert (thread.id, thread.name) == (said.id, "where is my order?")
    assert answer.channel == thread.id
    assert "Order lookup: shipped" in answer.text
    assert "Used: Order lookup ✓" in answer.text
    assert discord.alarms == []


async def test_a_direct_message_is_answered_without_a_mention_or_a_thread(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        await alex.says(alex.dm, "where is my order?")
        (answer,) = await answered(discord)

    assert answer.channel == alex.dm.id
    assert discord.guild.threads() == []
    (turn,) = office.world.turns.turns.values()
    assert turn.conversation == str(ConversationId(Platform.DISCORD, f"@me/{alex.dm.id}"))


async def test_a_thread_that_we_answered_in_is_followed_with_one_memory_for_all_speakers(office: Office) -> None:
    discord, alex, sam = office.discord, office.person("alex"), office.person("sam")
    async with office.open():
        first = await office.asks(alex, "where is my order?")
        await answered(discord)
        await sam.says(first.id, "and mine?")
        await answered(discord, 2)
        await alex.says(first.id, "thanks, and the third one?")
        found = await answered(discord, 3)

    assert {message.channel for message in found} == {first.id}
    turns = list(office.world.turns.turns.values())
    assert [turn.speaker for turn in turns] == ["Alex", "Sam", "Alex"]
    assert len({turn.conversation for turn in turns}) == 1
    context = office.world.model.asked[2][0]
    assert [turn.speaker for turn in context.turns] == ["Alex", "Sam"]


async def test_a_thread_is_followed_before_its_first_answer_is_there(office: Office) -> None:
    discord, alex, sam, slow = office.discord, office.person("alex"), office.person("sam"), Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    thread = await sam.opens_thread("#support", "Our own talk")
    async with office.open():
        first = await office.asks(alex, "where is my order?")
        await office.asks(alex, "where is my order?", thread)
        await discord.until(lambda: first.thread)
        await slow.begun.wait()
        await sam.says(first.id, "and mine?")
        await sam.says(thread, "and mine?")
        await discord.until(lambda: len(office.inbox.jobs) == 4)
        slow.go.set()
        await answered(discord, 4, "done at last")

    assert Counter(message.channel for message in written(discord)) == {first.id: 2, thread.id: 2}


async def test_what_is_addressed_to_others_in_our_thread_is_left_to_them(office: Office) -> None:
    discord, alex, sam = office.discord, office.person("alex"), office.person("sam")
    async with office.open():
        first = await office.asks(alex, "where is my order?")
        await answered(discord)
        said = await sam.says(first.id, f"{alex.mention} which one do you mean?")
        await alex.says(first.id, "the blue one", reply_to=said)
        await alex.says(first.id, "the red one", reply_to=said, ping=False)
        await heard(office)

    assert len(in_guild(discord)) == 1


async def test_a_reply_to_ourselves_or_to_us_goes_on_in_the_thread(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        first = await office.asks(alex, "where is my order?")
        (answer,) = await answered(discord)
        await alex.says(first.id, "that cannot be", reply_to=answer, ping=False)
        await answered(discord, 2)
        said = await alex.says(first.id, "really?")
        await answered(discord, 3)
        await alex.says(first.id, "I mean it", reply_to=said)
        await answered(discord, 4)

    assert len(in_guild(discord)) == 4


async def test_who_calls_us_and_others_is_answered(office: Office) -> None:
    discord, alex, sam = office.discord, office.person("alex"), office.person("sam")
    async with office.open():
        await alex.says("#support", f"{discord.mention} and {sam.mention}: where is my order?")
        await answered(discord)

    (turn,) = office.world.turns.turns.values()
    assert turn.text == "and @Sam: where is my order?"


async def test_threads_of_others_are_entered_only_when_we_are_called(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    thread = await alex.opens_thread("#support", "Our own talk")
    async with silence(office):
        await alex.says(thread, "what do you think?")
    async with office.open():
        await office.asks(alex, "where is my order?", thread)
        await answered(discord)
        await alex.says(thread, "and the other one?")
        found = await answered(discord, 2)

    assert {message.channel for message in found} == {thread.id}


@pytest.mark.parametrize("text", ["does anybody know?", "@everyone where is my order?", "@here help"])
async def test_what_calls_nobody_or_everybody_is_not_for_us(office: Office, text: str) -> None:
    alex = office.person("alex")
    async with silence(office):
        await alex.says("#support", text)


async def test_a_role_is_not_us_even_if_it_is_our_own(office: Office) -> None:
    alex, guild = office.person("alex"), office.discord.guild
    agents = guild.role("agents", mentionable=True)
    assert guild.bot_role
    async with silence(office):
        await alex.says("#support", f"{agents.mention} where is my order?")
        await alex.says("#support", f"{guild.bot_role.mention} where is my order?")


async def test_bots_webhooks_and_notices_are_not_answered(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    call = f"{discord.mention} where is my order?"
    async with silence(office):
        administration.bot_says(discord.guild, "statusbot", "support", call)
        administration.webhook_says(discord.guild, "hook", "support", call)
        administration.joins(discord.guild, alex.user, "support")
        await alex.opens_thread("#support", "A notice stands in the channel")
        said = await alex.says("#support", "a thread begins here")
        await alex.opens_thread(said, "And a notice stands in it")


async def test_our_own_messages_are_not_heard(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        await office.asks(alex, "where is my order?")
        await answered(discord)
        await heard(office)

    assert len(in_guild(discord)) == 1
    assert len(office.world.turns.turns) == 2


async def test_mentions_of_a_question_are_read_as_names(office: Office) -> None:
    discord, alex, sam = office.discord, office.person("alex"), office.person("sam")
    agents = discord.guild.role("agents", mentionable=True)
    support = discord.guild.channel("support")
    bang = f"<@!{discord.core.bot.id}>"
    async with office.open():
        await alex.says(
            support, f"{bang}: ask {sam.mention} of {agents.mention} in {support.mention} <:wave:123456> <a:spin:5>"
        )
        await answered(discord)

    (turn,) = office.world.turns.turns.values()
    assert turn.text == "ask @Sam of @agents in #support :wave: :spin:"


async def test_a_mention_without_a_word_is_no_question(office: Office) -> None:
    alex = office.person("alex")
    async with silence(office):
        await alex.says("#support", office.discord.mention)


async def test_without_the_intent_mentions_direct_messages_and_replies_still_work(discord: DiscordSimulator) -> None:
    discord.core.config = type(discord.core.config)(intents=0)
    office = Office(discord, looking_up(9), config=DiscordConfig(message_content=False))
    alex = office.person("alex")
    async with office.open():
        first = await office.asks(alex, "where is my order?")
        (answer,) = await answered(discord)
        await alex.says(alex.dm, "where is my order?")
        await answered(discord, 2)
        await alex.says(first.id, "and the other one?", reply_to=answer)
        await answered(discord, 3)
        await alex.says(first.id, "this comes without its words")
        await heard(office)

    assert len(in_guild(discord)) == 2
    assert len(in_dm(discord, alex)) == 1


async def test_a_message_that_comes_twice_is_answered_once(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        discord.gateway.duplicate(3)
        await office.asks(alex, "where is my order?")
        await alex.says(alex.dm, "where is my order?")
        await answered(discord, 2)
        await heard(office)

    assert len(written(discord)) == 2
    assert len(office.world.ran) == 3, "the referee's too"
