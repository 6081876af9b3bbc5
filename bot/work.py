"""The kept jobs of a process: who does them, and what hands them out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from bot.adapters.chat.durable import Durable
from bot.dispatch.trying import Trying
from bot.domain.work import Job
from bot.ports import Clock, GivenUp, Handler, Meters
from bot.storage.inbox import InboxRows
from bot.telemetry.metered import metered_handler


class Driver(Protocol):
    """A dispatcher that does jobs in this process."""

    async def dispatch(self, job: Job) -> None: ...

    def begins_at_once(self, job: Job) -> bool: ...

    def release(self, job: Job) -> None: ...

    async def dispatch_begun(self, job: Job) -> None: ...

    async def run(self, stop: asyncio.Event) -> None:
        """Do jobs until ``stop``; those under way get some seconds to end."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """Wings add their handlers while they are opened; then ``dispatcher.run`` begins."""

    inbox: InboxRows
    dispatcher: Driver
    meters: Meters
    clock: Clock
    handlers: dict[str, Handler] = field(default_factory=dict)
    given_up: dict[str, GivenUp] = field(default_factory=dict)

    def durable(self) -> Durable:
        """For an adapter: keeps what comes in, then has it done."""
        return Durable(self.inbox, self.dispatcher, self.meters)

    def add(self, handlers: Mapping[str, Handler], given_up: Mapping[str, GivenUp] | None = None) -> None:
        """Have jobs of these kinds done here."""
        timed = {kind: metered_handler(handler, self.meters, self.clock) for kind, handler in handlers.items()}
        self.handlers.update(timed)
        self.given_up.update(given_up or {})


def embedded_work(inbox: InboxRows, clock: Clock, meters: Meters) -> Work:
    """Everything in this one process."""
    from bot.dispatch.embedded import Embedded

    handlers: dict[str, Handler] = {}
    given_up: dict[str, GivenUp] = {}
    return Work(inbox, Embedded(Trying(inbox, handlers, clock, given_up)), meters, clock, handlers, given_up)


@asynccontextmanager
async def open_work(url: str, inbox: InboxRows, clock: Clock, meters: Meters) -> AsyncIterator[Work]:
    """Jobs done in this one process; or by all those that share the PostgreSQL at ``url``. Raises StorageError."""
    if not url:
        yield embedded_work(inbox, clock, meters)
        return
    from bot.dispatch.procrastinate import Procrastinate

    handlers: dict[str, Handler] = {}
    given_up: dict[str, GivenUp] = {}
    async with Procrastinate.open(url, Trying(inbox, handlers, clock, given_up)) as dispatcher:
        yield Work(inbox, dispatcher, meters, clock, handlers, given_up)


async def prepare_queue(url: str) -> None:
    """Make the queue's tables in the PostgreSQL at ``url``; nothing to do without. Raises StorageError."""
    if url:
        from bot.dispatch.queue_schema import lay_out

        await asyncio.to_thread(lay_out, url)
