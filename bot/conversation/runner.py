"""Runs calls side by side, a few at a time; every failure of a call becomes its result."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.conversation.chronicle import Chronicle
from bot.conversation.following import held_back
from bot.conversation.live import LiveRun, LiveWork
from bot.conversation.locks import KeyedLocks
from bot.conversation.redaction import redacted_arguments
from bot.conversation.results import ended, masked, not_run, redacted, repeated, stopped, stored, unknown, used
from bot.domain.action import AuditLevel, Effect
from bot.domain.audit import AuditEvent
from bot.domain.person import Sender
from bot.domain.plan import ActionCall
from bot.domain.progress import RunEnded, RunOutput, RunStarted
from bot.domain.run import ActionResult, Asker, Document, Outcome, Run, RunState
from bot.domain.run_log import EntryKind
from bot.errors import StorageError
from bot.ports import AuditLog, Clock, Executor, Given, Masker, Meters, RunLog, RunStore, Unmeasured, Watch

SIDE_BY_SIDE = 3
"""Runs of one turn at a time; the rest wait (F096, Q1)."""
KEY_LIFETIME = timedelta(hours=24)
"""How long an idempotency key gives the first result again (Q14)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scope:
    """What all runs of one turn share."""

    turn_id: str
    conversation: str
    question: str
    sender: Sender
    trigger: str
    masker: Masker
    watch: Watch
    resumed: bool = False
    """An earlier process worked on it and was cut off."""


@dataclass(slots=True)
class _Batch:
    """The calls of one turn on their way, and the results that others wait for."""

    scope: Scope
    calls: Sequence[ActionCall]
    runs: Mapping[str, Run]
    stale: frozenset[str]
    slots: asyncio.Semaphore
    results: dict[str, asyncio.Future[ActionResult]] = field(default_factory=dict)


class Runner:
    """Carries out the calls of a turn; each is recorded before and after."""

    def __init__(
        self,
        executor: Executor,
        runs: RunStore,
        audit: AuditLog,
        run_log: RunLog,
        clock: Clock,
        meters: Meters | None = None,
    ) -> None:
        self._executor = executor
        self._runs = runs
        self._audit = audit
        self._log = run_log
        self._clock = clock
        self._meters = meters or Unmeasured()
        self._keys = KeyedLocks()
        self.live = LiveWork()

    def intents(self, calls: Sequence[ActionCall], scope: Scope) -> list[Run]:
        """The runs of calls that are about to be carried out, to be put down with their plan."""
        return [self._intent(call, scope, at_once=place < SIDE_BY_SIDE) for place, call in enumerate(calls)]

    async def run(
        self, calls: Sequence[ActionCall], scope: Scope, runs: Mapping[str, Run], stale: frozenset[str] = frozenset()
    ) -> tuple[ActionResult, ...]:
        """Results in the order of ``calls``; ``runs`` are their records by id, of this try or of one that was cut off.

        What ended gives its result again. Calls that are ``stale``, by id, are not sent any more. Raises nothing but
        cancellation, which leaves the records as they are: the next process goes on from there.
        """
        loop = asyncio.get_running_loop()
        results = {call.id: loop.create_future() for call in calls}
        batch = _Batch(scope, calls, runs, stale, asyncio.Semaphore(SIDE_BY_SIDE), results)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._supervised(call, batch)) for call in calls]
        self.live.forget(scope.turn_id)
        return tuple(task.result() for task in tasks)

    async def _supervised(self, call: ActionCall, batch: _Batch) -> ActionResult:
        try:
            result = await self._when_allowed(call, batch)
        except Exception:
            # One broken part must not cancel its neighbours, so the task group never sees it.
            log.exception("run failed inside the service", extra={"run": call.id, "action": call.spec.slug})
            detail = f"failed inside the service (reference {call.id})"
            result = not_run(call, Outcome.ERROR, detail, self._clock())
        batch.results[call.id].set_result(result)
        await batch.scope.watch(RunEnded(used(result)))
        return result

    async def _when_allowed(self, call: ActionCall, batch: _Batch) -> ActionResult:
        run = batch.runs.get(call.id)
        if run and run.state not in (RunState.QUEUED, RunState.STARTED):
            return stored(call, run, await self._documents(run.id))
        if run and batch.scope.resumed and run.state is RunState.STARTED:
            return await self._cut_off(call, run, batch)
        reason = await held_back(call, batch.calls, batch.results)
        if reason:
            return await self._left(call, Outcome.HELD_BACK, reason)
        async with batch.slots:
            if name := self.live.who_stopped(batch.scope.turn_id) or (run.stop_by if run else ""):
                return await self._left(call, Outcome.STOPPED, f"stopped by {name} before it began")
            if call.id in batch.stale:
                return await self._left(call, Outcome.DENIED, "the action has changed since; please ask again")
            return await self._keyed(call, run or self._intent(call, batch.scope), batch.scope)

    async def _cut_off(self, call: ActionCall, run: Run, batch: _Batch) -> ActionResult:
        """It was sent by a process that died. What may be sent twice is sent again; of the rest nobody knows."""
        repeatable = call.spec.effect is Effect.READ or bool(self._key(call, batch.scope))
        if repeatable and call.id not in batch.stale and not run.stop_by:
            async with batch.slots:
                return await self._keyed(call, replace(run, state=RunState.QUEUED), batch.scope)
        result = unknown(call, run)
        self._meters.ran(call.spec.effect.value, result.outcome.value, 0.0)
        await self._runs.finished(ended(run, result, call), (), [self._event(call, result, batch.scope)])
        return result

    async def _left(self, call: ActionCall, outcome: Outcome, reason: str) -> ActionResult:
        """It was put down and does not run: there is no run to tell of."""
        await self._runs.dropped(call.id)
        return not_run(call, outcome, reason, self._clock())

    async def _keyed(self, call: ActionCall, run: Run, scope: Scope) -> ActionResult:
        key = self._key(call, scope)
        if not key:
            return await self._recorded(call, run, scope)
        async with self._keys.holding(f"{call.spec.slug}\n{key}"):
            first = await self._runs.with_key(call.spec.slug, key, self._clock() - KEY_LIFETIME)
            if first and first.id != call.id and first.state is not RunState.ERROR:
                await self._runs.dropped(call.id)
                return repeated(call, first)
            return await self._recorded(call, replace(run, idempotency_key=key), scope)

    def _key(self, call: ActionCall, scope: Scope) -> str:
        return self._executor.idempotency_key(call, Given(call.id, _asker(scope.sender)))

    async def _recorded(self, call: ActionCall, run: Run, scope: Scope) -> ActionResult:
        if run.state is RunState.QUEUED:
            run = replace(run, state=RunState.STARTED, started_at=self._clock())
            await self._runs.started(run)
        await scope.watch(RunStarted(call.id, call.spec.name))
        chronicle = Chronicle(run.id, self._log, self._clock)
        chronicle.note(EntryKind.STEP, f"{call.spec.name} began.")
        async with chronicle.kept():
            result = await self._executed(call, run, scope, chronicle)
        kind = EntryKind.STEP if result.succeeded else EntryKind.ERROR
        chronicle.note(kind, f"It ended: {result.label.replace('_', ' ')}. {result.detail}".rstrip(". ") + ".")
        made = [redacted(document, call) for document in result.documents]
        event = self._event(call, result, scope)
        try:
            await self._runs.finished(ended(run, result, call), made, [event], chronicle.rest())
        except StorageError:
            # What was done is told all the same: who believed that it failed would ask for it again.
            log.exception("run not recorded", extra={"run": run.id})
        return result

    async def _executed(self, call: ActionCall, run: Run, scope: Scope, chronicle: Chronicle) -> ActionResult:
        stream = scope.masker.stream()
        live = LiveRun(call.id, call.spec.name, scope.turn_id, scope.conversation, scope.sender.id)
        given = Given(call.id, _asker(scope.sender), run.idempotency_key)

        async def say(shown: str) -> None:
            if shown:
                live.said.append(shown)
                chronicle.note(EntryKind.INFO, shown)
                await scope.watch(RunOutput(call.id, shown))

        async def emit(piece: str) -> None:
            await say(stream.feed(piece))

        try:
            result = await self.live.carried_out(live, self._executor.execute(call, given, emit))
        except Exception:
            state = RunState.UNKNOWN if call.spec.effect is Effect.WRITE else RunState.ERROR
            await self._runs.finished(replace(run, state=state, detail="did not end by itself"))
            raise
        await say(stream.finish())
        return masked(result, scope.masker) if result else stopped(call, live, run.started_at, self._clock())

    async def _documents(self, run_id: str) -> Sequence[Document]:
        kept = [await self._runs.document(run_id, file.place) for file in await self._runs.files([run_id])]
        return [document for document in kept if document]

    def _intent(self, call: ActionCall, scope: Scope, *, at_once: bool = False) -> Run:
        """A read that begins at once is put down as started: it may be sent twice, so that saves a sync to disk."""
        asker = scope.sender
        at_once = at_once and call.spec.effect is Effect.READ and not call.spec.after and not self._key(call, scope)
        return Run(
            id=call.id,
            turn_id=scope.turn_id,
            conversation=scope.conversation,
            action=call.spec.slug,
            name=call.spec.name,
            question=scope.question,
            inputs=_recorded_inputs(call, scope.masker),
            trigger=scope.trigger,
            asker=f"{asker.id} <{asker.email}>" if asker.email else asker.id,
            state=RunState.STARTED if at_once else RunState.QUEUED,
            started_at=self._clock(),
            effect=call.spec.effect.value,
        )

    def _event(self, call: ActionCall, result: ActionResult, scope: Scope) -> AuditEvent:
        details = {"action": call.spec.slug, "outcome": result.label, "trigger": scope.trigger}
        if call.spec.safety.audit_level is AuditLevel.DETAILED:
            inputs = _recorded_inputs(call, scope.masker)
            details |= {f"input.{name}": str(value) for name, value in inputs.items()}
        return AuditEvent(self._clock(), scope.sender.id, "run.finished", call.id, details)


def _asker(sender: Sender) -> Asker:
    return Asker(sender.email, sender.display_name, ",".join(sender.groups))


def _recorded_inputs(call: ActionCall, masker: Masker) -> Mapping[str, str | int | float | bool]:
    inputs = redacted_arguments(call.arguments, call.spec.safety.redact_fields)
    return {name: masker.mask(value) if isinstance(value, str) else value for name, value in inputs.items()}
