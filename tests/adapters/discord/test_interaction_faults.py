"""What Discord refuses, loses or takes away around a press: nothing runs twice, and the person is told if at all."""

from __future__ import annotations

import pytest

from tests.adapters.discord.office import Office, Slow, buttons_of
from tests.adapters.discord.pressing import (
    answers,
    booked,
    card,
    decisions,
    linked,
    private_card,
    reads,
    refusals,
    said,
    told,
)
from tests.adapters.discord.test_approvers import PAY
from tests.conversation.world import World
from tests.fakes import calls
from tests.simulators.discord import DiscordSimulator
from tests.simulators.discord.faults import HTML, LOST, RESET, Fault, broken, refusal

CALLBACK = "POST /interactions/*"


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return booked(discord)


NOT_ACKNOWLEDGED = [refusal(400, 40060), refusal(404, 10062), refusal(401, 50027), RESET, HTML, LOST]


@pytest.mark.parametrize("fault", NOT_ACKNOWLEDGED)
async def test_a_press_counts_however_its_acknowledgement_ended(
    office: Office, discord: DiscordSimulator, fault: Fault
) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        discord.faults.next(CALLBACK, fault)
        await alex.clicks(question, "Confirm", wait=False)
        await reads(discord, question, "Confirmed")
        discord.clock.advance(3)

    assert office.world.ran == ["book"]
    assert len(answers(discord)) == 1


@pytest.mark.parametrize("fault", [refusal(400, 40060).accepted(), LOST, HTML.accepted()])
async def test_who_was_acknowledged_all_the_same_is_told_privately(
    office: Office, discord: DiscordSimulator, fault: Fault
) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        question = await card(office, alex)
        discord.faults.next(CALLBACK, fault)
        await sam.clicks(question, "Confirm")
        await told(discord, sam, "Only the person who asked")

    assert discord.core.history(sam.dm.id) == []
    assert sam.warnings == []


async def test_an_error_after_the_acknowledgement_was_taken_is_no_failure(
    office: Office, discord: DiscordSimulator
) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        question = await card(office, alex)
        discord.faults.next(CALLBACK, broken(500).accepted())  # discord.py tries again, which is refused
        await sam.clicks(question, "Confirm")
        await told(discord, sam, "Only the person who asked")
        await alex.clicks(question, "Confirm")
        await reads(discord, question, "Confirmed")

    assert (f"{CALLBACK[:-1]}" + "{interaction}/{token}/callback", 40060) in refusals(discord)
    assert office.world.ran == ["book"]


async def test_who_pressed_too_late_for_discord_is_told_in_direct_messages(
    office: Office, discord: DiscordSimulator
) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    discord.faults.next(CALLBACK, refusal(404, 10062), times=2)
    async with office.open():
        question = await card(office, alex)
        await sam.clicks(question, "Confirm", wait=False)
        await said(discord, "Only the person who asked", sam.dm)
        discord.clock.advance(3)

    assert sam.private() == []
    assert office.world.ran == []


@pytest.mark.parametrize("fault", [refusal(401, 50027), refusal(404, 10015), RESET])
async def test_a_word_that_the_interaction_does_not_take_comes_in_direct_messages(
    office: Office, discord: DiscordSimulator, fault: Fault
) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        question = await card(office, alex)
        discord.faults.next("POST /webhooks/*", fault)
        await sam.clicks(question, "Confirm")
        await said(discord, "Only the person who asked", sam.dm)


async def test_who_can_be_told_in_no_way_disturbs_nobody(office: Office, discord: DiscordSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    sam.user.accepts_dms = False
    async with office.open():
        question = await card(office, alex)
        discord.faults.next("POST /webhooks/*", refusal(401, 50027))
        await sam.clicks(question, "Confirm")
        await discord.until(lambda: 50007 in [code for _, code in refusals(discord)])
        await alex.clicks(question, "Confirm")
        await reads(discord, question, "Confirmed")

    assert office.world.ran == ["book"]


# The card


async def test_a_card_deleted_under_the_press_leaves_one_line_of_audit(
    office: Office, discord: DiscordSimulator
) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        discord.core.remove(question)
        await alex.clicks(question, "Confirm")
        line = await said(discord, "Confirmed by")

    assert office.world.ran == ["book"]
    assert sorted(m.id for m in discord.guild.from_bot()) == sorted([line.id, answers(discord)[0].id])
    assert buttons_of(line) == []


async def test_a_card_too_old_to_be_changed_is_followed_by_one_line(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        discord.faults.next("PATCH /channels/*/messages/*", refusal(400, 30046))
        await alex.clicks(question, "Confirm")
        await said(discord, "Confirmed by")

    assert office.world.ran == ["book"]
    assert len([m for m in discord.guild.from_bot() if m is not question]) == 2


@pytest.mark.parametrize("fault", [refusal(403, 50013), refusal(404, 10003), RESET, refusal(400, 99999)])
async def test_a_card_that_cannot_be_changed_stops_nothing(
    office: Office, discord: DiscordSimulator, fault: Fault
) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        discord.faults.next("PATCH /channels/*/messages/*", fault)
        await alex.clicks(question, "Confirm")
        await said(discord, "Confirmed by")

    assert office.world.ran == ["book"]
    assert len(answers(discord)) == 1
    assert not [m for m in discord.guild.from_bot() if "Confirm" in buttons_of(m)]


async def test_a_private_card_that_is_gone_stops_nothing(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await private_card(office, alex)
        discord.core.remove(question)
        await alex.clicks(question, "Confirm")
        await told(discord, alex, "Book ✓")

    assert office.world.ran == ["book"]


async def test_a_thread_deleted_under_the_press_is_answered_in_direct_messages(
    office: Office, discord: DiscordSimulator
) -> None:
    alex, slow = office.person("alex"), Slow()
    office.world.executor.behaviours["book"] = slow
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, "Confirm")
        await slow.begun.wait()
        discord.core.channels[question.channel].deleted = True
        slow.go.set()
        await said(discord, "done at last", alex.dm)

    assert office.world.ran == ["book"]


async def test_a_bot_that_is_shut_out_during_the_run_answers_in_direct_messages(
    office: Office, discord: DiscordSimulator
) -> None:
    alex, slow = office.person("alex"), Slow()
    office.world.executor.behaviours["book"] = slow
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, "Confirm")
        await slow.begun.wait()
        discord.guild.deny("#support", "view_channel", "send_messages_in_threads")
        slow.go.set()
        await said(discord, "done at last", alex.dm)

    assert office.world.ran == ["book"]
    assert decisions(office) == ["approval.asked", "approval.confirmed"]


async def test_an_approver_decides_where_the_bot_is_shut_out_and_the_asker_gets_the_answer(
    discord: DiscordSimulator,
) -> None:
    office = Office(discord, World(PAY, plans=(calls(("pay", {})),)))
    alex, boss = office.person("alex"), office.person("boss")
    linked(office, boss)
    async with office.open():
        question = await card(office, alex)
        discord.guild.deny("#support", "view_channel")
        await boss.clicks(question, "Confirm")
        await said(discord, "Pay ✓", alex.dm)

    assert discord.core.history(boss.dm.id) == []


async def test_an_archived_thread_is_woken_for_the_line(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        thread = discord.core.channels[question.channel].thread
        assert thread
        thread.archived = True
        await alex.clicks(question, "Cancel")
        await reads(discord, question, "Cancelled by")

    assert office.world.ran == []
