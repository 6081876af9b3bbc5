"""Simulated time and the news that something changed: tests wait for events, never for seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 20.0
"""Seconds of real time after which a wait in a test has failed."""


class Clock:
    """Slack's time. It stands still in tests, runs on the page, and can be pushed forward in both."""

    def __init__(self, *, running: bool = False) -> None:
        self._base = float(int(time.time()))
        self._began = time.monotonic()
        self._running = running
        self._pushed = asyncio.Event()

    def now(self) -> float:
        """Seconds since 1970."""
        return self._base + (time.monotonic() - self._began if self._running else 0.0)

    def advance(self, seconds: float) -> None:
        """Let time pass; everything that fell due happens."""
        self._base += seconds
        self._pushed.set()
        self._pushed = asyncio.Event()

    async def until(self, moment: float) -> None:
        """Return at that moment."""
        while self.now() < moment:
            try:
                await asyncio.wait_for(self._pushed.wait(), moment - self.now() if self._running else None)
            except TimeoutError:
                continue

    async def within(self, seconds: float, work: Coroutine[Any, Any, T]) -> T | None:
        """What ``work`` gives, or none when that many seconds passed first."""
        doing = asyncio.ensure_future(work)
        waiting = asyncio.ensure_future(self.until(self.now() + seconds))
        try:
            await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            doing.cancel()
            waiting.cancel()
            await asyncio.gather(doing, waiting, return_exceptions=True)


class Changes:
    """Something changed: those who wait look again."""

    def __init__(self) -> None:
        self.count = 0
        self._news = asyncio.Event()

    def tell(self) -> None:
        """Wake everyone who waits."""
        self.count += 1
        self._news.set()
        self._news = asyncio.Event()

    async def next(self) -> None:
        """Return at the next change."""
        await self._news.wait()

    async def until(self, found: Callable[[], T], picture: Callable[[], str], patience: float = PATIENCE) -> T:
        """The first true answer of ``found``; after ``patience`` the failure shows ``picture``."""
        try:
            async with asyncio.timeout(patience):
                while not (result := found()):
                    await self.next()
                return result
        except TimeoutError:
            raise AssertionError(f"It did not happen. What there is:\n{picture()}") from None
