"""What comes in from a platform is written down before the platform is told that we have it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from bot.domain.action import Json
from bot.domain.work import Job
from bot.ports import Inbox, Meters, PromptDispatcher, Unmeasured


class Durable:
    """Takes each event once, however often and however simultaneously it is delivered."""

    def __init__(self, inbox: Inbox, dispatcher: PromptDispatcher, meters: Meters | None = None) -> None:
        self._inbox = inbox
        self._dispatcher = dispatcher
        self._meters = meters or Unmeasured()
        self._taking: dict[str, asyncio.Future[None]] = {}
        """Cancelled where the write failed."""
        self._arriving: Counter[str] = Counter()
        """Lanes of jobs that nobody has been told to do yet: no later one of such a lane may begin before them."""

    async def take(self, job: Job, acknowledge: Callable[[], Awaitable[object]] | None = None) -> bool:
        """Keep a job and have it done. True for the first of its key; once this returns it is on disk, whoever kept it.

        ``acknowledge`` tells the platform once the job is on disk, before the work on it begins; it must not raise.

        A twin that comes at the same moment waits for the first one's write instead of asking the database: what is
        acknowledged for the one is acknowledged for both. If the first one's write fails, the twin's own is tried.
        """
        begun = job.lane not in self._arriving and self._dispatcher.begins_at_once(job)
        self._arriving[job.lane] += 1
        fresh = False
        try:
            fresh = await self._fresh(job, begun)
            if acknowledge:
                await acknowledge()
        finally:
            self._arrived(job.lane)
            if fresh:  # whatever became of the acknowledgement
                self._meters.received(job.kind)
                await (self._dispatcher.dispatch_begun(job) if begun else self._dispatcher.dispatch(job))
            elif begun:
                self._dispatcher.release(job)
        if not fresh:
            self._meters.duplicate()
        return fresh

    async def expects(self, lane: str) -> bool:
        """Whether a job of that lane has come in and is not done."""
        return lane in self._arriving or await self._inbox.unsettled(lane)

    async def revise(self, key: str, payload: Mapping[str, Json]) -> bool:
        """Give a job that was not begun yet another payload: a question that was changed in time.

        One that is being kept at the moment is waited for.
        """
        if taking := self._taking.get(key):
            await asyncio.wait((taking,))
        return await self._inbox.revise(key, payload)

    async def known(self, key: str) -> bool:
        """Whether a job of that key was ever taken."""
        return await self._inbox.known(key)

    async def latest(self, prefix: str, since: datetime) -> Sequence[str]:
        """The keys that begin so and came in since then, the oldest first."""
        return await self._inbox.latest(prefix, since)

    def _arrived(self, lane: str) -> None:
        self._arriving[lane] -= 1
        if not self._arriving[lane]:
            del self._arriving[lane]

    async def _fresh(self, job: Job, begun: bool) -> bool:
        if earlier := self._taking.get(job.key):
            await asyncio.wait((earlier,))
            if not earlier.cancelled():
                return False
        return await self._kept(job, begun)

    async def _kept(self, job: Job, begun: bool) -> bool:
        taking = self._taking[job.key] = asyncio.get_running_loop().create_future()
        try:
            fresh = await self._inbox.add(job, begun=begun)
            taking.set_result(None)
            return fresh
        finally:
            taking.cancel()
            if self._taking.get(job.key) is taking:
                del self._taking[job.key]
