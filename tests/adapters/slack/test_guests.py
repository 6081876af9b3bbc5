"""Guests and people of other organisations: nobody vouches for them, and they are told what that means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.slack.handling import UNKNOWN_HERE
from bot.adapters.slack.rendering.cards.approval import CONFIRM
from bot.conversation.approval import ONLY_THEY
from bot.domain.action import Effect, Safety
from bot.domain.person import EVERYONE
from tests.adapters.slack.desks import answering
from tests.adapters.slack.office import Office, buttons_of, card
from tests.adapters.slack.working import answered, asks, looking_up
from tests.conversation.world import World
from tests.fakes import action, calls
from tests.simulators.slack import Person, SlackSimulator

PROVEN = replace(action("payslip"), safety=Safety(requires_identity_verification=True))
PAY = replace(action("pay", effect=Effect.WRITE), safety=Safety(approvers=("boss@acme.example",)))
BOTH = pytest.mark.parametrize("guest", [True, False], ids=["guest", "stranger"])


def unknown(slack: SlackSimulator, name: str, *, guest: bool) -> Person:
    """A guest, else somebody of another organisation."""
    return slack.workspace.person(name, f"{name}@acme.example", guest=guest, stranger=not guest)


@BOTH
async def test_what_needs_a_proven_identity_is_not_run_for_them_and_they_read_why(
    slack: SlackSimulator, guest: bool
) -> None:
    kim, world = (
        unknown(slack, "kim", guest=guest),
        World(PROVEN, plans=(calls(("payslip", {})),)),
    )
    async with answering(slack, world):
        await asks(slack, kim, "my payslip?")
        await answered(slack, words="needs a verified identity")

    assert world.ran == []
    assert UNKNOWN_HERE in kim.sees("#support")


@BOTH
async def test_they_read_why_in_the_answer_to_a_command_too(slack: SlackSimulator, guest: bool) -> None:
    office, kim = Office(slack, World(PROVEN, plans=(calls(("payslip", {})),))), unknown(slack, "kim", guest=guest)
    async with office.open():
        await kim.runs("/deskhand", "my payslip?", where="#support")
        await office.told(kim, UNKNOWN_HERE)

    assert office.world.ran == []


async def test_it_is_run_for_a_member(slack: SlackSimulator) -> None:
    alex, world = slack.workspace.person("alex", "alex@acme.example"), World(PROVEN, plans=(calls(("payslip", {})),))
    async with answering(slack, world):
        await asks(slack, alex, "my payslip?")
        await answered(slack, words="Payslip ✓")

    assert world.ran == ["payslip"]


@BOTH
async def test_other_actions_know_no_address_and_no_groups_of_theirs(slack: SlackSimulator, guest: bool) -> None:
    kim, world = unknown(slack, "kim", guest=guest), looking_up()
    slack.workspace.group("leads", kim)
    async with answering(slack, world):
        await asks(slack, kim)
        await answered(slack)

    (asker,) = [each.asker for each in world.executor.given]
    assert (asker.name, asker.email, asker.groups) == ("Kim", "", EVERYONE)
    assert UNKNOWN_HERE not in kim.sees("#support")


@BOTH
async def test_they_approve_nothing(slack: SlackSimulator, guest: bool) -> None:
    office = Office(slack, World(PAY, plans=(calls(("pay", {})),)))
    boss = unknown(slack, "boss", guest=guest)
    async with office.open():
        question = await card(office, office.person("alex"))
        await boss.clicks(question, CONFIRM)
        await office.told(boss, ONLY_THEY)
        assert CONFIRM in buttons_of(question)

    assert office.world.ran == []
