"""What is due next, of all schedules: times only, no store and no clock."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.domain.schedule import Schedule, Standing
from bot.scheduling.cron import Cron

_SHORTEST = timedelta(minutes=1)
"""Two times of a schedule never lie nearer to each other."""
_KNOWN = 4096
"""Expressions whose reading is kept."""


@dataclass(frozen=True, slots=True)
class Due:
    """A time that has come."""

    schedule: Schedule
    slot: datetime
    """The planned moment, aware, UTC."""
    rings: datetime
    """When it was to begin: its slot, and the jitter of the schedule after it."""
    by_hand: bool = False
    """Somebody asked for it; it is no time of the schedule's own."""


@dataclass(frozen=True, slots=True)
class _Plan:
    schedule: Schedule
    cron: Cron
    zone: ZoneInfo
    slot: datetime
    rings: datetime


class Agenda:
    """A heap of one next time for each schedule. Only the last of several times that went by is ever due."""

    def __init__(self) -> None:
        self._plans: dict[str, _Plan] = {}
        self._heap: list[tuple[datetime, str]] = []
        self._asked: dict[str, Due] = {}

    def put(self, standing: Standing, now: datetime) -> None:
        """Plan a schedule anew from where it stands; one that did not change keeps its plan.

        Raises ScheduleRefused or ValueError for times or a zone that mean nothing; then it is left out.
        """
        schedule, known = standing.schedule, self._plans.get(standing.id)
        if standing.asked and schedule:
            self._asked[standing.id] = Due(schedule, standing.asked, now, by_hand=True)
        if known and known.schedule == schedule:
            return
        self._plans.pop(standing.id, None)
        if schedule is None:
            self._asked.pop(standing.id, None)
            return
        begin = max(schedule.since, standing.last or schedule.since)
        self._plan(schedule, _read(schedule.cron), ZoneInfo(schedule.zone), min(begin, now))

    def restart(self, now: datetime) -> None:
        """The clock was put back: plan everything from ``now``. Slots that have a tick already are not fired again."""
        plans, self._plans, self._heap = self._plans, {}, []
        for plan in plans.values():
            self._plan(plan.schedule, plan.cron, plan.zone, now)

    def take(self, now: datetime, most: int) -> Sequence[Due]:
        """Times that have come, the earliest first, at most so many; each is out of the agenda until ``pass_on``."""
        taken = [self._asked.popitem()[1] for _ in range(min(most, len(self._asked)))]
        while self._heap and self._heap[0][0] <= now and len(taken) < most:
            rings, schedule_id = heapq.heappop(self._heap)
            plan = self._plans.get(schedule_id)
            if plan and plan.rings == rings:
                taken.append(_due(plan, now))
        return taken

    def pass_on(self, taken: Sequence[Due]) -> None:
        """Plan the next time of each schedule that was taken."""
        for due in taken:
            plan = self._plans.get(due.schedule.id)
            if plan and not due.by_hand and plan.slot <= due.slot:
                self._plan(plan.schedule, plan.cron, plan.zone, due.slot)

    @property
    def following(self) -> datetime | None:
        """When the next time comes, or a moment before it; None if none ever does."""
        if self._asked:
            return next(iter(self._asked.values())).rings
        return self._heap[0][0] if self._heap else None

    @property
    def plans(self) -> Mapping[str, datetime]:
        """The next slot of each schedule, by id."""
        return {plan.schedule.id: plan.slot for plan in self._plans.values()}

    def _plan(self, schedule: Schedule, cron: Cron, zone: ZoneInfo, after: datetime) -> None:
        slot = cron.next_after(after, zone)
        if slot is None:
            self._plans.pop(schedule.id, None)
            return
        rings = slot + delay(schedule, slot)
        self._plans[schedule.id] = _Plan(schedule, cron, zone, slot, rings)
        heapq.heappush(self._heap, (rings, schedule.id))


def delay(schedule: Schedule, slot: datetime) -> timedelta:
    """How much later than its slot it begins: as good as random, and the same in every process."""
    if not schedule.jitter_seconds:
        return timedelta()
    return timedelta(seconds=zlib.crc32(f"{schedule.id} {slot}".encode()) % (schedule.jitter_seconds + 1))


def _due(plan: _Plan, now: datetime) -> Due:
    """What is due of a plan whose time came: after a long sleep that is a later slot than the planned one."""
    schedule, slot = plan.schedule, plan.slot
    if now - plan.rings >= _SHORTEST:
        surely_begun = now - timedelta(seconds=schedule.jitter_seconds)
        slot = max(slot, plan.cron.previous_at_or_before(surely_begun, plan.zone) or slot)
    return Due(schedule, slot, slot + delay(schedule, slot))


@lru_cache(_KNOWN)
def _read(text: str) -> Cron:
    return Cron.parse(text)
