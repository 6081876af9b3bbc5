"""The post: gets events and interactions to the app, and tries again as Slack does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from tests.simulators.slack.clock import Changes, Clock
from tests.simulators.slack.protocol import JSON

Kind = Literal["events_api", "interactive", "slash_commands"]
ACK_SECONDS = 3.0
RETRIES = 3


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended. ``reason`` is Slack's word where it failed."""

    acknowledged: bool
    answer: JSON | None = None
    reason: str = ""
    final: bool = False
    """The app asked for no retry."""


@dataclass
class Delivery:
    """One event or interaction on its way."""

    kind: Kind
    body: JSON
    envelope_id: str
    attempts: list[Outcome] = field(default_factory=list)
    sent: int = 0
    """Attempts that were made, the running one too."""
    state: Literal["waiting", "acknowledged", "given up"] = "waiting"

    @property
    def answer(self) -> JSON | None:
        """What the app said in its acknowledgement."""
        return self.attempts[-1].answer if self.attempts else None

    @property
    def event(self) -> JSON:
        """The inner event; empty for interactions."""
        found: JSON = self.body.get("event", {})
        return found


class Transport(Protocol):
    """The way to the app: Socket Mode or HTTP."""

    pauses: tuple[float, ...]
    """Seconds before each attempt."""
    ignore_acks: int
    """So many of the next acknowledgements get lost on the way."""

    async def offer(self, delivery: Delivery, number: int, reason: str) -> Outcome:
        """One attempt."""
        ...


class Post:
    """Delivers side by side, in no order. ``hold`` and ``release`` make an order of the test's choosing."""

    def __init__(self, transport: Transport, clock: Clock, changes: Changes) -> None:
        self.transport = transport
        self.deliveries: list[Delivery] = []
        self.happened: set[str] = set()
        """``duplicate`` and ``out of order``, once they were."""
        self._clock = clock
        self._changes = changes
        self._held: list[Delivery] | None = None
        self._twice = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, delivery: Delivery) -> Delivery:
        """Put it on its way."""
        self.deliveries.append(delivery)
        if self._held is not None:
            self._held.append(delivery)
        else:
            self._start(delivery)
        self._changes.tell()
        return delivery

    def duplicate(self, times: int = 1) -> None:
        """The next deliveries arrive twice: same envelope, same event, no mark of a retry."""
        self._twice += times

    def again(self, delivery: Delivery) -> None:
        """Deliver it once more, as Slack does after a lost connection."""
        self._start(delivery)

    def hold(self) -> None:
        """Keep back what is sent from now on."""
        self._held = []

    def release(self, order: Callable[[list[Delivery]], Iterable[Delivery]] = reversed) -> None:
        """Send what was held, last first if nothing else is said."""
        held, self._held = self._held or [], None
        ordered = list(order(held))
        if ordered != held:
            self.happened.add("out of order")
        for delivery in ordered:
            self._start(delivery)

    def open(self) -> list[Delivery]:
        """What is neither acknowledged nor given up."""
        return [each for each in self.deliveries if each.state == "waiting"]

    async def close(self) -> None:
        """Stop delivering."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, delivery: Delivery) -> None:
        copies = 1
        if self._twice:
            self._twice, copies = self._twice - 1, 2
            self.happened.add("duplicate")
        for _ in range(copies):
            self.follow(self._deliver(delivery))

    def follow(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do it beside everything else, until the end of the simulator."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(self, delivery: Delivery) -> None:
        """Slack repeats events, never interactions."""
        pauses = self.transport.pauses if delivery.kind == "events_api" else (0.0,)
        reason = ""
        for number, pause in enumerate(pauses):
            if pause:
                await self._clock.until(self._clock.now() + pause)
            delivery.sent += 1
            outcome = await self.transport.offer(delivery, number, reason)
            reason = outcome.reason
            self._note(delivery, outcome, last=number == len(pauses) - 1)
            if outcome.acknowledged or outcome.final:
                return

    def _note(self, delivery: Delivery, outcome: Outcome, *, last: bool) -> None:
        delivery.attempts.append(outcome)
        if outcome.acknowledged:
            delivery.state = "acknowledged"
        elif (last or outcome.final) and delivery.state == "waiting":
            delivery.state = "given up"
        self._changes.tell()
