"""Questions that call nobody are left to people first, where a trusted member takes them up."""

from __future__ import annotations

import pytest

from bot.adapters.chat.listening import Listening
from bot.adapters.discord.config import Rules
from tests.adapters.discord.asking import Gate, ToldClaims, answered, gated, heard, written
from tests.adapters.discord.office import Office, looking_up
from tests.simulators.discord import Channel, DiscordSimulator

YIELD = 45.0


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    support, forum = discord.guild.channel("support"), discord.guild.channel("help", kind="forum")
    rules = Rules(
        listening={support.id: Listening.ALL, forum.id: Listening.ALL},
        trusted=frozenset({discord.guild.role("agents").id}),
        yield_seconds=YIELD,
        patience=60.0,
    )
    return Office(discord, looking_up(9), rules, ToldClaims(discord))


@pytest.fixture
def gate(office: Office) -> Gate:
    """The wait for people lasts until the test lets it go."""
    return gated(office, YIELD)


async def asked(office: Office, gate: Gate) -> Channel:
    """Alex asks the channel, and the bot waits; the channel."""
    support = office.discord.guild.channel("support")
    before = gate.waiting
    await office.person("alex").says(support, "where is my order?")
    await office.discord.until(lambda: gate.waiting > before)
    return support


async def spared(office: Office) -> None:
    """Return when it is settled that a person answered."""
    await office.discord.until(lambda: [key for key in office.claims.claimed_keys if key.endswith("/spared")])


async def left(office: Office) -> None:
    """The question is settled without a word of ours."""
    await spared(office)
    await heard(office)
    assert written(office.discord) == []


async def test_nobody_answers_so_we_do(office: Office, gate: Gate) -> None:
    async with office.open():
        await asked(office, gate)
        assert written(office.discord) == []
        gate.go.set()
        await answered(office.discord)


async def test_a_trusted_member_answers_in_the_channel(office: Office, gate: Gate) -> None:
    sam = office.person("sam", "agents")
    async with office.open():
        support = await asked(office, gate)
        await sam.says(support, "it comes tomorrow")
        await left(office)


async def test_a_trusted_member_answers_by_a_reply(office: Office, gate: Gate) -> None:
    sam, alex = office.person("sam", "agents"), office.person("alex")
    async with office.open():
        support = await asked(office, gate)
        question = office.discord.guild.messages(support)[-1]
        assert question.author is alex.user
        await sam.says(support, "it comes tomorrow", reply_to=question, ping=False)
        await left(office)


async def test_a_trusted_member_answers_in_a_thread_at_the_question(office: Office, gate: Gate) -> None:
    sam = office.person("sam", "agents")
    async with office.open():
        support = await asked(office, gate)
        thread = await sam.opens_thread(office.discord.guild.messages(support)[-1], "Order")
        await sam.says(thread, "it comes tomorrow")
        await left(office)


async def test_a_trusted_member_answers_a_post_of_a_forum(office: Office, gate: Gate) -> None:
    sam, alex = office.person("sam", "agents"), office.person("alex")
    async with office.open():
        post = await alex.posts("help", "Order 7", "where is it?")
        await office.discord.until(lambda: gate.waiting)
        await sam.says(post, "it comes tomorrow")
        await left(office)


async def test_a_trusted_member_calls_the_asker_by_name(office: Office, gate: Gate) -> None:
    sam, alex = office.person("sam", "agents"), office.person("alex")
    async with office.open():
        support = await asked(office, gate)
        await sam.says(support, f"{alex.mention} it comes tomorrow")
        await left(office)


async def test_what_is_no_answer_takes_no_question_from_us(office: Office, gate: Gate) -> None:
    discord = office.discord
    sam, robin = office.person("sam", "agents"), office.person("robin")
    elsewhere = discord.guild.channel("random")
    async with office.open():
        support = await asked(office, gate)
        other = await robin.says(elsewhere, "who has lunch?")
        await sam.says(elsewhere, "I have", reply_to=other)
        await sam.says(support, f"{robin.mention} are you coming?")
        await sam.says(support, "no", reply_to=await robin.says(support, "anybody for a coffee?"))
        await heard(office)
        gate.go.set()
        await answered(discord)
        await spared(office)

    texts = [turn.text for turn in office.world.turns.turns.values()]
    assert sorted(texts) == ["are you there?", "where is my order?"]


async def test_the_word_of_somebody_who_is_not_trusted_changes_nothing(office: Office, gate: Gate) -> None:
    async with office.open():
        support = await asked(office, gate)
        await office.person("robin").says(support, "I would like to know that, too", reply_to=None)
        await office.discord.until(lambda: gate.waiting == 2)
        gate.go.set()
        await answered(office.discord, 2)


async def test_who_mentions_us_never_waits(office: Office, gate: Gate) -> None:
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await answered(office.discord)
        assert gate.waiting == 0


async def test_what_trusted_people_announce_is_no_question_and_their_mention_is(office: Office, gate: Gate) -> None:
    sam = office.person("sam", "agents")
    async with office.open():
        await sam.says("#support", "The shop is closed today.")
        await heard(office)
        assert gate.waiting == 0
        assert written(office.discord) == []
        await office.asks(sam, "where is my order?")
        await answered(office.discord)


async def test_a_question_that_a_person_took_is_offered_no_new_answer_when_it_changes(
    office: Office, gate: Gate
) -> None:
    alex, sam = office.person("alex"), office.person("sam", "agents")
    async with office.open():
        support = await asked(office, gate)
        question = office.discord.guild.messages(support)[-1]
        await sam.says(support, "it comes tomorrow")
        await left(office)
        await alex.edits(question, "where is my other order?")
        await heard(office)

    assert written(office.discord) == []


async def test_a_question_that_changes_while_it_waits_is_asked_as_it_reads_then(office: Office, gate: Gate) -> None:
    alex = office.person("alex")
    async with office.open():
        support = await asked(office, gate)
        await alex.edits(office.discord.guild.messages(support)[-1], "where is my other order?")
        await heard(office)
        gate.go.set()
        await answered(office.discord)

    texts = [turn.text for turn in office.world.turns.turns.values()]
    assert sorted(texts) == ["are you there?", "where is my other order?"]


async def test_what_was_asked_and_answered_while_we_were_away_stays_with_people(office: Office, gate: Gate) -> None:
    alex, sam = office.person("alex"), office.person("sam", "agents")
    async with office.open():
        await office.asks(alex, "where is my order?")
        await answered(office.discord)
    await alex.says("#support", "where is my second order?")
    await sam.says("#support", "it comes tomorrow")
    async with office.open():
        await spared(office)
        await heard(office)

    assert len(written(office.discord)) == 1
