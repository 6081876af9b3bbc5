"""What one run says, on its way to its log: kept every now and then while it goes on, the rest with its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.domain.run_log import EntryKind, LogEntry
from bot.errors import StorageError
from bot.ports import Clock, RunLog

EVERY = 0.5
"""Seconds."""

log = logging.getLogger(__name__)


class Chronicle:
    """Collects the entries of one run; all of them masked before they get here."""

    def __init__(self, run_id: str, store: RunLog, clock: Clock) -> None:
        self._run_id = run_id
        self._store = store
        self._clock = clock
        self._new: list[LogEntry] = []

    def note(self, kind: EntryKind, text: str) -> None:
        self._new.append(LogEntry(self._clock(), kind, text))

    def rest(self) -> list[LogEntry]:
        """What is not kept yet; whoever takes it keeps it."""
        taken, self._new = self._new, []
        return taken

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """As long as the block lasts, those who look on see what is said with a short delay."""
        keeping = asyncio.create_task(self._keep(), name=f"log of {self._run_id}")
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            if not self._new:
                continue
            taken = self.rest()
            try:
                await asyncio.shield(self._store.append(self._run_id, taken))
            except StorageError:
                log.warning("part of a run's log is kept later", extra={"run": self._run_id})
                self._new[:0] = taken
