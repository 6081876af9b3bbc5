"""What a process that serves does beside serving: goes on with what was cut off, grants wishes to stop, forgets."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TypeVar

from bot.app import Service
from bot.domain.message import Platform
from bot.errors import StorageError

WISHES = 1.0
"""Seconds within which work is stopped that somebody wants stopped from another process."""
CARDS = 30.0
"""Seconds between two looks for cards whose time is up."""
AGAIN = 5.0
"""Seconds until a turn that was cut off is tried again, if the database was away."""
DAY = 86_400.0
_REMEMBERED = timedelta(days=3)
"""How long claims of events, settled jobs and requests are kept: longer than any source delivers again."""
_TICKS_REMEMBERED = timedelta(days=35)
"""How long it is known what became of a due time."""

log = logging.getLogger(__name__)

T = TypeVar("T")


@contextmanager
def start_set_apart() -> Iterator[None]:
    """While it is open, the garbage collector leaves alone what the start has made: it lives as long as the process.

    A full collection that walks over all of it stops the event loop for 70 to 120 ms, in the middle of somebody's turn.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def keep_up(service: Service, stop: asyncio.Event, expire: Iterable[Callable[[], Awaitable[None]]] = ()) -> None:
    """Until ``stop``. ``expire`` takes the buttons from cards whose time is up, one for each chat platform."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_every(WISHES, service.stopping.grant_wishes, stop))
        group.create_task(_every(DAY, lambda: forget(service), stop))
        looks = [group.create_task(_every(CARDS, cards, stop)) for cards in expire]
        await stop.wait()
        for look in looks:
            look.cancel()  # it may wait long for its platform; what it leaves is done at the next start


async def go_on(service: Service, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Finish the turns of the web chat that a crash cut off: their answers stand there when the page is opened again.

    Only where this is the one process that serves; what other platforms send comes again as kept jobs.
    """
    if service.settings.database_url.get_secret_value():
        return
    begun = partial(service.records.storage.turns.cut_off, Platform.WEB)
    while (left := await _tried(begun)) is None:
        await sleep(AGAIN)
    handle = service.engine.handle
    while left := [each for each in left if await _tried(partial(handle, each, _unwatched)) is None]:
        await sleep(AGAIN)


async def forget(service: Service) -> None:
    """Drop what nobody wants any more."""
    storage, now = service.records.storage, service.clock()
    for short in (storage.claims, storage.inbox, storage.arrivals):
        await short.forget(now - _REMEMBERED)
    before = now - timedelta(days=service.settings.retention_days)
    await storage.retention.forget_runs(before)
    await storage.retention.forget_turns(before)
    await storage.posts.forget(before)
    await storage.schedules.forget(now - _TICKS_REMEMBERED)


async def _every(seconds: float, work: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    while not stop.is_set():
        await _tried(work)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


async def _tried(work: Callable[[], Awaitable[T]]) -> T | None:
    """A database that is away for a moment is no reason to end: the next time it may be there."""
    try:
        return await work()
    except StorageError:
        log.exception("upkeep waits for the database")
        return None


async def _unwatched(_: object) -> None:
    """Nobody looks on."""
