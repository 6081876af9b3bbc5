"""Somebody whom the action names says yes on the asker's card: it runs as the asker's, and the thread sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.slack.rendering.cards.approval import CANCEL, CONFIRM
from bot.domain.action import Effect, Safety
from bot.domain.run import Document
from tests.adapters.slack.office import Office, buttons_of, card, said
from tests.conversation.world import World
from tests.fakes import action, calls
from tests.simulators.slack import SlackSimulator

PAY = replace(action("pay", effect=Effect.WRITE), safety=Safety(approvers=("boss@acme.example",)))


@pytest.fixture
def office(slack: SlackSimulator) -> Office:
    office = Office(slack, World(PAY, plans=(calls(("pay", {})),)))
    office.world.executor.documents["pay"] = (Document("receipt.png", "image/png", b"png"),)
    return office


async def test_the_card_names_them_and_their_yes_is_answered_in_the_thread(office: Office) -> None:
    alex, boss = office.person("alex"), office.person("boss")
    async with office.open():
        question = await card(office, alex)
        await boss.clicks(question, CONFIRM)
        await office.slack.until(lambda: any(message.files for message in office.slack.workspace.from_bot()))

    (line, answer, file) = office.slack.workspace.from_bot("#support")
    assert "boss@acme.example may confirm it, too" not in said(line), "the line tells what was decided"
    assert f"✓ Confirmed by <@{boss.user.id}>" in said(line)
    assert "Pay ✓" in said(answer)
    assert answer.thread_ts == file.thread_ts == question.thread_ts
    assert office.world.executor.given[0].asker.email == "alex@acme.example"


async def test_the_card_says_who_else_may(office: Office) -> None:
    async with office.open():
        question = await card(office, office.person("alex"))

    assert "boss@acme.example may confirm it, too." in said(question)


async def test_their_no_counts_and_nobody_elses(office: Office) -> None:
    alex, boss, sam = office.person("alex"), office.person("boss"), office.person("sam")
    async with office.open():
        question = await card(office, alex)
        await sam.clicks(question, CONFIRM)
        await office.told(sam, "Only the person who asked, or an approver")
        assert CONFIRM in buttons_of(question)
        await boss.clicks(question, CANCEL)
        await office.slack.until(lambda: "✗ Cancelled" in said(question))

    assert office.world.ran == []
