"""Does the work of a tick: runs the action, hands over what came of it, writes down how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.errand import Errand
from bot.domain.message import Origin
from bot.domain.person import Sender
from bot.domain.post import Fired
from bot.domain.progress import Progress
from bot.domain.run import ActionResult
from bot.domain.schedule import Schedule, Tick, TickState
from bot.domain.work import Job
from bot.ports import Catalogue, Clock, Errands, Outgoing, ScheduleStore
from bot.scheduling.obstacles import obstacles, state_of
from bot.scheduling.scheduler import PAUSED

REMOVED = "its schedule was removed"


@dataclass(frozen=True, slots=True)
class Firer:
    """The handler of ``schedule.fire``. Begun again after a crash it goes on: run and posts are known by their ids."""

    store: ScheduleStore
    catalogue: Catalogue
    errands: Errands
    outgoing: Outgoing
    clock: Clock

    async def __call__(self, job: Job) -> None:
        """Fire it once. Raises StorageError."""
        tick = _tick(job)
        schedule = await self.store.get(tick.schedule)
        if schedule is None:
            await self._end(tick, TickState.SKIPPED, REMOVED)
        elif why := await self._obstacle(schedule, job):
            await self._end(tick, TickState.SKIPPED, why)
        else:
            result = await self.errands.run(_errand(schedule, job), _unwatched)
            await self.outgoing.hand_over(self._fired(schedule, tick, job, (result,)), schedule.delivery)
            state = TickState.DONE if result.succeeded else TickState.FAILED
            await self._end(tick, state, "" if result.succeeded else result.detail)

    async def given_up(self, job: Job) -> None:
        """It failed too often for reasons of our own."""
        await self._end(_tick(job), TickState.FAILED, "it could not be run; the service's log has the reason")

    async def _obstacle(self, schedule: Schedule, job: Job) -> str:
        """Why it is not to run, for a person; empty if it may. What was begun is ended, whatever came since."""
        if job.tries:
            return ""
        if not (schedule.enabled or job.payload["by_hand"]):
            return PAUSED
        state = state_of(await self.catalogue.states(), schedule.action)
        if state is None:
            return f"there is no action {schedule.action} any more"
        if not state.enabled:
            return f"the action {schedule.action} is paused" + (f": {state.reason}" if state.reason else "")
        faults = obstacles(state.spec, schedule.parameters)
        return str(faults[0]) if faults else ""

    def _fired(self, schedule: Schedule, tick: Tick, job: Job, results: Sequence[ActionResult]) -> Fired:
        planned = None if job.payload["by_hand"] else tick.slot
        title, origin = schedule.name, f"schedule/{schedule.id}"
        return Fired(origin, job.key, title, self.clock(), tuple(results), planned, schedule.zone)

    async def _end(self, tick: Tick, state: TickState, reason: str) -> None:
        await self.store.settle(replace(tick, state=state, reason=reason), self.clock())


def _tick(job: Job) -> Tick:
    slot = datetime.fromisoformat(str(job.payload["slot"]))
    return Tick(str(job.payload["schedule"]), slot, TickState.CLAIMED)


def _errand(schedule: Schedule, job: Job) -> Errand:
    """Nobody asks: the built-in variables are empty (Q5/6)."""
    origin = f"schedule:{schedule.id}"
    asker, title = Sender(origin), f"Schedule: {schedule.name}"
    run_id = str(job.payload["run"])
    return Errand(run_id, schedule.action, schedule.parameters, Origin.SCHEDULE, asker, title, origin)


async def _unwatched(progress: Progress) -> None:
    """Nobody looks on."""
