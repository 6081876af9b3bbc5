"""What came of calls: results, and records of runs, made of each other. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.live import LiveRun
from bot.conversation.redaction import redacted_text
from bot.domain.action import Effect
from bot.domain.message import Source, Used
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Document, Outcome, Run, RunState
from bot.ports import Masker

CUT_OFF = "it was cut off by a restart, and whether it was done is not known; check before you ask for it again"


def used(result: ActionResult, sources: tuple[Source, ...] = ()) -> Used:
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
        sources,
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


def redacted(document: Document, call: ActionCall) -> Document:
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


def ended(run: Run, result: ActionResult, call: ActionCall) -> Run:
    state = RunState.DONE if result.succeeded else RunState.ERROR
    if result.outcome is Outcome.STOPPED:
        state = RunState.UNKNOWN if call.spec.effect is Effect.WRITE else RunState.STOPPED
    if result.outcome is Outcome.UNKNOWN:
        state = RunState.UNKNOWN
    output = redacted_text(result.output, call.spec.safety.redact_fields)
    return replace(
        run, state=state, outcome=result.label, output=output, status=result.status, seconds=result.seconds,
        detail=result.detail,
    )  # fmt: skip


def repeated(call: ActionCall, first: Run) -> ActionResult:
    """The result of the first run with the same key; an end that is not known is no reason to try again."""
    done = first.state is RunState.DONE
    outcome = Outcome.SUCCESS if done else Outcome.ERROR
    detail = first.detail if done else "the same request was made before and its end is not known"
    return ActionResult(
        call.id, call.spec.slug, call.spec.name, outcome, first.outcome or outcome.value, first.output,
        first.started_at, first.seconds or 0.0, first.status, detail, ("the same request as before: its first result",),
    )  # fmt: skip


def unknown(call: ActionCall, run: Run) -> ActionResult:
    """The result of a write that was sent by a process that died: nobody knows, so it is not tried again."""
    detail = f"{CUT_OFF} (run {run.id})"
    return ActionResult(
        call.id, call.spec.slug, call.spec.name, Outcome.UNKNOWN, Outcome.UNKNOWN.value, "", run.started_at, 0.0,
        detail=detail,
    )  # fmt: skip


def stored(call: ActionCall, run: Run, documents: Sequence[Document]) -> ActionResult:
    """The result that an earlier try of the same turn came to."""
    return ActionResult(
        call.id, run.action, run.name, _outcome(run), run.outcome or _outcome(run).value, run.output, run.started_at,
        run.seconds or 0.0, run.status, run.detail, documents=tuple(documents),
    )  # fmt: skip


def _outcome(run: Run) -> Outcome:
    if run.outcome in (Outcome.TIMED_OUT, Outcome.STOPPED, Outcome.UNKNOWN):
        return Outcome(run.outcome)
    plain = {RunState.DONE: Outcome.SUCCESS, RunState.STOPPED: Outcome.STOPPED, RunState.UNKNOWN: Outcome.UNKNOWN}
    return plain.get(run.state, Outcome.ERROR)
