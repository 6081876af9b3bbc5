"""“Ask about this”: what somebody wrote, in a form that outlives the bot."""

from __future__ import annotations

import pytest

from bot.adapters.discord.about import NAME
from tests.adapters.discord.asking import hurrying
from tests.adapters.discord.office import BOOK, Office, booking, buttons_of, looking_up
from tests.adapters.discord.pressing import opened, refusals, replayed, said, told, whispered
from tests.conversation.world import World
from tests.simulators.discord import DiscordSimulator, Message, Person
from tests.simulators.discord.faults import refusal


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(2))


async def asks(office: Office, person: Person, message: Message, question: str = "Is it late?") -> None:
    """Use the entry and fill in its form."""
    await person.uses_message_command(NAME, message)
    await opened(office.discord, person)
    await person.submits(person.modal, {"question": question})


@pytest.mark.parametrize("direct", [False, True])
async def test_the_asker_alone_is_answered_with_the_message_in_mind(
    office: Office, discord: DiscordSimulator, direct: bool
) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        where, who = (alex.dm, alex) if direct else ("#support", sam)
        message = await who.says(where, "Order 12345 never came\nand I am cross")
        await asks(office, alex, message)
        answer = await told(discord, alex, "Order lookup ✓")

    assert answer is alex.private()[0]
    assert "Share" in buttons_of(answer)
    name = "Alex" if direct else "Sam"
    text = f"Is it late?\n\nThis is about a message:\n> {name}: Order 12345 never came\n> and I am cross"
    assert text in [context.text for context, _ in office.world.model.asked]
    assert alex.warnings == []
    assert refusals(discord) == []


async def test_an_answer_of_ours_can_be_asked_about(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        await office.asks(alex, "where is my order?")
        await asks(office, alex, await said(discord, "Order lookup: shipped"))
        await told(discord, alex, "Order lookup ✓")

    assert "> Deskhand: Order lookup: shipped" in office.world.model.asked[1][0].text


async def test_a_write_that_comes_of_it_is_confirmed(discord: DiscordSimulator) -> None:
    office = Office(discord, World(BOOK, plans=(booking(),)))
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await asks(office, alex, await sam.says("#support", "2 days"), "Book a holiday of that")
        card = await whispered(discord, alex, "Confirm")
        await alex.clicks(card, "Confirm")
        await told(discord, alex, "Book ✓")

    assert office.world.ran == ["book"]


async def test_its_form_outlives_the_bot_and_counts_once(office: Office, discord: DiscordSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        message = await sam.says("#support", "Order 12345 never came")
        used = await alex.uses_message_command(NAME, message)
        await opened(discord, alex)
    async with office.open():
        await sam.deletes(message)
        submitted = await alex.submits(alex.modal, {"question": "Is it late?"})
        await told(discord, alex, "Order lookup ✓")
        replayed(discord, used)
        replayed(discord, submitted)
        await discord.until(lambda: [code for _, code in refusals(discord)] == [40060])

    assert office.world.ran == ["order-lookup"]
    assert len(alex.private()) == 1


async def test_a_long_message_is_cut_to_what_a_form_takes(office: Office, discord: DiscordSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await asks(office, alex, await sam.says("#support", "😀" * 1_990))
        await told(discord, alex, "Order lookup ✓")

    assert "😀😀😀" in office.world.model.asked[0][0].text
    assert refusals(discord) == []


async def test_a_message_without_words_is_told(office: Office, discord: DiscordSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.uses_message_command(NAME, await sam.says("#support", "", files={"a.png": b"png"}))
        await told(discord, alex, "no text that I could read")

    assert alex.id not in discord.core.modals


@pytest.mark.parametrize("code", [10062, 50035])
async def test_a_form_that_discord_does_not_open_is_told(office: Office, discord: DiscordSimulator, code: int) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        discord.faults.next("POST /interactions/*", refusal(400, code))
        await alex.uses_message_command(NAME, await sam.says("#support", "Order 12345"))
        await told(discord, alex, "too little time")


async def test_what_goes_wrong_is_told_in_the_place_of_the_answer(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    alex, sam = office.person("alex"), office.person("sam")

    async def broken(*_: object) -> None:
        raise RuntimeError("the inside")

    hurrying(office)
    office.world.turns.begin = broken  # type: ignore[method-assign, assignment]
    async with office.open():
        await asks(office, alex, await sam.says("#support", "Order 12345"))
        await told(discord, alex, "Something went wrong on my side")

    assert not [m for m in alex.private() if m.loading]
    assert "the inside" not in discord.core.picture()
