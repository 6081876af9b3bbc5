"""Who else may say yes: people whom the action names, once their e-mail is proven. And cards that one person sees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.action import Effect, Safety
from tests.adapters.discord.office import Office, Slow, buttons_of
from tests.adapters.discord.pressing import (
    CHART,
    answers,
    booked,
    card,
    given,
    linked,
    opened,
    private_card,
    reads,
    refusals,
    told,
    whispered,
)
from tests.conversation.world import World
from tests.fakes import action, calls
from tests.simulators.discord import DiscordSimulator

PAY = replace(action("pay", effect=Effect.WRITE), safety=Safety(approvers=("boss@acme.example",)))


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    office = Office(discord, World(PAY, plans=(calls(("pay", {})),)))
    office.world.executor.documents["pay"] = (CHART,)
    return office


async def test_their_yes_is_answered_in_the_thread_with_the_askers_files(
    office: Office, discord: DiscordSimulator
) -> None:
    alex, boss = office.person("alex"), office.person("boss")
    linked(office, boss)
    linked(office, alex)
    async with office.open():
        question = await card(office, alex)
        assert "boss@acme.example may confirm it, too." in question.text
        await boss.clicks(question, "Confirm")
        await reads(discord, question, f"Confirmed by {boss.mention}")

    (answer,) = answers(discord)
    assert "Pay ✓" in answer.text
    assert answer.channel == question.channel
    assert [each.name for each in answer.attachments] == ["chart.png"]
    assert office.world.executor.given[0].asker.email == "alex@acme.example"


async def test_their_no_counts_and_nobody_elses(office: Office, discord: DiscordSimulator) -> None:
    alex, boss, sam = office.person("alex"), office.person("boss"), office.person("sam")
    linked(office, boss)
    linked(office, sam)
    async with office.open():
        question = await card(office, alex)
        await sam.clicks(question, "Confirm")
        await told(discord, sam, "Only the person who asked, or an approver")
        assert "Confirm" in buttons_of(question)
        await boss.clicks(question, "Cancel")
        await reads(discord, question, "Cancelled by")

    assert office.world.ran == []


async def test_an_approver_who_is_not_linked_is_nobody(office: Office, discord: DiscordSimulator) -> None:
    """The e-mail address that Discord itself has for somebody is never told to a bot."""
    alex = office.person("alex")
    boss = discord.guild.person("boss", email="boss@acme.example")
    async with office.open():
        question = await card(office, alex)
        await boss.clicks(question, "Confirm")
        await told(discord, boss, "Only the person who asked, or an approver")

    assert office.world.ran == []
    assert "Confirm" in buttons_of(question)


async def test_an_approver_does_not_edit(discord: DiscordSimulator) -> None:
    office = booked(discord)
    spec = office.world.catalogue.specs[0]
    office.world.catalogue.specs[0] = replace(spec, safety=Safety(approvers=("boss@acme.example",)))
    alex, boss = office.person("alex"), office.person("boss")
    linked(office, boss)
    async with office.open():
        question = await card(office, alex)
        await boss.clicks(question, "Edit")
        await told(discord, boss, "Only the person who asked can do this")

    assert boss.id not in discord.core.modals


# Cards that one person sees


async def test_a_private_card_is_decided_where_it_is(discord: DiscordSimulator) -> None:
    office = booked(discord)
    office.world.executor.documents["book"] = (CHART,)
    alex = office.person("alex")
    async with office.open():
        question = await private_card(office, alex)
        await alex.clicks(question, "Confirm")
        answer = await told(discord, alex, "Book ✓")
        await reads(discord, question, "Confirmed")

    assert buttons_of(question) == []
    assert "Share" in buttons_of(answer)
    assert [each.name for each in answer.attachments] == ["chart.png"]
    assert discord.guild.from_bot() == []
    assert refusals(discord) == []


async def test_a_private_card_is_edited_where_it_is(discord: DiscordSimulator) -> None:
    office = booked(discord)
    alex = office.person("alex")
    async with office.open():
        question = await private_card(office, alex)
        await alex.clicks(question, "Edit")
        await opened(discord, alex)
        await alex.submits(alex.modal, {"0:days": "3"})
        changed = await whispered(discord, alex, "Confirm", besides=question)
        assert "Replaced by a changed request: Book" in question.text
        await alex.clicks(changed, "Confirm")
        await told(discord, alex, "Book ✓")

    assert given(office) == [{"days": 3, "kind": "holiday"}]
    assert buttons_of(question) == buttons_of(changed) == []
    assert discord.guild.from_bot() == []
    assert refusals(discord) == []


async def test_a_private_card_outlives_the_bot(discord: DiscordSimulator) -> None:
    office = booked(discord)
    alex = office.person("alex")
    async with office.open():
        question = await private_card(office, alex)
    discord.clock.advance(1_000)
    async with office.open():
        await alex.clicks(question, "Confirm")
        await told(discord, alex, "Book ✓")
        await reads(discord, question, "Confirmed")

    assert office.world.ran == ["book"]


async def test_what_takes_longer_than_the_token_comes_in_direct_messages(discord: DiscordSimulator) -> None:
    office, slow = booked(discord), Slow()
    office.world.executor.behaviours["book"] = slow
    alex = office.person("alex")
    async with office.open():
        question = await private_card(office, alex)
        await alex.clicks(question, "Confirm")
        await slow.begun.wait()
        discord.clock.advance(1_000)
        slow.go.set()
        await discord.until(lambda: "done at last" in alex.sees(alex.dm))

    assert office.world.ran == ["book"]
    assert discord.guild.from_bot() == []


async def test_a_private_card_that_expired_is_told_and_loses_its_buttons(discord: DiscordSimulator) -> None:
    office = booked(discord)
    alex = office.person("alex")
    async with office.open():
        question = await private_card(office, alex)
        office.world.clock.forward(minutes=11)
        await alex.clicks(question, "Confirm")
        await reads(discord, question, "has expired")

    assert buttons_of(question) == []
    assert office.world.ran == []
