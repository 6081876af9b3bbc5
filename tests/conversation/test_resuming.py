"""A process dies at every step of a turn; the next one goes on, and nothing is done twice, lost or left unsaid."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from bot.conversation.engine import Engine
from bot.domain.action import Effect, Safety
from bot.domain.message import Reply
from bot.domain.plan import ActionCall
from bot.domain.run import Document, Outcome, Run, RunState
from bot.domain.turn import TurnState
from bot.errors import StorageError
from bot.ports import Emit
from tests.conversation.world import World
from tests.fakes import ALEX, InMemoryRuns, action, calls, message, text_parameter

UNASKED = Safety(requires_confirmation=False)
MOST_STEPS = 60


class Killed(BaseException):
    """What kill -9 is to a test: nobody catches it, and nothing is cleaned up on disk."""


class Death:
    """Comes before or after the n-th thing that a process does to the world or to its records."""

    def __init__(self, at: int, *, before: bool) -> None:
        self.left, self.before, self.came = at, before, False

    def __call__(self, part: Any) -> Any:
        return _Mortal(part, self)

    async def step(self, work: Callable[[], Awaitable[object]]) -> object:
        self.left -= 1
        if self.came or (self.left == 0 and self.before):
            self.came = True
            raise Killed
        result = await work()
        if self.came or self.left == 0:
            self.came = True
            raise Killed
        return result


class _Mortal:
    def __init__(self, part: Any, death: Death) -> None:
        self._part, self._death = part, death

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if not asyncio.iscoroutinefunction(found):
            return found
        return lambda *given, **named: self._death.step(lambda: found(*given, **named))


async def survived(world: World, death: Death, work: Callable[[Engine], Awaitable[Reply]]) -> Reply:
    """The reply of the process that dies, or of the one after it."""
    with suppress(BaseException):
        return await work(world.process(death))
    assert death.came
    return await work(world.process())


def counted(world: World, slug: str) -> int:
    return world.ran.count(slug)


def steps() -> list[Any]:
    return [pytest.param(at, before, id=f"{'before' if before else 'after'}-{at}")
            for at in range(1, MOST_STEPS) for before in (True, False)]  # fmt: skip


@pytest.mark.parametrize(("at", "before"), steps())
async def test_a_turn_with_reads_and_writes(at: int, before: bool) -> None:
    world = World(
        action("look"),
        action("change", text_parameter("what"), effect=Effect.WRITE, safety=UNASKED),
        action("keyed", effect=Effect.WRITE, safety=UNASKED),
        plans=(calls(("look", {}), ("change", {"what": "it"}), ("keyed", {})),) * 2,
    )
    world.executor.keys["keyed"] = "order-7"
    asked, death = message("Look it up, change it and pay", id="m-durable"), Death(at, before=before)

    reply = await survived(world, death, lambda engine: engine.handle(asked, world.watch))

    ended = {used.action: used for used in reply.used}
    assert set(ended) == {"look", "change", "keyed"}
    assert counted(world, "change") <= 1
    assert len({given.run_id for given in world.executor.given if given.idempotency_key}) == 1
    unknown = ended["change"].outcome is Outcome.UNKNOWN
    assert unknown or counted(world, "change") == 1
    assert ended["look"].outcome is ended["keyed"].outcome is Outcome.SUCCESS
    assert ("may or may not have been done" in reply.text) is unknown
    run = next(run for run in world.runs.runs.values() if run.action == "change")
    assert run.state is (RunState.UNKNOWN if unknown else RunState.DONE)
    (turn,) = world.turns.turns.values()
    assert turn.state is TurnState.DONE
    assert (await world.process().handle(asked, world.watch)).text == reply.text


@pytest.mark.parametrize(("at", "before"), steps())
async def test_a_decision(at: int, before: bool) -> None:
    world = World(action("refund", effect=Effect.WRITE), plans=(calls(("refund", {})),))
    question = (await world.say("Refund it")).approval
    assert question
    death = Death(at, before=before)

    reply = await survived(world, death, lambda engine: engine.decide(question.id, True, ALEX, world.watch))

    assert counted(world, "refund") <= 1
    unknown = reply.used[0].outcome is Outcome.UNKNOWN
    assert unknown or counted(world, "refund") == 1
    assert ("may or may not have been done" in reply.text) is unknown
    assert world.approvals.approvals[question.id].state.value == "confirmed"
    assert [event.kind for event in world.audit.events].count("approval.confirmed") == 1


@pytest.mark.parametrize(("at", "before"), steps())
async def test_a_no_and_a_question(at: int, before: bool) -> None:
    world = World(action("refund", effect=Effect.WRITE), plans=(calls(("refund", {})),) * 2)
    death = Death(at, before=before)

    asked = message("Refund it", id="m-asked")
    question = (await survived(world, death, lambda engine: engine.handle(asked, world.watch))).approval
    assert question
    assert len(world.approvals.approvals) == 1
    again = Death(at, before=before)
    reply = await survived(world, again, lambda engine: engine.decide(question.id, False, ALEX, world.watch))

    assert reply.text == "Cancelled. Not run: Refund."
    assert not world.ran


async def parked(world: World, slug: str, text: str, id: str) -> None:  # noqa: A002
    """A process that ends by SIGTERM while an action runs."""
    started = asyncio.Event()

    async def hanging(call: ActionCall, emit: Emit) -> str:
        started.set()
        await asyncio.Event().wait()
        return ""

    behaviour = world.executor.behaviours.pop(slug, None)
    world.executor.behaviours[slug] = hanging
    task = asyncio.create_task(world.process().handle(message(text, id=id), world.watch))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    del world.executor.behaviours[slug]
    if behaviour:
        world.executor.behaviours[slug] = behaviour


async def test_a_parked_turn_says_nothing_and_is_resumed() -> None:
    world = World(action("count"), plans=(calls(("count", {})),))

    await parked(world, "count", "Count", "m-1")
    assert next(iter(world.turns.turns.values())).state is TurnState.STARTED
    reply = await world.process().handle(message("Count", id="m-1"), world.watch)

    assert reply.used[0].outcome is Outcome.SUCCESS
    assert len(world.model.asked) == 1


async def test_what_was_done_is_composed_from_what_is_kept_with_its_files() -> None:
    world = World(action("chart"), action("count"), plans=(calls(("chart", {}), ("count", {})),))
    world.executor.documents["chart"] = (Document("sla.csv", "text/csv", b"id;left"),)
    started = asyncio.Event()

    async def hanging(call: ActionCall, emit: Emit) -> str:
        while ("chart", "done") not in world.runs.states:
            await asyncio.sleep(0)
        started.set()
        await asyncio.Event().wait()
        return ""

    world.executor.behaviours["count"] = hanging
    task = asyncio.create_task(world.process().handle(message("Both", id="m-1"), world.watch))
    await started.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    del world.executor.behaviours["count"]

    reply = await world.process().handle(message("Both", id="m-1"), world.watch)

    assert world.ran == ["chart", "count", "count"]
    assert [file.name for file in reply.files] == ["sla.csv"]
    assert "ran with" in reply.text


async def test_an_action_that_changed_meanwhile_is_not_sent_any_more() -> None:
    world = World(action("a"), action("b", effect=Effect.WRITE, safety=UNASKED), plans=(calls(("a", {}), ("b", {})),))
    await parked(world, "b", "Do both", "m-1")
    world.catalogue.specs = [action("a")]

    reply = await world.process().handle(message("Do both", id="m-1"), world.watch)

    assert [used.outcome for used in reply.used] == [Outcome.SUCCESS, Outcome.UNKNOWN]
    assert world.ran.count("b") == 1


async def test_the_deaths_above_come_in_every_part_of_a_turn() -> None:
    """If a turn had more steps than are tried, or fewer parts than are meant, the tests above would say less."""
    world = World(action("change", effect=Effect.WRITE, safety=UNASKED), plans=(calls(("change", {})),) * MOST_STEPS)
    outcomes, came = set[Outcome](), []
    for at in range(1, MOST_STEPS):
        death = Death(at, before=False)
        asked = message("Change it", id=f"m-{at}")
        reply = await survived(world, death, lambda engine, asked=asked: engine.handle(asked, world.watch))  # type: ignore[misc]
        outcomes.add(reply.used[0].outcome)
        came.append(death.came)
    assert outcomes == {Outcome.SUCCESS, Outcome.UNKNOWN}
    assert 5 < came.count(True) < MOST_STEPS - 1


async def test_what_was_done_is_told_even_if_its_end_cannot_be_recorded() -> None:
    class Full(InMemoryRuns):
        async def finished(self, run: Run, *more: object) -> None:
            raise StorageError("the disk is full")

    world = World(action("change", effect=Effect.WRITE, safety=UNASKED), plans=(calls(("change", {})),))
    world.journals.runs = world.runs = Full()

    reply = await world.process().handle(message("Change it"), world.watch)

    assert reply.used[0].outcome is Outcome.SUCCESS
