"""So many jobs at a time. ``asyncio.Semaphore`` lets nobody take a slot without waiting a turn of the event loop."""

from __future__ import annotations

import asyncio
from collections import deque


class Slots:
    """Who waits longest comes first: a slot that is given back goes straight to them."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: deque[asyncio.Future[None]] = deque()
        """Nobody waits while a slot is free."""

    def take(self) -> bool:
        """Whether a slot was free; it is the caller's then."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Returns once the caller has a slot."""
        if self.take():
            return
        given = asyncio.get_running_loop().create_future()
        self._waiting.append(given)
        try:
            await given
        except asyncio.CancelledError:
            if not given.cancelled():  # it was given at that very moment
                self.give_back()
            raise

    def give_back(self) -> None:
        """Somebody else may have it."""
        while self._waiting:
            given = self._waiting.popleft()
            if not given.done():
                given.set_result(None)
                return
        self._free += 1
