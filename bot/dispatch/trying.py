"""One try at a job, the same for every driver: begin it, do it, settle it or say when to try again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.dispatch.limits import FAILURES, hopeless, pause_after
from bot.domain.work import Job
from bot.errors import StorageError, TryLater
from bot.ports import Clock, GivenUp, Handler, Inbox

_STORE_PAUSE = 1.0
"""Seconds to wait for a database that gives no answer. That is no failure of the job."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trying:
    """Does jobs by name."""

    inbox: Inbox
    handlers: Mapping[str, Handler]
    """By kind."""
    clock: Clock
    given_up: Mapping[str, GivenUp] = field(default_factory=dict)
    """By kind, where somebody is to be told."""

    async def attempt(self, key: str) -> float | None:
        """Try it once: seconds until it is to be tried again, or None once there is no more to do here."""
        try:
            job = await self.inbox.begin(key)
            return await self._tried(job) if job else None
        except StorageError:
            return _unrecorded(key)

    async def attempt_begun(self, job: Job) -> float | None:
        """The same for a job that was kept as begun: its first try."""
        try:
            return await self._tried(job)
        except StorageError:
            return _unrecorded(job.key)

    async def _tried(self, job: Job) -> float | None:
        handler = self.handlers.get(job.kind)
        if handler is None:
            log.error("nobody here does jobs of this kind: it stays", extra={"job": job.key, "kind": job.kind})
            return None
        if why := hopeless(job):
            await self._give_up(job, why)
            return None
        try:
            await handler(job)
        except TryLater as later:
            log.info("job put off: %s", later, extra={"job": job.key})
            await self.inbox.put_off(job.key, failed=False)
            return later.seconds
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise  # the process ends: the row stays as it is, for the next one
            return await self._failed(job)
        except Exception:  # noqa: BLE001 - whatever it is, the job is tried again; ``_failed`` logs it
            return await self._failed(job)
        await self.inbox.settle(job.key, self.clock())
        return None

    async def _failed(self, job: Job) -> float | None:
        failures = job.failures + 1
        log.exception("job failed", extra={"job": job.key, "failures": failures})
        await self.inbox.put_off(job.key, failed=True)
        if failures >= FAILURES:
            await self._give_up(replace(job, failures=failures), f"it failed {failures} times")
            return None
        return pause_after(failures)

    async def _give_up(self, job: Job, why: str) -> None:
        log.error("job given up: %s", why, extra={"job": job.key})
        if tell := self.given_up.get(job.kind):
            try:
                await tell(job)
            except Exception:
                log.exception("nobody could be told of a job given up", extra={"job": job.key})
        await self.inbox.settle(job.key, self.clock(), failure=why)


def _unrecorded(key: str) -> float:
    log.exception("job waits for the database", extra={"job": key})
    return _STORE_PAUSE
