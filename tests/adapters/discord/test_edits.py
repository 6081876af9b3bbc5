"""Questions that are changed after they were asked."""

from __future__ import annotations

import pytest

from bot.adapters.discord.config import Rules
from tests.adapters.discord.asking import THREAD, ToldClaims, answered, heard, written
from tests.adapters.discord.office import Office, Slow, buttons_of, looking_up
from tests.simulators.discord import DiscordSimulator, Message, administration, faults

AGAIN = "Answer the new question"


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(9), claims=ToldClaims(discord))


def offers(discord: DiscordSimulator) -> list[Message]:
    return written(discord, "You changed your question")


def texts(office: Office) -> list[str]:
    return [turn.text for turn in office.world.turns.turns.values() if turn.speaker != "Referee"]


async def offered(discord: DiscordSimulator, count: int = 1) -> Message:
    await discord.until(lambda: len(offers(discord)) >= count)
    return offers(discord)[-1]


async def press(discord: DiscordSimulator, name: str, offer: Message) -> None:
    (label,) = buttons_of(offer)
    await discord.guild.person(name).clicks(offer, label)


async def test_before_its_turn_begins_the_new_text_counts(office: Office) -> None:
    """It waits for the turn before it."""
    discord, alex, slow = office.discord, office.person("alex"), Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    async with office.open():
        first = await office.asks(alex, "where is order 7?")
        await slow.begun.wait()
        await discord.guild.until(lambda g: g.threads())
        second = await alex.says(first.id, "and order 8?")
        key = f"discord/m/{first.id}/{second.id}"
        await discord.until(lambda: key in office.inbox.jobs)
        await alex.edits(second, "and order 9?")
        await discord.until(lambda: "order 9" in str(office.inbox.jobs[key].payload))
        slow.go.set()
        await answered(discord, 2, "done at last")
        administration.preview(discord.core, second, "A page")
        await heard(office)

    assert texts(office) == ["where is order 7?", "and order 9?"]
    assert offers(discord) == []


async def test_after_its_answer_the_asker_is_offered_a_new_one_once_for_each_change(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        asked = await office.asks(alex, "where is order 7?")
        await answered(discord)
        await alex.edits(asked, f"{discord.mention} where is order 8?")
        offer = await offered(discord)
        assert offer.channel == asked.id
        assert texts(office) == ["where is order 7?"], "nothing runs again by itself"
        for _ in range(2):
            await press(discord, "alex", offer)
        await answered(discord, 2)
        await alex.edits(asked, f"{discord.mention} where is order 9?")
        await press(discord, "alex", await offered(discord, 2))
        await answered(discord, 3)
        await heard(office)

    assert texts(office) == ["where is order 7?", "where is order 8?", "where is order 9?"]
    assert discord.alarms == []


async def test_somebody_else_s_press_is_refused(office: Office) -> None:
    discord, alex, sam = office.discord, office.person("alex"), office.person("sam")
    async with office.open():
        asked = await office.asks(alex, "where is order 7?")
        await answered(discord)
        await alex.edits(asked, f"{discord.mention} where is order 8?")
        await press(discord, "sam", await offered(discord))
        await discord.until(sam.private)

    assert "Only the person who asked" in sam.private()[0].text
    assert texts(office) == ["where is order 7?"]


async def test_a_preview_of_a_link_is_no_change(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        asked = await office.asks(alex, "see https://x.example")
        await answered(discord)
        administration.preview(discord.core, asked, "A page")
        await heard(office)
        await alex.edits(asked, f"{discord.mention} see https://y.example")
        await offered(discord)
        administration.preview(discord.core, asked, "Another page")
        await heard(office)

    assert len(offers(discord)) == 1


async def test_a_change_that_a_new_process_hears_of_is_offered_once(office: Office) -> None:
    """It knows nothing of the text before; every further update of the message looks like a change."""
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        asked = await office.asks(alex, "where is order 7?")
        await answered(discord)
    async with office.open():
        await alex.edits(asked, f"{discord.mention} where is order 8?")
        offer = await offered(discord)
        discord.clock.advance(600)  # no nonce lasts that long
        administration.preview(discord.core, asked, "A page")
        await heard(office)
    async with office.open():
        administration.preview(discord.core, asked, "Another page")
        await heard(office)
        await press(discord, "alex", offer)
        await answered(discord, 2)

    assert len(offers(discord)) == 1
    assert texts(office) == ["where is order 7?", "where is order 8?"]


async def test_where_no_thread_could_begin_the_offer_is_a_reply(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    discord.faults.next(THREAD, faults.refusal(403, 50013), times=3)
    async with office.open():
        asked = await office.asks(alex, "where is order 7?")
        await answered(discord)
        await alex.edits(asked, f"{discord.mention} where is order 8?")
        offer = await offered(discord)
        await press(discord, "alex", offer)
        await answered(discord, 2)

    assert offer.reference
    assert offer.reference["message_id"] == asked.id
    assert {message.channel for message in written(discord)} == {asked.channel}


async def test_in_direct_messages_and_in_a_thread_the_offer_is_where_the_question_is(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        direct = await alex.says(alex.dm, "where is order 7?")
        await answered(discord)
        first = await office.asks(alex, "where is order 7?")
        await answered(discord, 2)
        second = await alex.says(first.id, "and order 8?")
        await answered(discord, 3)
        await alex.edits(direct, "where is order 10?")
        assert (await offered(discord)).channel == alex.dm.id
        await alex.edits(second, "and order 11?")
        assert (await offered(discord, 2)).channel == first.id


async def test_what_was_not_for_us_is_not_for_us_when_it_is_changed(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        said = await alex.says("#support", "hello all")
        await alex.edits(said, "hello everybody")
        await heard(office)

    assert written(discord) == []


async def test_who_asked_again_is_known_by_role_although_the_message_does_not_tell(office: Office) -> None:
    discord = office.discord
    alex = office.person("alex", "agents")
    office.rules = Rules(roles=frozenset({discord.guild.role("agents").id}), patience=60.0)
    async with office.open():
        asked = await office.asks(alex, "where is order 7?")
        await answered(discord)
        await alex.edits(asked, f"{discord.mention} where is order 8?")
        await press(discord, "alex", await offered(discord))
        await answered(discord, 2)

    assert [given.asker.groups for given in office.world.executor.given] == ["agents"] * 2


async def test_a_changed_question_that_is_gone_is_answered_with_a_word(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        asked = await office.asks(alex, "where is order 7?")
        await answered(discord)
        await alex.edits(asked, f"{discord.mention} where is order 8?")
        offer = await offered(discord)
        await alex.deletes(asked)
        await press(discord, "alex", offer)
        await discord.until(alex.private)

    assert texts(office) == ["where is order 7?"]
