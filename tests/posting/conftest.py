"""The posting wing over a real store, with two platforms in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.deliveries import redacted
from bot.domain.action import Safety
from bot.domain.message import Platform
from bot.domain.post import Delivery, Fired, Post
from bot.domain.work import Job
from bot.errors import TryLater
from bot.posting.delivering import Delivering
from bot.posting.postbox import Postbox
from bot.posting.telling import Telling
from bot.storage.storage import Storage, open_storage
from tests.fakes import ListedActions, ScriptedModel, action
from tests.posting.samples import DELIVERY, NINE, Hiding, Jobs, Place


@dataclass
class Office:
    """Everything between a firing and two platforms."""

    storage: Storage
    now: datetime = NINE
    model: ScriptedModel = field(default_factory=ScriptedModel)
    hiding: Hiding = field(default_factory=Hiding)
    slack: Place = field(default_factory=lambda: Place(Platform.SLACK))
    discord: Place = field(default_factory=lambda: Place(Platform.DISCORD))
    jobs: Jobs = field(default_factory=Jobs)
    catalogue: ListedActions = field(
        default_factory=lambda: ListedActions(action("payroll", safety=Safety(redact_fields=("iban",))))
    )
    put_off: list[float] = field(default_factory=list)
    """Seconds of the pauses that were asked for."""

    def __post_init__(self) -> None:
        self.opened()

    def opened(self) -> None:
        """As after a start: nothing is remembered but what is stored."""
        posters = {Platform.SLACK: self.slack, Platform.DISCORD: self.discord}
        posts, runs, turns = self.storage.posts, self.storage.runs, self.storage.turns
        telling = Telling(self.model, self.hiding)
        self.postbox = Postbox(posts, telling, partial(redacted, self.catalogue), self.jobs, self.clock)
        self.delivering = Delivering(posts, posters, runs, turns, self.jobs, self.clock)

    def clock(self) -> datetime:
        return self.now

    async def fire(self, fired: Fired, delivery: Delivery = DELIVERY) -> None:
        """Hand it over a few seconds after it ran, and make what can be made."""
        self.now = fired.ran_at + timedelta(seconds=1)
        await self.postbox.hand_over(fired, delivery)
        await self.deliver()

    async def deliver(self) -> None:
        """One try of everything that waits, and of what comes of it."""
        tried: set[str] = set()
        while todo := [job for job in await self.storage.inbox.unfinished() if job.key not in tried]:
            tried.add(todo[0].key)
            await self.attempt(todo[0])

    async def attempt(self, waiting: Job) -> None:
        if job := await self.storage.inbox.begin(waiting.key):
            try:
                await self.delivering.deliver(job)
            except TryLater as later:
                self.put_off.append(later.seconds)
            else:
                await self.storage.inbox.settle(job.key, self.now)

    async def kept(self) -> list[Post]:
        """All posts of the schedule, oldest first."""
        return [*reversed(await self.storage.posts.latest("schedule/s1", 100))]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_storage(tmp_path / "desk.db") as storage:
        yield Office(storage)
