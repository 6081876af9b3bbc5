"""Kept jobs in memory, which outlive the bots of a test; whoever waits for a change hears of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.action import Json
from bot.domain.work import Job
from bot.errors import StorageError
from tests.fakes import Unhurried


class KeptJobs:
    """``ports.Inbox``. ``broken``: so many of the next writes of new jobs fail."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.settled: dict[str, str] = {}
        """Why each was given up; empty for what is done."""
        self.broken = 0
        self.finished: list[str] = []
        """What was done, as often as it was."""
        self.dying = False
        """Processes die when a job is done, before that is written down."""
        self.tell: Callable[[], None] = lambda: None

    async def add(self, job: Job, *, begun: bool = False) -> bool:
        if self.broken:
            self.broken -= 1
            self.tell()
            raise StorageError("the database is locked")
        if fresh := job.key not in self.jobs:
            self.jobs[job.key] = replace(job, tries=1) if begun else job
        self.tell()
        return fresh

    async def revise(self, key: str, payload: Mapping[str, Json]) -> bool:
        job = self.jobs.get(key)
        if job is None or job.tries or key in self.settled:
            return False
        self.jobs[key] = replace(job, payload=payload)
        self.tell()
        return True

    async def known(self, key: str) -> bool:
        return key in self.jobs

    async def latest(self, prefix: str, since: datetime) -> Sequence[str]:
        return [key for key, job in self.jobs.items() if key.startswith(prefix) and job.at >= since]

    async def begin(self, key: str) -> Job | None:
        job = self.jobs.get(key)
        if job is None or key in self.settled:
            return None
        self.jobs[key] = replace(job, tries=job.tries + 1)
        self.tell()
        return job

    async def put_off(self, key: str, failed: bool) -> None:
        job = self.jobs[key]
        self.jobs[key] = replace(job, failures=job.failures + failed)

    async def settle(self, key: str, at: datetime, failure: str = "") -> None:
        if not self.dying:
            self.settled[key] = failure
        self.finished.append(key)
        self.tell()

    async def unfinished(self) -> Sequence[Job]:
        return [job for key, job in self.jobs.items() if key not in self.settled]

    async def ahead(self, key: str) -> Sequence[str]:
        keys = list(self.jobs)
        open_before = [each for each in keys[: keys.index(key)] if each not in self.settled]
        return [each for each in open_before if self.jobs[each].lane == self.jobs[key].lane]

    async def unsettled(self, lane: str) -> bool:
        return any(job.lane == lane for job in await self.unfinished())

    def done(self, prefix: str = "") -> list[str]:
        """The keys of what is settled."""
        return [key for key in self.settled if key.startswith(prefix)]


class Idle(Unhurried):
    """``ports.Dispatcher`` in a process that does no jobs."""

    async def dispatch(self, job: Job) -> None:
        """They wait for another process."""
