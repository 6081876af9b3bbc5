"""The routes over a real store, served on a free port, and a client."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import aiohttp
from aiohttp import web

from bot.conversation.policy import asks_first
from bot.conversation.values import coerced
from bot.dashboard.patience import Later, PatientRunner
from bot.dashboard.rates import Rates
from bot.dashboard.run_log import LogStreams
from bot.dashboard.runs import RunRoutes, RunStores, StartRules
from bot.dashboard.starts import Calls, Starts
from bot.dashboard.webhooks import Rules, WebhookRoutes
from bot.domain.action import ActionSpec, ActionState, Effect, Parameter, ParameterType
from bot.domain.errand import Errand
from bot.domain.person import Sender
from bot.domain.post import Delivery, Fired
from bot.domain.run import ActionResult, Outcome, Run, RunState
from bot.domain.run_log import LogEntry, PlacedEntry, Resolution
from bot.domain.webhook import Webhook
from bot.domain.work import Job
from bot.ports import Watch
from bot.storage.storage import Storage
from tests.fakes import START, Ticking, WordMasker, action, counting

SECRET = "s3cret-part-of-the-address"
SIGNING = "whsec_c2lnbmluZy1zZWNyZXQtb2YtdGVzdHM="
ORDER = action(
    "order-lookup",
    Parameter("order_number", ParameterType.STRING, "The order", required=True),
    Parameter("amount", ParameterType.NUMBER),
    Parameter("channel", ParameterType.STRING, choices=("web", "phone"), default="web"),
)
REFUND = action("refund", effect=Effect.WRITE)
HOOK = Webhook("w1", "order-lookup", sha256(SECRET.encode()).hexdigest(), START)


class ListedStates:
    """A catalogue that says what it is told to."""

    def __init__(self, *specs: ActionSpec) -> None:
        self.found = {spec.slug: ActionState(spec, enabled=True) for spec in specs}

    async def states(self) -> Sequence[ActionState]:
        return list(self.found.values())

    def pause(self, slug: str) -> None:
        self.found[slug] = replace(self.found[slug], enabled=False)


class Kept:
    """A dispatcher that only remembers."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    async def dispatch(self, job: Job) -> None:
        self.jobs.append(job)


class Carrying:
    """Errands whose results are made up."""

    def __init__(self) -> None:
        self.errands: list[Errand] = []
        self.handed: list[tuple[Fired, Delivery]] = []

    async def run(self, errand: Errand, watch: Watch) -> ActionResult:
        self.errands.append(errand)
        return ActionResult(errand.run_id, errand.action, "Order lookup", Outcome.SUCCESS, "success", "ok", START, 0.1)

    async def hand_over(self, fired: Fired, delivery: Delivery) -> None:
        self.handed.append((fired, delivery))


@dataclass
class Hands:
    """A desk for runs: what may be done is what the test says."""

    stops: bool = True
    deletes: bool = True
    resolved: Run | None = None
    done: list[tuple[str, ...]] = field(default_factory=list)

    async def stop(self, run_id: str, by: Sender) -> bool:
        self.done.append(("stop", run_id, by.id))
        return self.stops

    async def resolve(self, run_id: str, how: Resolution, by: Sender, watch: Watch) -> Run | None:
        self.done.append(("resolve", run_id, how.value))
        return self.resolved

    async def delete(self, run_id: str, by: Sender) -> bool:
        self.done.append(("delete", run_id))
        return self.deletes


class Logged:
    """Logs of runs in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, list[PlacedEntry]] = {}

    async def append(self, run_id: str, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            kept = self.entries.setdefault(run_id, [])
            kept.append(PlacedEntry(len(kept) + 1, entry))

    async def after(self, run_id: str, place: int, limit: int) -> Sequence[PlacedEntry]:
        return self.entries.get(run_id, [])[place : place + limit]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it came."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass
class Desk:
    storage: Storage
    catalogue: ListedStates
    clock: Ticking
    kept: Kept
    carrying: Carrying
    hands: Hands
    logged: Logged
    streams: LogStreams
    base: str
    session: aiohttp.ClientSession
    calls: Calls

    async def ask(self, method: str, path: str, body: object = None, **more: Any) -> Told:
        """One request; ``body`` goes as JSON unless it is bytes."""
        data = None if body is None else io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        async with self.session.request(method, self.base + path, data=data, headers=headers, **more) as answer:
            text = await answer.text()
            return Told(answer.status, json.loads(text) if text else None, dict(answer.headers))

    async def call(self, body: object, headers: Mapping[str, str] | None = None, webhook: str = "w1") -> Told:
        """One call of a webhook."""
        return await self.ask("POST", f"/hooks/{webhook}/{SECRET}", body, headers=headers or {})


@asynccontextmanager
async def opened(
    storage: Storage,
    *,
    per_minute: int = 1_000,
    body_seconds: float = 30,
    head_seconds: float = 30,
    later: Later | None = None,
) -> AsyncIterator[Desk]:
    """The server, and a client of it."""
    catalogue, clock, kept, carrying, hands = ListedStates(ORDER, REFUND), Ticking(), Kept(), Carrying(), Hands()
    starts = Starts(storage.arrivals, kept, WordMasker("hunter2"), clock, counting("run"))

    def asks(state: ActionState) -> bool:
        return asks_first(state.spec, by_model=True)

    frozen = [0.0]
    rules = Rules(Rates(per_minute, lambda: frozen[0]), coerced, lambda _: SIGNING, asks, clock, body_seconds)
    logged = Logged()
    streams = LogStreams(logged, storage.runs)
    application = web.Application()
    application.add_routes(WebhookRoutes(storage.webhooks, catalogue, starts, rules).routes())
    stores = RunStores(storage.runs, storage.run_pages, storage.arrivals)
    application.add_routes(RunRoutes(stores, hands, streams, StartRules(starts, catalogue, coerced, asks)).routes())
    runner = PatientRunner(application, head_seconds, body_seconds, later=later)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as session:
            calls = Calls(storage.webhooks, carrying, carrying)
            yield Desk(storage, catalogue, clock, kept, carrying, hands, logged, streams, base, session, calls)
    finally:
        await streams.close()
        await runner.cleanup()


def run(number: int, **changes: Any) -> Run:
    """A run that ended well."""
    kept = Run(
        id=f"r{number:03d}",
        turn_id="",
        conversation="webhook:w1",
        action="order-lookup",
        name="Order lookup",
        question="Webhook w1",
        inputs={"order_number": "12345"},
        trigger="webhook",
        asker="webhook:w1",
        state=RunState.DONE,
        started_at=START,
    )
    return replace(kept, **changes)
