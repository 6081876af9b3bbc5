"""The alarm clock of the scheduler: one job of APScheduler, wherever the next time of all schedules lies."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.date import DateTrigger  # type: ignore[import-untyped]

_PATIENCE = 1.0
"""Seconds after which a ring is overdue."""


class Alarm:
    """Rings once after each wait. Its job lives in memory: what is due is told by the store, after a restart too."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._rung = asyncio.Event()

    def __enter__(self) -> Alarm:
        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of each ring otherwise
        self._scheduler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._scheduler.shutdown(wait=False)

    async def wait(self, seconds: float) -> None:
        """Return in so many seconds.

        APScheduler goes by the wall clock: if that is put back meanwhile, its job would be late by as much. The loop's
        own clock is never put back, so no wait lasts longer than it should.
        """
        self._rung.clear()
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        self._scheduler.add_job(
            self._ring,
            DateTrigger(moment),
            id="due",
            replace_existing=True,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds + _PATIENCE):
                await self._rung.wait()

    async def _ring(self) -> None:
        self._rung.set()
