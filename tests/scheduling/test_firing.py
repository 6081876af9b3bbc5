"""What a firing does: the run, the hand-over, the record; and what keeps it from running."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.domain.action import Effect
from bot.domain.errand import Errand
from bot.domain.message import Origin
from bot.domain.post import Delivery, Fired
from bot.domain.run import ActionResult, Outcome
from bot.domain.schedule import TickState
from bot.domain.work import Job
from bot.ports import Watch
from bot.scheduling.firing import Firer
from bot.storage.storage import Storage, open_storage
from tests.fakes import START, ListedActions, action, text_parameter
from tests.scheduling.desk import HandClock, Listed, schedule, scheduler

SPEC = action("sla-watch", text_parameter("team"))


@dataclass
class ListedErrands:
    """Runs nothing; the same errand gives the same result."""

    outcome: Outcome = Outcome.SUCCESS
    errands: list[Errand] = field(default_factory=list)

    async def run(self, errand: Errand, watch: Watch) -> ActionResult:
        self.errands.append(errand)
        detail = "" if self.outcome is Outcome.SUCCESS else "no answer within 5 s"
        return ActionResult(errand.run_id, errand.action, "SLA", self.outcome, "", "2 at risk", START, 1, detail=detail)


@dataclass
class ListedOutgoing:
    handed: list[tuple[Fired, Delivery]] = field(default_factory=list)

    async def hand_over(self, fired: Fired, delivery: Delivery) -> None:
        self.handed.append((fired, delivery))


@dataclass
class Desk:
    """Everything about one schedule that is due."""

    storage: Storage
    clock: HandClock = field(default_factory=HandClock)
    actions: ListedActions = field(default_factory=lambda: ListedActions(SPEC))
    errands: ListedErrands = field(default_factory=ListedErrands)
    outgoing: ListedOutgoing = field(default_factory=ListedOutgoing)

    @property
    def firing(self) -> Firer:
        return Firer(self.storage.schedules, self.actions, self.errands, self.outgoing, self.clock)

    async def due(self) -> Job:
        fired = Listed()
        await self.storage.schedules.add(schedule())
        self.clock.forward(hours=1)
        await scheduler(self.storage.schedules, self.clock, fired).look()
        return fired.jobs[0]

    async def ended(self) -> tuple[TickState, str]:
        (tick,) = await self.storage.schedules.latest("sla", 1)
        return tick.state, tick.reason


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_storage(tmp_path / "desk.db") as storage:
        yield Desk(storage)


async def test_it_runs_the_action_with_nobody_as_asker_and_hands_the_result_over(desk: Desk) -> None:
    job = await desk.due()

    await desk.firing(job)

    (errand,) = desk.errands.errands
    assert errand.run_id == job.payload["run"]
    assert (errand.action, dict(errand.arguments), errand.origin) == ("sla-watch", {"team": "emea"}, Origin.SCHEDULE)
    assert (errand.asker.name, errand.asker.email, errand.asker.groups) == ("", "", ("Everyone",))
    ((fired, delivery),) = desk.outgoing.handed
    assert (fired.origin, fired.key, fired.title) == ("schedule/sla", job.key, "SLA digest")
    assert (str(fired.planned), fired.zone) == ("2026-11-23 08:00:00+00:00", "Europe/Berlin")
    assert [one.output for one in fired.results] == ["2 at risk"]
    assert delivery == Delivery()
    assert await desk.ended() == (TickState.DONE, "")


async def test_begun_again_it_is_the_same_errand_and_the_same_firing(desk: Desk) -> None:
    job = await desk.due()
    await desk.firing(job)
    await desk.storage.schedules.pause("sla")

    await desk.firing(replace(job, tries=1))

    assert len({errand.run_id for errand in desk.errands.errands}) == 1
    assert len({fired.key for fired, _ in desk.outgoing.handed}) == 1


async def test_a_failure_is_handed_over_too_and_recorded(desk: Desk) -> None:
    desk.errands.outcome = Outcome.TIMED_OUT
    await desk.firing(await desk.due())

    assert len(desk.outgoing.handed) == 1
    assert await desk.ended() == (TickState.FAILED, "no answer within 5 s")


async def test_what_is_paused_or_gone_is_skipped_and_recorded_with_the_reason(desk: Desk) -> None:
    job = await desk.due()

    desk.actions.off.add("sla-watch")
    await desk.firing(job)
    assert await desk.ended() == (TickState.SKIPPED, "the action sla-watch is paused")

    desk.actions.specs.clear()
    await desk.firing(job)
    assert await desk.ended() == (TickState.SKIPPED, "there is no action sla-watch any more")

    await desk.storage.schedules.pause("sla")
    await desk.firing(job)
    assert await desk.ended() == (TickState.SKIPPED, "it was paused")
    assert desk.errands.errands == []


async def test_a_schedule_that_was_removed_meanwhile_runs_nothing(desk: Desk) -> None:
    job = await desk.due()
    await desk.storage.schedules.remove("sla")

    await desk.firing(job)

    assert desk.errands.errands == []


async def test_an_action_that_came_to_ask_is_not_run(desk: Desk) -> None:
    job = await desk.due()
    desk.actions.specs[:] = [action("sla-watch", effect=Effect.WRITE)]

    await desk.firing(job)

    state, reason = await desk.ended()
    assert state is TickState.SKIPPED
    assert "nobody is there to confirm it" in reason
    assert desk.errands.errands == []


async def test_one_given_up_is_recorded(desk: Desk) -> None:
    await desk.firing.given_up(await desk.due())

    assert (await desk.ended())[0] is TickState.FAILED
