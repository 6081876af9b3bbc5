"""Runs that no message asked for, and what a person can do about runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from bot.conversation.errands import ErrandRunner
from bot.conversation.run_desk import Desk
from bot.domain.action import Effect
from bot.domain.errand import Errand
from bot.domain.message import Origin
from bot.domain.plan import ActionCall
from bot.domain.run import Outcome, RunState
from bot.domain.run_log import EntryKind, Resolution
from bot.ports import Emit
from tests.conversation.test_resuming import Death
from tests.conversation.world import World
from tests.fakes import ALEX, SAM, WordMasker, action, text_parameter


def errand(slug: str = "digest", run_id: str = "run-1", origin: Origin = Origin.SCHEDULE, **given: str) -> Errand:
    return Errand(run_id, slug, given, origin, ALEX, "The SLA digest", "schedule:sla")


def errands(world: World, death: Death | None = None) -> ErrandRunner:
    world.process(death or (lambda part: part))
    return ErrandRunner(world.catalogue, WordMasker("hunter2"), world.runs, world.ledger, world.runner, world.clock)


def desk(world: World) -> Desk:
    return Desk(world.runs, world.runner, world.ledger, world.catalogue, WordMasker(), world.audit, world.clock)


async def test_it_is_run_once_with_its_defaults_and_recorded_under_its_id() -> None:
    world = World(action("digest", text_parameter("team", default="emea"), text_parameter("days")))
    result = await errands(world).run(errand(days="7"), world.watch)
    again = await errands(world).run(errand(days="7"), world.watch)

    assert world.executor.ran == [("digest", {"team": "emea", "days": "7"})]
    assert (result.outcome, again.outcome, again.output) == (Outcome.SUCCESS, Outcome.SUCCESS, result.output)
    run = world.runs.runs["run-1"]
    assert (run.trigger, run.question, run.state) == ("schedule", "The SLA digest", RunState.DONE)
    assert not world.journals.journals


async def test_one_that_waits_for_nothing_of_a_turn_and_is_paused_or_gone_is_denied() -> None:
    world = World(action("digest"))
    world.catalogue.off.add("digest")

    denied = await errands(world).run(errand(), world.watch)
    tried = await errands(world).run(errand(run_id="run-2", origin=Origin.MANUAL), world.watch)
    gone = await errands(world).run(errand("nowhere", "run-3", Origin.MANUAL), world.watch)

    assert [each.outcome for each in (denied, tried, gone)] == [Outcome.DENIED, Outcome.SUCCESS, Outcome.DENIED]
    assert not {"run-1", "run-3"} & set(world.runs.runs)


async def test_a_write_cut_off_at_any_step_is_done_once_or_in_doubt() -> None:
    seen = set[Outcome]()
    for at in range(1, 20):
        for before in (True, False):
            world = World(action("digest", effect=Effect.WRITE))
            death = Death(at, before=before)
            with suppress(BaseException):
                await errands(world, death).run(errand(), world.watch)
            result = await errands(world).run(errand(), world.watch)
            assert len(world.ran) <= 1
            assert result.outcome is Outcome.UNKNOWN or world.ran == ["digest"]
            seen.add(result.outcome)
    assert seen == {Outcome.SUCCESS, Outcome.UNKNOWN}


async def doubtful() -> World:
    """A world with a write that was cut off while it was under way."""
    world = World(action("digest", text_parameter("team"), effect=Effect.WRITE))
    begun = asyncio.Event()

    async def hanging(call: ActionCall, emit: Emit) -> str:
        begun.set()
        await asyncio.Event().wait()
        return ""

    world.executor.behaviours["digest"] = hanging
    task = asyncio.create_task(errands(world).run(errand(team="emea"), world.watch))
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    del world.executor.behaviours["digest"]
    assert (await errands(world).run(errand(team="emea"), world.watch)).outcome is Outcome.UNKNOWN
    return world


async def test_a_doubt_is_settled_once() -> None:
    for how, state in ((Resolution.DONE, RunState.DONE), (Resolution.NOT_DONE, RunState.ERROR)):
        world = await doubtful()
        settled = await desk(world).resolve("run-1", how, SAM, world.watch)
        late = await desk(world).resolve("run-1", Resolution.AGAIN, SAM, world.watch)
        assert settled
        assert (settled.state, settled.detail) == (state, f"settled by Sam Reed: {how.value}")
        assert late is None
        assert len(world.ran) == 1


async def test_again_runs_it_with_the_same_values_under_the_same_id() -> None:
    world = await doubtful()

    settled = await desk(world).resolve("run-1", Resolution.AGAIN, SAM, world.watch)

    assert settled
    assert settled.state is RunState.DONE
    assert world.executor.ran == [("digest", {"team": "emea"})] * 2
    assert {given.run_id for given in world.executor.given} == {"run-1"}
    assert world.executor.given[-1].asker.email == ALEX.email
    assert not world.journals.journals


async def test_any_run_can_be_stopped_also_from_another_process() -> None:
    for elsewhere in (False, True):
        world = World(action("digest"))
        begun = asyncio.Event()

        async def hanging(call: ActionCall, emit: Emit, begun: asyncio.Event = begun) -> str:
            await emit("page 1\n")
            begun.set()
            await asyncio.Event().wait()
            return ""

        world.executor.behaviours["digest"] = hanging
        task = asyncio.create_task(errands(world).run(errand(), world.watch))
        await begun.wait()
        here = world.stopping
        if elsewhere:
            world.process()
        assert await desk(world).stop("run-1", SAM)
        await here.grant_wishes()

        result = await task
        assert (result.outcome, result.detail.partition(" after")[0]) == (Outcome.STOPPED, "stopped by Sam Reed")
        assert world.runs.runs["run-1"].state is RunState.STOPPED
        assert not await desk(world).stop("run-1", SAM)
        assert await desk(world).delete("run-1", SAM)


async def test_what_a_run_says_is_masked_and_kept_in_order() -> None:
    world = World(action("digest"))

    async def talking(call: ActionCall, emit: Emit) -> str:
        await emit("the word is hunter2\n")
        return "done"

    world.executor.behaviours["digest"] = talking
    await errands(world).run(errand(), world.watch)

    entries = [placed.entry for placed in await world.runs.after("run-1", 0, 99)]
    assert [entry.kind for entry in entries] == [EntryKind.STEP, EntryKind.INFO, EntryKind.STEP]
    assert "hunter2" not in "".join(entry.text for entry in entries)
