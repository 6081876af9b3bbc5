"""Ports that measure what goes through them, and bind names to the log lines written on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from structlog.contextvars import bound_contextvars

from bot.domain.action import ActionSpec
from bot.domain.plan import ActionCall, Draft
from bot.domain.run import ActionResult
from bot.domain.turn import Context
from bot.domain.work import Job
from bot.errors import ModelError
from bot.ports import (
    Composition,
    Emit,
    Executor,
    Given,
    Handler,
    LanguageModel,
    Meters,
    Sandbox,
    SandboxJob,
    SandboxResult,
)

Monotonic = Callable[[], float]


def metered_handler(handler: Handler, meters: Meters, clock: Callable[[], datetime]) -> Handler:
    """A handler that is timed from the arrival of its job, and whose log lines name the job."""

    async def handle(job: Job) -> None:
        with bound_contextvars(job=job.key):
            await handler(job)
        meters.answered(job.kind, max(0.0, (clock() - job.at).total_seconds()))  # clocks are set back at times

    return handle


class MeteredExecutor:
    """``Executor`` that times calls; log lines of a call name the run and the action."""

    def __init__(self, executor: Executor, meters: Meters) -> None:
        self._executor = executor
        self._meters = meters

    def idempotency_key(self, call: ActionCall, given: Given) -> str:
        """As the executor does."""
        return self._executor.idempotency_key(call, given)

    async def execute(self, call: ActionCall, given: Given, emit: Emit) -> ActionResult:
        """Run it, timed."""
        with bound_contextvars(run=given.run_id, action=call.spec.slug):
            result = await self._executor.execute(call, given, emit)
        self._meters.ran(call.spec.effect.value, result.outcome.value, result.seconds)
        return result


class MeteredSandbox:
    """``Sandbox`` that measures how long its containers take to be there."""

    def __init__(self, sandbox: Sandbox, meters: Meters, monotonic: Monotonic) -> None:
        self._sandbox = sandbox
        self._meters = meters
        self._monotonic = monotonic

    async def run(self, job: SandboxJob, emit: Emit) -> SandboxResult:
        """Run it; what the script itself did not take was the start."""
        begun = self._monotonic()
        result = await self._sandbox.run(job, emit)
        self._meters.sandbox_started(max(0.0, self._monotonic() - begun - result.seconds))
        return result


class MeteredModel:
    """``LanguageModel`` that times what it is asked."""

    def __init__(self, model: LanguageModel, meters: Meters, monotonic: Monotonic) -> None:
        self._model = model
        self._meters = meters
        self._monotonic = monotonic

    async def plan(self, context: Context, actions: Sequence[ActionSpec]) -> Draft:
        """Plan, timed."""
        begun = self._monotonic()
        try:
            draft = await self._model.plan(context, actions)
        except ModelError as error:
            self._told("plan", type(error).__name__, begun)
            raise
        self._told("plan", "ok", begun)
        return draft

    async def compose(
        self, context: Context, results: Sequence[ActionResult], capabilities: Sequence[str], emit: Emit
    ) -> Composition:
        """Write, timed."""
        begun = self._monotonic()
        try:
            written = await self._model.compose(context, results, capabilities, emit)
        except ModelError as error:
            self._told("compose", type(error).__name__, begun)
            raise
        self._told("compose", "ok", begun)
        return written

    def _told(self, operation: str, outcome: str, begun: float) -> None:
        self._meters.asked_model(operation, outcome, self._monotonic() - begun)
