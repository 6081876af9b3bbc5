"""Work that outlives the event that began it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Tasks:
    """Work that outlives the listener that began it: a platform wants its acknowledgement at once.

    ``async with Tasks() as tasks``; leaving waits for all of it.
    """

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._running: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Tasks:
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._group.__aexit__(*error)

    def spawn(self, work: Coroutine[Any, Any, None], what: str) -> None:
        """Do ``work``; what goes wrong in it is logged and disturbs nobody else."""
        guarded = _guarded(work, what)
        try:
            task = self._group.create_task(guarded)
        except RuntimeError:
            log.warning("%s comes too late: the service stops", what)
            guarded.close()
            work.close()
            return
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def rest(self, seconds: float) -> None:
        """Wait until nothing runs, or for that long."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=seconds)


async def _guarded(work: Coroutine[Any, Any, None], what: str) -> None:
    try:
        await work
    except Exception:
        log.exception("%s failed", what)
