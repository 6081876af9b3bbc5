"""A person changes what waits for their yes, says what they think of an answer, and sees what is theirs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.domain.action import Effect, Parameter, ParameterType
from bot.domain.approval import Approval, ApprovalState
from bot.domain.run import Outcome
from tests.conversation.world import World
from tests.fakes import ALEX, SAM, action, calls

DAYS = Parameter("days", ParameterType.NUMBER, "How many", required=True)
KIND = Parameter("kind", ParameterType.STRING, "Which kind", choices=("holiday", "sick"))
BOOK = action("book", DAYS, KIND, effect=Effect.WRITE)


async def asked() -> tuple[World, Approval]:
    world = World(BOOK, plans=(calls(("book", {"days": 2, "kind": "holiday"})),))
    reply = await world.say("Book 2 days of holiday")
    assert reply.approval is not None
    return world, reply.approval


async def test_the_changed_question_takes_the_place_of_the_old_one() -> None:
    world, old = await asked()

    edited = await world.engine.edit(old.id, [{"days": "3", "kind": "sick"}], ALEX)
    assert edited.approval is not None
    late = await world.decide(old.id, True)
    done = await world.decide(edited.approval.id, True)

    assert "already replaced" in late.text
    assert [run.question for run in world.runs.runs.values()] == ["Book 2 days of holiday"]
    assert [arguments for _, arguments in world.executor.ran] == [{"days": 3, "kind": "sick"}]
    assert done.used[0].outcome is Outcome.SUCCESS
    kinds = [event.kind for event in world.audit.events]
    assert kinds.index("approval.replaced") < kinds.index("approval.confirmed")


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"days": "many"}, {"days": "This must be a number."}),
        ({"days": ""}, {"days": "This is needed."}),
        ({"kind": "party"}, {"kind": "This must be a string, one of holiday, sick."}),
        ({"days": "x"}, {"days": "This must be a number."}),
    ],
)  # fmt: skip
async def test_values_that_do_not_fit_are_named_and_the_question_stays(
    given: dict[str, str], faults: dict[str, str]
) -> None:
    world, old = await asked()

    edited = await world.engine.edit(old.id, [given], ALEX)

    assert edited.approval is None
    assert edited.faults == {(0, name): said for name, said in faults.items()}
    assert world.approvals.approvals[old.id].state is ApprovalState.OPEN


async def test_of_two_calls_with_one_parameter_the_wrong_one_is_named() -> None:
    world = World(BOOK, plans=(calls(("book", {"days": 2}), ("book", {"days": 3})),))
    old = (await world.say("Book 2 days, and 3 days")).approval
    assert old is not None

    edited = await world.engine.edit(old.id, [{"days": "4"}, {"days": "many"}], ALEX)

    assert edited.faults == {(1, "days"): "This must be a number."}


async def test_an_optional_value_can_be_taken_away_and_unknown_ones_are_ignored() -> None:
    world, old = await asked()

    edited = await world.engine.edit(old.id, [{"kind": "", "secret": "x"}], ALEX)

    assert edited.approval is not None
    assert edited.approval.items[0].arguments == {"days": 2}


async def test_nobody_else_can_change_it_and_nobody_can_change_what_is_settled() -> None:
    world, old = await asked()

    other = await world.engine.edit(old.id, [{"days": "9"}], SAM)
    await world.decide(old.id, False)
    settled = await world.engine.edit(old.id, [{"days": "9"}], ALEX)
    unknown = await world.engine.edit("no such thing", [{}], ALEX)

    assert "Only the person who asked" in other.problem
    assert "already declined" in settled.problem
    assert "not known" in unknown.problem


async def test_of_an_edit_and_a_click_at_once_one_wins() -> None:
    world, old = await asked()

    edited, reply = await asyncio.gather(world.engine.edit(old.id, [{"days": "3"}], ALEX), world.decide(old.id, True))

    assert (edited.approval is None) is bool(reply.used)


async def test_the_last_word_on_an_answer_counts_and_holds_no_secret() -> None:
    world = World(action("quick"), plans=(calls(("quick", {})),), secrets=("hunter2-secret",))
    reply = await world.say("Go")

    await world.engine.feedback(reply.turn_id, True, ALEX)
    await world.engine.feedback(reply.turn_id, False, ALEX, "wrong", "it showed hunter2-secret")
    await world.engine.feedback(reply.turn_id, True, SAM)

    mine = world.opinions.given[reply.turn_id, ALEX.id]
    assert (mine.good, mine.reason, mine.words) == (False, "wrong", "it showed ***")
    assert world.opinions.given[reply.turn_id, SAM.id].good


async def test_an_overview_shows_what_is_mine() -> None:
    world, approval = await asked()
    world.catalogue.off.add("book")
    empty = await world.engine.overview(SAM)
    mine = await world.engine.overview(ALEX)
    world.clock.now += timedelta(hours=1)
    later = await world.engine.overview(ALEX)

    assert (empty.runs, empty.approvals) == ((), ())
    assert mine.actions == ()
    assert [item.id for item in mine.approvals] == [approval.id]
    assert later.approvals == ()
