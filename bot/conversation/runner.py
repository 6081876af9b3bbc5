"""Runs calls side by side, a few at a time; every failure of a call becomes its result."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.conversation.live import LiveRun, LiveRuns
from bot.conversation.locks import KeyedLocks
from bot.conversation.redaction import redacted_arguments, redacted_text
from bot.domain.action import AuditLevel, Effect
from bot.domain.audit import AuditEvent
from bot.domain.message import Used
from bot.domain.person import Sender
from bot.domain.plan import ActionCall
from bot.domain.progress import RunEnded, RunOutput, RunStarted
from bot.domain.run import ActionResult, Asker, Document, Outcome, Run, RunState
from bot.ports import AuditLog, Clock, Executor, Given, Masker, RunStore, Watch

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


@dataclass(slots=True)
class _Batch:
    """The calls of one turn on their way, and the results that others wait for."""

    scope: Scope
    calls: Sequence[ActionCall]
    slots: asyncio.Semaphore
    results: dict[str, asyncio.Future[ActionResult]] = field(default_factory=dict)


class Runner:
    """Carries out the calls of a turn and records each before and after."""

    def __init__(self, executor: Executor, runs: RunStore, audit: AuditLog, clock: Clock) -> None:
        self._executor = executor
        self._runs = runs
        self._audit = audit
        self._clock = clock
        self._keys = KeyedLocks()
        self._live = LiveRuns()

    async def run(self, calls: Sequence[ActionCall], scope: Scope) -> tuple[ActionResult, ...]:
        """Results in the order of ``calls``. Raises nothing but cancellation."""
        loop = asyncio.get_running_loop()
        batch = _Batch(scope, calls, asyncio.Semaphore(SIDE_BY_SIDE), {call.id: loop.create_future() for call in calls})
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._supervised(call, batch)) for call in calls]
        self._live.forget(scope.turn_id)
        return tuple(task.result() for task in tasks)

    async def stop(self, conversation: str, by: Sender) -> Sequence[str]:
        """Stop what runs for ``by`` in a conversation; the names. Each ends with a result that says how far it got."""
        names = self._live.stop(conversation, by)
        if names:
            details = {"actions": ", ".join(names)}
            await self._audit.record(AuditEvent(self._clock(), by.id, "turn.stopped", conversation, details))
        return names

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
        reason = await _held_back(call, batch)
        if reason:
            return not_run(call, Outcome.HELD_BACK, reason, self._clock())
        async with batch.slots:
            if name := self._live.who_stopped(batch.scope.turn_id):
                return not_run(call, Outcome.STOPPED, f"stopped by {name} before it began", self._clock())
            return await self._keyed(call, batch.scope)

    async def _keyed(self, call: ActionCall, scope: Scope) -> ActionResult:
        given = Given(call.id, _asker(scope.sender))
        key = self._executor.idempotency_key(call, given)
        if not key:
            return await self._recorded(call, given, scope)
        async with self._keys.holding(f"{call.spec.slug}\n{key}"):
            first = await self._runs.with_key(call.spec.slug, key, self._clock() - KEY_LIFETIME)
            if first and first.state is not RunState.ERROR:
                return _repeated(call, first)
            return await self._recorded(call, replace(given, idempotency_key=key), scope)

    async def _recorded(self, call: ActionCall, given: Given, scope: Scope) -> ActionResult:
        run = self._intent(call, given, scope)
        await self._runs.started(run)
        await scope.watch(RunStarted(call.id, call.spec.name))
        result = await self._executed(call, given, scope, run)
        await self._runs.finished(_ended(run, result, call))
        if result.documents:
            await self._runs.keep(run.id, [_redacted(document, call) for document in result.documents])
        await self._audit.record(self._event(call, result, scope))
        return result

    async def _executed(self, call: ActionCall, given: Given, scope: Scope, run: Run) -> ActionResult:
        stream = scope.masker.stream()
        live = LiveRun(call.spec.name, scope.turn_id, scope.conversation, scope.sender.id)

        async def emit(piece: str) -> None:
            shown = stream.feed(piece)
            if shown:
                live.said.append(shown)
                await scope.watch(RunOutput(call.id, shown))

        try:
            ended = await self._live.carried_out(live, self._executor.execute(call, given, emit))
        except BaseException as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            unknown = call.spec.effect is Effect.WRITE
            state = RunState.UNKNOWN if unknown else RunState.STOPPED if cancelled else RunState.ERROR
            await asyncio.shield(self._runs.finished(replace(run, state=state, detail="did not end by itself")))
            raise
        rest = stream.finish()
        if rest:
            live.said.append(rest)
            await scope.watch(RunOutput(call.id, rest))
        return masked(ended, scope.masker) if ended else stopped(call, live, run.started_at, self._clock())

    def _intent(self, call: ActionCall, given: Given, scope: Scope) -> Run:
        asker = scope.sender
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
            state=RunState.STARTED,
            started_at=self._clock(),
            effect=call.spec.effect.value,
            idempotency_key=given.idempotency_key,
        )

    def _event(self, call: ActionCall, result: ActionResult, scope: Scope) -> AuditEvent:
        details = {"action": call.spec.slug, "outcome": result.label, "trigger": scope.trigger}
        if call.spec.safety.audit_level is AuditLevel.DETAILED:
            inputs = _recorded_inputs(call, scope.masker)
            details |= {f"input.{name}": str(value) for name, value in inputs.items()}
        return AuditEvent(self._clock(), scope.sender.id, "run.finished", call.id, details)


def used(result: ActionResult) -> Used:
    """The attribution of a result (F105)."""
    ran = result.outcome not in (Outcome.HELD_BACK, Outcome.DENIED) and result.seconds > 0
    seconds = result.seconds if ran else None
    return Used(
        result.call_id,
        result.action,
        result.name,
        result.outcome,
        result.label,
        seconds,
        result.detail,
        result.started_at,
    )


def masked(result: ActionResult, masker: Masker) -> ActionResult:
    """A result with no secret in any text of it."""
    return replace(
        result,
        output=masker.mask(result.output),
        detail=masker.mask(result.detail),
        notes=tuple(map(masker.mask, result.notes)),
        documents=tuple(_masked_document(document, masker) for document in result.documents),
    )


def _masked_document(document: Document, masker: Masker) -> Document:
    """Texts are masked like any output; a secret that a script draws into a picture cannot be found."""
    data = masker.mask(document.data.decode()).encode() if document.is_text else document.data
    return replace(document, name=masker.mask(document.name), data=data)


def _redacted(document: Document, call: ActionCall) -> Document:
    """As it is kept: without the fields that an author wants left out of records."""
    if not document.is_text:
        return document
    return replace(document, data=redacted_text(document.data.decode(), call.spec.safety.redact_fields).encode())


def stopped(call: ActionCall, live: LiveRun, begun: datetime, now: datetime) -> ActionResult:
    """The result of a call that a person stopped: what it said so far, and an honest word on a write."""
    seconds = (now - begun).total_seconds()
    doubt = "; whether it took effect is not known, please check" if call.spec.effect is Effect.WRITE else ""
    detail = f"stopped by {live.stopped_by} after {seconds:.1f} s{doubt}"
    return ActionResult(
        call.id, call.spec.slug, call.spec.name, Outcome.STOPPED, Outcome.STOPPED.value, "".join(live.said), begun,
        seconds, detail=detail,
    )  # fmt: skip


def not_run(call: ActionCall, outcome: Outcome, detail: str, at: datetime) -> ActionResult:
    """The result of a call that was not carried out."""
    return ActionResult(call.id, call.spec.slug, call.spec.name, outcome, outcome.value, "", at, 0.0, detail=detail)


async def _held_back(call: ActionCall, batch: _Batch) -> str:
    """Wait for the calls that this one comes after; why it may not run, or nothing."""
    after = call.spec.after
    if after is None:
        return ""
    before = _before(call, [other for other in batch.calls if other.spec.slug == after.action])
    if not before:
        return f"it only runs after {after.action}, which did not run"
    results = [await asyncio.shield(batch.results[other.id]) for other in before]
    wrong = next((result for result in results if after.outcome not in (result.label, result.outcome.value)), None)
    return f"{wrong.name} ended with {wrong.label.replace('_', ' ')}" if wrong else ""


def _before(call: ActionCall, candidates: list[ActionCall]) -> list[ActionCall]:
    """Of several calls of the awaited action, those about the same values, if any are."""
    same = [other for other in candidates if _agree(call.arguments, other.arguments)]
    return same or candidates


def _agree(some: Mapping[str, object], others: Mapping[str, object]) -> bool:
    return all(some[name] == others[name] for name in some.keys() & others.keys())


def _asker(sender: Sender) -> Asker:
    return Asker(sender.email, sender.display_name, ",".join(sender.groups))


def _recorded_inputs(call: ActionCall, masker: Masker) -> Mapping[str, str | int | float | bool]:
    inputs = redacted_arguments(call.arguments, call.spec.safety.redact_fields)
    return {name: masker.mask(value) if isinstance(value, str) else value for name, value in inputs.items()}


def _ended(run: Run, result: ActionResult, call: ActionCall) -> Run:
    state = RunState.DONE if result.succeeded else RunState.ERROR
    if result.outcome is Outcome.STOPPED:
        state = RunState.UNKNOWN if call.spec.effect is Effect.WRITE else RunState.STOPPED
    output = redacted_text(result.output, call.spec.safety.redact_fields)
    return replace(
        run, state=state, outcome=result.label, output=output, status=result.status, seconds=result.seconds,
        detail=result.detail,
    )  # fmt: skip


def _repeated(call: ActionCall, first: Run) -> ActionResult:
    """The result of the first run with the same key; an end that is not known is no reason to try again."""
    done = first.state is RunState.DONE
    outcome = Outcome.SUCCESS if done else Outcome.ERROR
    detail = first.detail if done else "the same request was made before and its end is not known"
    return ActionResult(
        call.id, call.spec.slug, call.spec.name, outcome, first.outcome or outcome.value, first.output,
        first.started_at, first.seconds or 0.0, first.status, detail, ("the same request as before: its first result",),
    )  # fmt: skip
