"""Schedules as they are kept, and the ticks that decide who fires."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.schedule import Schedule, ScheduleLine, Standing, Tick
from bot.domain.work import Job


@dataclass(frozen=True, slots=True)
class Firing:
    """A due time that is to be fired: its tick, and the job that does the work."""

    tick: Tick
    job: Job
    """Its lane is the schedule's own: a job that is not settled there is the run before, which still goes on."""
    rings: datetime
    """When it was to begin: its slot, and the schedule's jitter after it."""


ScheduleLines = Callable[[], Awaitable[Sequence[ScheduleLine]]]
"""All schedules as a list shows them, oldest first. Raises StorageError."""


async def no_schedules() -> Sequence[ScheduleLine]:
    """Of those who keep none."""
    return ()


class ScheduleStore(Protocol):
    """What the scheduler needs of the store. Each method raises StorageError."""

    async def changes(self, since: int, most: int) -> Sequence[Standing]:
        """Schedules whose latest change has a higher number than ``since``, in that order; 0 begins with all."""
        ...

    async def get(self, schedule_id: str) -> Schedule | None:
        """One schedule; None if there is none, or it is removed."""
        ...

    async def fire(self, firings: Sequence[Firing], taker: str, at: datetime) -> Sequence[Job]:
        """Keep each tick that nobody took yet, with its job, all in one transaction; gives the jobs that were won.

        ``taker`` is a name that no other call has. Where the run before still goes on, the tick is kept as skipped and
        there is no job.
        """
        ...

    async def note(self, ticks: Sequence[Tick], at: datetime) -> None:
        """Keep ticks that are not fired, and why; those that are known stay as they are."""
        ...

    async def settle(self, tick: Tick, at: datetime) -> None:
        """What became of a tick that was fired."""
        ...
