"""Everything between a clock and two platforms: scheduler, firing, posting and the dispatcher over a real store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.dispatch.embedded import Embedded
from bot.dispatch.trying import Trying
from bot.domain.errand import Errand
from bot.domain.message import Platform
from bot.domain.post import DELIVER, Address, Compose, Delivery, Post, PostState
from bot.domain.run import ActionResult, Outcome
from bot.domain.schedule import Schedule
from bot.llm.offline.model import OfflineModel
from bot.ports import Clock, Handler, Poster, TurnStore, Watch
from bot.posting.delivering import Delivering
from bot.posting.postbox import Postbox
from bot.posting.telling import Telling
from bot.scheduling.firing import Firer
from bot.scheduling.scheduler import FIRE, Parts, Scheduler
from bot.storage.storage import Storage
from tests.fakes import ListedActions, WordMasker, action, counting
from tests.scheduling.desk import HandClock, never

NINE = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""In Berlin, on a Monday."""
PATIENCE = 60.0
"""Seconds that anything may take on a busy machine."""
SLA = action("sla-watch")


@dataclass
class Reports:
    """``ports.Errands``: the tickets at risk, one more each time; the same errand gives the same."""

    clock: Clock
    given: dict[str, ActionResult] = field(default_factory=dict)

    async def run(self, errand: Errand, watch: Watch) -> ActionResult:
        if errand.run_id not in self.given:
            rows = [
                {"ticket": f"#{number}", "team": "Billing", "left": f"{number - 4380} min"}
                for number in range(4400, 4402 + len(self.given))
            ]
            output, now = json.dumps(rows), self.clock()
            self.given[errand.run_id] = ActionResult(
                errand.run_id, errand.action, "SLA watch", Outcome.SUCCESS, "success", output, now, 1.0
            )
        return self.given[errand.run_id]


def mondays(zone: str, created: datetime, *targets: Address) -> Schedule:
    """The digest at nine on Mondays there."""
    delivery = Delivery(targets, Compose.DIGEST)
    return Schedule("sla", "sla-watch", "Monday SLA digest", "0 9 * * 1", created, zone, {}, delivery)


async def as_it_is(result: ActionResult) -> ActionResult:
    """Nothing of it is to be left out."""
    return result


@dataclass
class Digests:
    """One process after the other over one store."""

    storage: Storage
    posters: Mapping[Platform, Poster]
    turns: TurnStore
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        self.reports = Reports(self.clock)
        self._ids = counting("d")

    @asynccontextmanager
    async def process(self) -> AsyncIterator[Scheduler]:
        """A process of the service; what it began is ended when it is left."""
        handlers: dict[str, Handler] = {}
        embedded, stop = Embedded(Trying(self.storage.inbox, handlers, self.clock)), asyncio.Event()
        posts, runs, schedules = self.storage.posts, self.storage.runs, self.storage.schedules
        postbox = Postbox(posts, Telling(OfflineModel(None), WordMasker()), as_it_is, embedded, self.clock)
        handlers[DELIVER] = Delivering(posts, self.posters, runs, self.turns, embedded, self.clock).deliver
        handlers[FIRE] = Firer(schedules, ListedActions(SLA), self.reports, postbox, self.clock)
        async with asyncio.TaskGroup() as group:
            group.create_task(embedded.run(stop))
            yield Scheduler(Parts(schedules, embedded, self.clock, self._ids, never))
            stop.set()

    async def at(self, moment: datetime, scheduler: Scheduler) -> None:
        """The clock shows that time, and the scheduler looks at it."""
        self.clock.now = moment
        await scheduler.look()

    async def sent(self, schedule: Schedule, count: int) -> list[Post]:
        """Its posts, newest first, once there are so many and all are made."""
        async with asyncio.timeout(PATIENCE):
            while True:
                posts = list(await self.storage.posts.latest(f"schedule/{schedule.id}", 100))
                if len(posts) >= count and all(post.state is not PostState.QUEUED for post in posts):
                    return posts
                await asyncio.sleep(0.02)
