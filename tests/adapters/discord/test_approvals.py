"""Confirm and Cancel on a card in a thread: by whom, how often, how late, and what becomes of the card."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import replace

import pytest

from bot.adapters.discord.standing import expired
from bot.domain.approval import ApprovalState
from bot.domain.run import Document
from tests.adapters.discord.office import Office, Slow, buttons_of
from tests.adapters.discord.pressing import (
    CHART,
    answers,
    booked,
    card,
    decisions,
    given,
    old_copy,
    reads,
    refusals,
    replayed,
    said,
    told,
)
from tests.simulators.discord import DiscordSimulator


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return booked(discord)


async def test_the_card_says_what_would_be_done_for_whom_and_until_when(
    office: Office, discord: DiscordSimulator
) -> None:
    alex = office.person("alex")
    discord.core.may_mention.add(alex.id)
    async with office.open():
        question = await card(office, alex)

    for words in ("Book", "POST api.example.com", "days: 2", "kind: holiday", alex.mention, "Asked: Book 2 days"):
        assert words in question.text
    (approval,) = office.world.approvals.approvals.values()
    assert f"Expires <t:{int(approval.expires_at.timestamp())}:R>" in question.text
    assert buttons_of(question) == ["Confirm", "Edit", "Cancel"]
    assert discord.alarms == []
    assert refusals(discord) == []


async def test_a_yes_runs_it_and_the_card_becomes_a_line_of_audit(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    discord.core.may_mention.add(alex.id)
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, "Confirm")
        await reads(discord, question, f"Confirmed by {alex.mention}")

    assert given(office) == [{"days": 2, "kind": "holiday"}]
    assert buttons_of(question) == []
    assert any("Working on it: Book" in text for text in question.versions)
    (reply,) = answers(discord)
    assert reply.channel == question.channel
    assert "Book ✓" in reply.text
    assert discord.alarms == []
    assert refusals(discord) == []


async def test_a_no_runs_nothing_and_says_so(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, "Cancel")
        await reads(discord, question, "Cancelled by")
        await said(discord, "Cancelled. Not run: Book.")

    assert office.world.ran == []
    assert buttons_of(question) == []


@pytest.mark.parametrize("button", ["Confirm", "Cancel", "Edit"])
async def test_somebody_else_gets_a_private_word_and_changes_nothing(
    office: Office, discord: DiscordSimulator, button: str
) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        question = await card(office, alex)
        before = copy.deepcopy(question.components)
        await sam.clicks(question, button)
        word = await told(discord, sam, "Only the person who asked")

    assert word.channel == question.channel
    assert question.components == before
    assert office.world.ran == []
    assert [each.state for each in office.world.approvals.approvals.values()] == [ApprovalState.OPEN]
    assert alex.private() == []
    assert sam.id not in discord.core.modals


async def test_of_a_hundred_presses_one_counts_and_each_is_answered(office: Office, discord: DiscordSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        question = await card(office, alex)
        stale = old_copy(question)
        who = [sam if n % 4 == 3 else alex for n in range(100)]
        presses = [each.clicks(stale, "Cancel" if n % 2 else "Confirm") for n, each in enumerate(who)]
        await asyncio.gather(*presses)
        await discord.until(lambda: len(alex.private()) == 74 and len(sam.private()) == 25)

    assert len(office.world.ran) <= 1
    assert decisions(office)[0] == "approval.asked"
    assert len(decisions(office)) == 2, "asked once and decided once"
    assert [m for m in discord.guild.from_bot() if m is not question and m.deleted is False][1:] == [], "one reply"
    assert buttons_of(question) == []
    assert question.text.startswith(("Confirmed", "✓ Confirmed", "Cancelled", "✗ Cancelled"))
    assert alex.warnings == sam.warnings == []


async def test_a_press_that_is_told_twice_is_one_press(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        discord.gateway.duplicate()
        pressed = await alex.clicks(question, "Confirm")
        await reads(discord, question, "Confirmed")
        replayed(discord, pressed)
    async with office.open():
        replayed(discord, pressed)
        await discord.until(lambda: refusals(discord).count((_CALLBACK, 40060)) == 3)

    assert office.world.ran == ["book"]
    assert len(answers(discord)) == 1
    assert alex.private() == []


_CALLBACK = "POST /interactions/{interaction}/{token}/callback"


async def test_a_card_outlives_the_bot_and_every_token(office: Office, discord: DiscordSimulator) -> None:
    alex, slow = office.person("alex"), Slow()
    office.world.executor.behaviours["book"] = slow
    async with office.open():
        question = await card(office, alex)
    discord.clock.advance(1_000)
    async with office.open():
        await alex.clicks(question, "Confirm")
        await slow.begun.wait()
        discord.clock.advance(1_000)
        slow.go.set()
        await reads(discord, question, "Confirmed")

    assert office.world.ran == ["book"]
    assert buttons_of(question) == []
    assert "done at last" in answers(discord)[0].text
    assert alex.warnings == []


async def test_a_press_is_finished_before_the_bot_goes(office: Office, discord: DiscordSimulator) -> None:
    alex, slow = office.person("alex"), Slow()
    office.world.executor.behaviours["book"] = slow
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, "Confirm")
        await slow.begun.wait()
        asyncio.get_running_loop().call_soon(slow.go.set)

    assert "Confirmed" in question.text
    assert len(answers(discord)) == 1


async def test_what_expired_is_told_and_loses_its_buttons(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        office.world.clock.forward(minutes=11)
        await alex.clicks(question, "Confirm")
        await told(discord, alex, "expired and nothing was run")
        await reads(discord, question, "expired")

    assert office.world.ran == []
    assert buttons_of(question) == []


async def test_what_changed_since_it_was_asked_is_not_called_confirmed(
    office: Office, discord: DiscordSimulator
) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        (approval,) = office.world.approvals.approvals.values()
        old = replace(approval.items[0], fingerprint="of an older definition")
        office.world.approvals.approvals[approval.id] = replace(approval, items=(old,))
        await alex.clicks(question, "Confirm")
        await reads(discord, question, "Not run: Book")

    assert office.world.ran == []
    assert "Confirmed" not in question.text


async def test_a_written_yes_settles_the_card_and_an_old_copy_of_it_changes_nothing(
    office: Office, discord: DiscordSimulator
) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        stale = old_copy(question)
        await alex.says(discord.core.channels[question.channel], "yes")
        await reads(discord, question, "Confirmed")
        await alex.clicks(stale, "Cancel")
        await told(discord, alex, "already confirmed")

    assert office.world.ran == ["book"]
    assert buttons_of(question) == []
    assert "Confirmed by" in question.text


async def test_a_card_whose_time_is_up_becomes_a_line(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await expired(office.desk)
        assert "Confirm" in buttons_of(question)
        office.world.clock.forward(minutes=11)
        await expired(office.desk)

    assert buttons_of(question) == []
    assert "Expired" in question.text
    assert office.world.ran == []


async def test_a_card_that_still_stands_is_settled_by_the_press_itself(
    office: Office, discord: DiscordSimulator
) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        (approval,) = office.world.approvals.approvals.values()
        declined = replace(approval, state=ApprovalState.DECLINED)
        office.world.approvals.approvals[approval.id] = declined
        await alex.clicks(question, "Confirm")
        await told(discord, alex, "already declined")
        await reads(discord, question, "already declined")

    assert buttons_of(question) == []
    assert office.world.ran == []


async def test_an_unknown_request_is_answered(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        office.world.approvals.approvals.clear()
        await alex.clicks(question, "Confirm")
        await told(discord, alex, "do not know this request")


async def test_files_of_a_confirmed_write_come_with_the_answer(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    office.world.executor.documents["book"] = (CHART, Document("days.csv", "text/csv", b"day\n1\n"))
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, "Confirm")
        await reads(discord, question, "Confirmed")

    (reply,) = answers(discord)
    assert [each.name for each in reply.attachments] == ["chart.png", "days.csv"]
    assert reply.channel == question.channel
