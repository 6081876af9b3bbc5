"""Kept jobs for the adapter: an inbox in memory that outlives the bots of a test, and the real dispatcher over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from bot.adapters.chat.durable import Durable
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.hands import given_up, handlers
from bot.dispatch.embedded import Embedded
from bot.dispatch.trying import Trying
from bot.domain.action import Json
from bot.domain.work import Job
from bot.errors import StorageError

_PATIENCE = 60.0
_PAUSE = 0.01


class KeptJobs:
    """``ports.Inbox`` in memory. ``broken`` makes so many of the next writes of new jobs fail; no job begins
    while ``going`` is not set.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.settled: dict[str, str] = {}
        """Why each was given up; empty for what is done."""
        self.broken = 0
        self.going = asyncio.Event()
        self.going.set()
        self._changed = asyncio.Condition()

    async def add(self, job: Job, *, begun: bool = False) -> bool:
        await asyncio.sleep(0)
        if self.broken:
            self.broken -= 1
            raise StorageError("The database is locked.")
        if job.key in self.jobs:
            return False
        self.jobs[job.key] = replace(job, tries=1) if begun else job
        return True

    async def revise(self, key: str, payload: Mapping[str, Json]) -> bool:
        job = self.jobs.get(key)
        if job is None or job.tries or key in self.settled:
            return False
        self.jobs[key] = replace(job, payload=payload)
        return True

    async def known(self, key: str) -> bool:
        return key in self.jobs

    async def latest(self, prefix: str, since: datetime) -> Sequence[str]:
        return [key for key, job in self.jobs.items() if key.startswith(prefix) and job.at >= since]

    async def begin(self, key: str) -> Job | None:
        await self.going.wait()
        job = self.jobs.get(key)
        if job is None or key in self.settled:
            return None
        self.jobs[key] = replace(job, tries=job.tries + 1)
        return job

    async def put_off(self, key: str, failed: bool) -> None:
        job = self.jobs[key]
        self.jobs[key] = replace(job, failures=job.failures + failed)

    async def settle(self, key: str, at: datetime, failure: str = "") -> None:
        self.settled[key] = failure
        async with self._changed:
            self._changed.notify_all()

    async def unfinished(self) -> Sequence[Job]:
        return [job for key, job in self.jobs.items() if key not in self.settled]

    async def ahead(self, key: str) -> Sequence[str]:
        keys = list(self.jobs)
        before = keys[: keys.index(key)]
        return [each for each in before if each not in self.settled and self.jobs[each].lane == self.jobs[key].lane]

    async def unsettled(self, lane: str) -> bool:
        return any(job.lane == lane for job in await self.unfinished())

    @property
    def open(self) -> list[str]:
        """What is to be done."""
        return [key for key in self.jobs if key not in self.settled]

    def cut_off(self, kind: str = "") -> None:
        """As though the process had died right before it settled its jobs, or those of a kind."""
        self.settled = {key: why for key, why in self.settled.items() if kind and self.jobs[key].kind != kind}

    async def rest(self) -> None:
        """Wait until everything is done."""
        async with asyncio.timeout(_PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.settled) == len(self.jobs))


@asynccontextmanager
async def kept_jobs_done(inbox: KeptJobs, desk: Desk) -> AsyncIterator[Durable]:
    """Jobs are done while this is open, at first what was left over; leaving waits for all of them."""
    stop = asyncio.Event()
    driver = _Held(inbox, Trying(inbox, handlers(desk), desk.clock, given_up(desk)), sleep=_short)
    async with asyncio.TaskGroup() as group:
        group.create_task(driver.run(stop))
        try:
            yield Durable(inbox, driver)
            await inbox.rest()
        finally:
            stop.set()


class _Held(Embedded):
    """Begins nothing while the inbox does not let it."""

    def __init__(self, inbox: KeptJobs, trying: Trying, sleep: Callable[[float], Awaitable[None]]) -> None:
        super().__init__(trying, sleep=sleep)
        self._inbox = inbox

    def begins_at_once(self, job: Job) -> bool:
        return self._inbox.going.is_set() and super().begins_at_once(job)


async def _short(seconds: float) -> None:
    await asyncio.sleep(min(seconds, _PAUSE))
