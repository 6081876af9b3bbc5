"""Jobs done in the one process there is: ``ports.PromptDispatcher`` without anything beside the database."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from bot.dispatch.limits import Limits
from bot.dispatch.slots import Slots
from bot.dispatch.trying import Trying
from bot.domain.work import Job


class Embedded:
    """A task for each lane that has something to do. Jobs that wait are names only: what is in them stays on disk."""

    def __init__(
        self,
        trying: Trying,
        limits: Limits | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._trying = trying
        self._limits = limits or Limits()
        self._sleep = sleep
        self._slots = Slots(self._limits.side_by_side)
        self._lanes: dict[str, deque[str]] = {}
        self._known: set[str] = set()
        self._begun: dict[str, Job] = {}
        """Jobs that are kept as begun, by lane: few, for each has a slot already, and is the first of its lane."""
        self._early: list[Job] | None = []
        """What came before the jobs of the process before were read: those are older and go first."""
        self._group: asyncio.TaskGroup | None = None
        self._resting: set[asyncio.Task[None]] = set()
        """Tasks of lanes whose next job is not under way."""
        self._working: set[asyncio.Task[None]] = set()

    def begins_at_once(self, job: Job) -> bool:
        """Whether nothing is before it in its lane, and a slot is free. Both are its own from now on: of jobs that
        are written down at the same time no two may count on the same.
        """
        if self._group is None or job.lane in self._lanes or not self._slots.take():
            return False
        self._lanes[job.lane] = deque((job.key,))
        self._begun[job.lane] = job
        return True

    def release(self, job: Job) -> None:
        """What was to begin at once was not kept: lane and slot are free for others."""
        keys = self._lanes[job.lane]
        keys.popleft()
        del self._begun[job.lane]
        self._slots.give_back()
        if keys and self._group:
            self._serve_soon(job.lane, self._group)
        else:
            del self._lanes[job.lane]

    async def dispatch(self, job: Job) -> None:
        """Have a job that the inbox keeps done soon. Once this process is to end, it waits for the next one."""
        if self._early is not None:
            self._early.append(job)
        elif self._group:
            self._take(job, self._group)

    async def dispatch_begun(self, job: Job) -> None:
        """Have a job done that was kept as begun. Once this process is to end, the next one begins it again."""
        if self._group:
            self._known.add(job.key)
            self._serve_soon(job.lane, self._group)

    async def run(self, stop: asyncio.Event) -> None:
        """Do jobs until ``stop``, then let those under way end; what takes too long is cut off and begun again later.

        Raises StorageError if the jobs that the last process left cannot be read.
        """
        left = await self._trying.inbox.unfinished()
        async with asyncio.TaskGroup() as group:
            early, self._early, self._group = self._early or [], None, group
            for job in (*left, *early):
                self._take(job, group)
            del left, early
            await stop.wait()
            self._group = None
            await self._drain()

    @property
    def waiting(self) -> int:
        """Jobs that are not done yet."""
        return len(self._known)

    def _take(self, job: Job, group: asyncio.TaskGroup) -> None:
        if job.key in self._known:
            return
        self._known.add(job.key)
        if job.lane in self._lanes:
            self._lanes[job.lane].append(job.key)
        else:
            self._lanes[job.lane] = deque((job.key,))
            self._serve_soon(job.lane, group)

    def _serve_soon(self, lane: str, group: asyncio.TaskGroup) -> None:
        self._resting.add(group.create_task(self._serve(lane)))

    async def _serve(self, lane: str) -> None:
        """Do the jobs of a lane in order, each until there is no more to do about it."""
        keys, task = self._lanes[lane], asyncio.current_task()
        assert task
        try:
            while keys and self._group:
                pause = await self._attempt(lane, keys[0], task)
                if pause is None:
                    self._known.discard(keys.popleft())
                elif self._group:  # else the next process tries it: nobody waits for a pause
                    await self._sleep(pause)
        finally:
            self._resting.discard(task)
            del self._lanes[lane]

    async def _attempt(self, lane: str, key: str, task: asyncio.Task[None]) -> float | None:
        begun = self._begun.pop(lane, None)
        if begun is None:
            await self._slots.wait()
        self._resting.discard(task)
        self._working.add(task)
        try:
            return await (self._trying.attempt_begun(begun) if begun else self._trying.attempt(key))
        finally:
            self._working.discard(task)
            self._resting.add(task)
            self._slots.give_back()

    async def _drain(self) -> None:
        for task in tuple(self._resting):
            task.cancel()
        if self._working:
            _, late = await asyncio.wait(tuple(self._working), timeout=self._limits.drain_seconds)
            for task in late:
                task.cancel()
