"""A scheduler over a real store, with a clock that moves only when it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.domain.schedule import Schedule, TickState
from bot.domain.work import Job
from bot.ports import ScheduleStore
from bot.scheduling.scheduler import Pace, Parts, Scheduler
from bot.storage.storage import Storage
from tests.fakes import counting

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
"""08:00 in Berlin."""


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Listed:
    """A dispatcher that does nothing but keep what it is given."""

    jobs: list[Job] = field(default_factory=list)

    async def dispatch(self, job: Job) -> None:
        self.jobs.append(job)

    @property
    def keys(self) -> list[str]:
        return [job.key for job in self.jobs]


async def never(seconds: float) -> None:
    """An alarm that does not ring."""
    await asyncio.Event().wait()


def schedule(
    id: str = "sla",  # noqa: A002
    cron: str = "0 9 * * 1",
    zone: str = "Europe/Berlin",
    jitter: int = 0,
    created_at: datetime = MONDAY,
) -> Schedule:
    return Schedule(id, "sla-watch", "SLA digest", cron, created_at, zone, {"team": "emea"}, jitter_seconds=jitter)


def scheduler(
    store: ScheduleStore,
    clock: HandClock,
    dispatcher: Listed,
    replica: str = "one",
    pace: Pace | None = None,
    wait: Callable[[float], Awaitable[None]] = never,
) -> Scheduler:
    return Scheduler(Parts(store, dispatcher, clock, counting(replica), wait), pace)


async def finish(storage: Storage, jobs: Sequence[Job], clock: HandClock) -> None:
    """The work of these jobs is done."""
    for job in jobs:
        await storage.inbox.settle(job.key, clock())


async def states(storage: Storage, schedule_id: str = "sla") -> list[tuple[str, TickState]]:
    """Slots and what became of them, oldest first."""
    ticks = await storage.schedules.latest(schedule_id, 100)
    return [(f"{tick.slot:%m-%d %H:%M}", tick.state) for tick in reversed(ticks)]
