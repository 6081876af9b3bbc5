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

    async def __aenter__(self) -> Tasks:
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._group.__aexit__(*error)

    def spawn(self, work: Coroutine[Any, Any, None], what: str) -> None:
        """Do ``work``; what goes wrong in it is logged and disturbs nobody else."""
        self._group.create_task(_guarded(work, what))


async def _guarded(work: Coroutine[Any, Any, None], what: str) -> None:
    try:
        await work
    except Exception:
        log.exception("%s failed", what)
