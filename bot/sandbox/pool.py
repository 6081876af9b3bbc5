"""Containers that wait for a job: made ahead, taken once, replaced in the background."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.errors import SandboxError
from bot.sandbox.container import Container

log = logging.getLogger(__name__)

STARTS_AT_ONCE = 2
"""Containers that are made side by side; more would take the processor from the runs themselves."""
BUSY_SECONDS = 5.0
"""As many containers wait as were taken in this time, within the limits of the settings."""
LONGEST_PAUSE = 30.0
"""Seconds between two tries while no container can be made."""


class Pool:
    """Between ``least`` and ``most`` waiting containers, as many as the last seconds needed.

    ``make`` gives a container that is ready for its job; ``monotonic`` is the clock in seconds.
    """

    def __init__(
        self, make: Callable[[], Awaitable[Container]], least: int, most: int, monotonic: Callable[[], float]
    ) -> None:
        self._make = make
        self._least = least
        self._most = max(least, most)
        self._monotonic = monotonic
        self._waiting: deque[Container] = deque()
        self._starting = 0
        self._taken: deque[float] = deque(maxlen=self._most)
        self._short = asyncio.Event()
        self._full = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self) -> tuple[Container | None, list[Container]]:
        """A waiting container, if there is one, and those that died while they waited: the taker removes them."""
        self._taken.append(self._monotonic())
        dead = []
        while self._waiting:
            container = self._waiting.popleft()
            if not container.ended:
                break
            dead.append(container)
        else:
            container = None
        self._look()
        return container, dead

    async def full(self) -> None:
        """Wait until as many containers wait as are wanted."""
        await self._full.wait()

    async def keep(self) -> None:
        """Make containers whenever there are too few, until cancelled; removes those that still wait then."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(STARTS_AT_ONCE):
                    group.create_task(self._refill())
        finally:
            await asyncio.shield(self._empty())

    async def _refill(self) -> None:
        pause = 0.5
        while True:
            self._look()
            await self._short.wait()
            if not self._short.is_set():
                continue
            try:
                await self._add()
                pause = 0.5
            except SandboxError as error:
                log.warning("no container could be made ready, next try in %g s: %s", pause, error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _add(self) -> None:
        self._starting += 1
        self._look()
        try:
            self._waiting.append(await self._make())
        finally:
            self._starting -= 1
            self._look()

    def _look(self) -> None:
        """Say whether one more is wanted now, and whether enough are there."""
        wanted = self._wanted()
        short = len(self._waiting) + self._starting < wanted
        # One at a time is enough while half of them wait: starting two at once is felt by the jobs that run.
        _show(self._short, short and (not self._starting or 2 * len(self._waiting) < wanted))
        _show(self._full, len(self._waiting) >= wanted)

    def _wanted(self) -> int:
        since = self._monotonic() - BUSY_SECONDS
        return min(self._most, max(self._least, sum(moment >= since for moment in self._taken)))

    async def _empty(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        with suppress(SandboxError):
            await asyncio.gather(*(container.remove() for container in waiting))


def _show(event: asyncio.Event, on: bool) -> None:
    if on:
        event.set()
    else:
        event.clear()
