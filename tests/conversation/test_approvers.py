"""An approver that the action names may say yes for its asker; the asker's rights count all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.action import Effect, Safety
from bot.domain.person import Sender
from tests.conversation.world import World
from tests.fakes import ALEX, SAM, action, calls

BOSS = replace(SAM, id="boss", email="Boss@acme.example", verified=True)
PAY = replace(action("pay", effect=Effect.WRITE), safety=Safety(approvers=("boss@acme.example",)))
BOOK = action("book", effect=Effect.WRITE)


async def asked(*slugs: str) -> tuple[World, str]:
    world = World(PAY, BOOK, plans=(calls(*((slug, {}) for slug in slugs)),))
    reply = await world.say("Pay it")
    assert reply.approval is not None
    return world, reply.approval.id


async def test_an_approver_confirms_and_it_runs_as_the_asker() -> None:
    world, approval = await asked("pay")

    reply = await world.decide(approval, True, BOSS)

    assert world.ran == ["pay"]
    assert reply.used[0].action == "pay"
    assert world.executor.given[0].asker.email == ALEX.email
    (run,) = world.runs.runs.values()
    assert run.asker.startswith("alex")
    settled = world.approvals.approvals[approval]
    assert (settled.state.value, settled.decided_by) == ("confirmed", "boss")
    assert ("boss", "approval.confirmed") in [(event.actor, event.kind) for event in world.audit.events]


async def test_the_asker_may_still_decide() -> None:
    world, approval = await asked("pay")

    await world.decide(approval, True)

    assert world.ran == ["pay"]


@pytest.mark.parametrize(
    "other",
    [SAM, replace(BOSS, verified=False), replace(BOSS, email=""), replace(BOSS, email="boss@acme.example.evil")],
    ids=["somebody else", "an address that nobody vouches for", "no address", "a longer address"],
)
async def test_nobody_else_is_an_approver(other: Sender) -> None:
    world, approval = await asked("pay")

    reply = await world.decide(approval, True, other)

    assert "an approver that the action names" in reply.text
    assert world.ran == []
    assert world.approvals.approvals[approval].state.value == "open"


async def test_an_approver_of_one_action_is_none_of_the_other() -> None:
    world, approval = await asked("pay", "book")

    await world.decide(approval, True, BOSS)

    assert world.ran == []
