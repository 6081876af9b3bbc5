"""Fires what is due. It runs in every process of the service; the tick that each of them tries to keep decides."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.domain.action import Json
from bot.domain.schedule import ScheduleRefused, Standing, Tick, TickState
from bot.domain.work import Job
from bot.errors import StorageError
from bot.ports import Clock, Dispatcher, Firing, Meters, NewId, ScheduleStore, Unmeasured
from bot.scheduling.agenda import Agenda, Due

FIRE = "schedule.fire"
"""Kind of the job that fires a schedule."""
PAUSED = "it was paused"
_PUT_BACK = timedelta(minutes=1)
"""A clock that is put back by less changes no plan: no two times of a schedule lie nearer to each other."""
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How the scheduler keeps time."""

    catch_up: timedelta = timedelta(minutes=10)
    """A time that went by longer ago is missed, not made up for."""
    look: timedelta = timedelta(seconds=2)
    """The longest time between two looks at clock and store: so soon are changes and jumps of the clock noticed."""
    batch: int = 500
    """Times that are fired in one transaction."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the scheduler works with."""

    store: ScheduleStore
    dispatcher: Dispatcher
    clock: Clock
    new_id: NewId
    wait: Callable[[float], Awaitable[None]]
    """Returns after so many seconds: the alarm."""
    meters: Meters = field(default_factory=Unmeasured)


class Scheduler:
    """Looks what is due, keeps a tick and a job for it, sleeps until the next time."""

    def __init__(self, parts: Parts, pace: Pace | None = None) -> None:
        self._parts = parts
        self._pace = pace or Pace()
        self._agenda, self._version, self._looked = Agenda(), 0, _BEGINNING

    async def run(self, stop: asyncio.Event) -> None:
        """Fire what is due until ``stop``. A database that is away is asked again later; nothing due is lost by it."""
        while not stop.is_set():
            try:
                pause = await self.look()
            except StorageError as error:
                log.warning("schedules wait for the database: %s", error)
                pause = self._forgotten()
            except Exception:
                log.exception("a look at the schedules failed; the next one begins anew")
                pause = self._forgotten()
            await self._rest(pause.total_seconds(), stop)

    async def look(self) -> timedelta:
        """Fire all that is due now; gives the time until the next look. Raises StorageError."""
        now = self._parts.clock()
        if now + _PUT_BACK < self._looked:
            self._agenda.restart(now)
        self._looked = now
        await self._notice(now)
        await self._fire_all()
        following = self._agenda.following
        left = following - self._parts.clock() if following else self._pace.look
        return min(max(left, timedelta()), self._pace.look)

    @property
    def agenda(self) -> Agenda:
        """What comes next."""
        return self._agenda

    def _forgotten(self) -> timedelta:
        """The store tells anew what was fired and what was not, after a pause."""
        self._agenda, self._version, self._looked = Agenda(), 0, _BEGINNING
        return self._pace.look

    async def _notice(self, now: datetime) -> None:
        """Take over what was changed, in this process or another one."""
        while found := await self._parts.store.changes(self._version, self._pace.batch):
            for standing in found:
                self._put(standing, now)
            self._version = found[-1].version

    def _put(self, standing: Standing, now: datetime) -> None:
        try:
            self._agenda.put(standing, now)
            fault = standing.fault
        except (ScheduleRefused, ValueError, KeyError, OSError) as error:  # KeyError, OSError: zones that are none
            fault = str(error)
        if fault:
            log.error("schedule left out: %s", fault, extra={"schedule": standing.id})

    async def _fire_all(self) -> None:
        """Fire first, plan the next times then: what is due at one minute is late by the time that others take."""
        fired: list[Sequence[Due]] = []
        while taken := self._agenda.take(self._parts.clock(), self._pace.batch):
            await self._fire(taken)
            fired.append(taken)
        for taken in fired:
            self._agenda.pass_on(taken)
            await asyncio.sleep(0)

    async def _fire(self, taken: Sequence[Due]) -> None:
        """Those asked for by hand first: where the clock says the same schedule too, that one is skipped."""
        now = self._parts.clock()
        noted = [tick for due in taken if (tick := self._unfired(due, now))]
        if noted:
            await self._parts.store.note(noted, now)
        passed = {(tick.schedule, tick.slot) for tick in noted}
        fired = [due for due in taken if (due.schedule.id, due.slot) not in passed]
        for by_hand in (True, False):
            firings = [_firing(due, self._parts.new_id(), now) for due in fired if due.by_hand is by_hand]
            if firings:
                await self._keep(firings, now)

    async def _keep(self, firings: Sequence[Firing], now: datetime) -> None:
        parts, rings = self._parts, {firing.job.key: firing.rings for firing in firings}
        for job in await parts.store.fire(firings, parts.new_id(), now):
            parts.meters.fired((parts.clock() - rings[job.key]).total_seconds())
            await parts.dispatcher.dispatch(job)

    def _unfired(self, due: Due, now: datetime) -> Tick | None:
        """The tick of a time that is not fired."""
        if due.by_hand:
            return None
        if not due.schedule.enabled:
            return Tick(due.schedule.id, due.slot, TickState.SKIPPED, PAUSED)
        late = now - due.rings
        if late <= self._pace.catch_up:
            return None
        self._parts.meters.missed()
        log.warning("schedule missed", extra={"schedule": due.schedule.id, "slot": str(due.slot)})
        return Tick(due.schedule.id, due.slot, TickState.MISSED, _missed(late))

    async def _rest(self, seconds: float, stop: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(self._parts.wait(seconds)), asyncio.ensure_future(stop.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def _missed(late: timedelta) -> str:
    minutes = int(late.total_seconds() // 60)
    return f"nobody was there to run it; noticed {minutes} minutes later, too late to make up for it"


def _firing(due: Due, run_id: str, now: datetime) -> Firing:
    schedule, slot = due.schedule.id, due.slot.astimezone(UTC)
    key = f"schedule/{schedule}/{slot:%Y-%m-%dT%H:%MZ}" + (f"/{slot:%S.%f}" if due.by_hand else "")
    payload: dict[str, Json] = {"schedule": schedule, "slot": slot.isoformat(), "by_hand": due.by_hand, "run": run_id}
    job = Job(key, FIRE, f"schedule/{schedule}", payload, now)
    return Firing(Tick(schedule, due.slot, TickState.CLAIMED), job, due.rings)
