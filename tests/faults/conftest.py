"""A desk that keeps jobs and does them, on a database that tests take away from under it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.adapters.chat.durable import Durable
from bot.dispatch.embedded import Embedded
from bot.dispatch.trying import Trying
from bot.domain.work import Job
from bot.records import new_id, utc_now
from bot.storage.database import Database
from bot.storage.storage import Storage
from bot.telemetry.health import Health, Readiness

LIMIT = 120.0
"""Seconds after which something that must come has not."""


@dataclass
class Desk:
    """The durable half of the service: what comes in is kept, done, and looked after."""

    storage: Storage
    durable: Durable
    health: Health
    done: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_done(self, *keys: str) -> None:
        """Return once these jobs were done."""
        async with asyncio.timeout(LIMIT):
            while not set(keys) <= set(self.done):
                self.news.clear()
                await self.news.wait()

    async def until(self, *, ready: bool) -> Readiness:
        """The first answer of that kind."""
        async with asyncio.timeout(LIMIT):
            while (found := await self.health.readiness()).ready is not ready:
                await asyncio.sleep(0.01)
            return found


def job(key: str) -> Job:
    """Something to do, in a lane of its own."""
    return Job(key, "test.note", key, {"text": "hello"}, utc_now())


@asynccontextmanager
async def desk_over(database: Database, patience: float = LIMIT) -> AsyncIterator[Desk]:
    """A running desk, whose health waits so many seconds for an answer.

    Pauses between tries last no time, so that no test waits for one.
    """
    storage, health = Storage.over(database), Health(_Later(), patience)
    stop = asyncio.Event()

    async def stored() -> str:
        await storage.proof.writable(new_id)
        return ""

    async def handle(given: Job) -> None:
        desk.done.append(given.key)
        desk.news.set()

    async def soon(_: float) -> None:
        await asyncio.sleep(0.01)

    health.add("database", stored)
    dispatcher = Embedded(Trying(storage.inbox, {"test.note": handle}, utc_now), sleep=soon)
    desk = Desk(storage, Durable(storage.inbox, dispatcher), health)
    async with asyncio.TaskGroup() as group:
        group.create_task(dispatcher.run(stop))
        try:
            yield desk
        finally:
            stop.set()


class _Later:
    """Monotonic time in which every look is a minute after the one before: no answer of a check is kept."""

    def __init__(self) -> None:
        self._now = time.monotonic()

    def __call__(self) -> float:
        self._now += 60
        return self._now
