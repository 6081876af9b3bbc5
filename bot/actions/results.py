"""Makes the result of a call from what came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.actions.outcomes import first_match
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Document, Outcome, Response

_FAILURES = frozenset({"error", "failed", "failure"})
"""Names that say of any answer that the call failed."""
_FAILURE_WORDS = frozenset({*_FAILURES, "timeout", "denied", "unauthorized", "forbidden", "unavailable"})
"""Words in a name, such as ``auth_failed``, that leave a failed call a failure."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended, before it is named."""

    outcome: Outcome
    output: str = ""
    detail: str = ""
    """One clause for people when it did not succeed."""
    status: int | None = None
    response: Response | None = None
    """What the action's own outcomes look at; None when nothing came back."""
    notes: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()


def named(call: ActionCall, ended: Ended, started_at: datetime, seconds: float) -> ActionResult:
    """The result, labelled with the first outcome of the action's own that holds (F110).

    An outcome that the author foresaw is a success, even with a status such as 404: the action did what it is for.
    Two kinds stay errors: a name that says failure by itself, and a failed call whose name does not deny it
    (``auth_failed`` for a 401; while ``payment_failed`` for a 200 is an answer like any other). Where none holds the
    plain outcome stands (Q12).
    """
    label = first_match(call.spec.outcomes, ended.response) if ended.response else None
    outcome = ended.outcome if label is None else _judged(label, ended.outcome)
    detail = ended.detail or (label or "").replace("_", " ")
    return ActionResult(
        call_id=call.id,
        action=call.spec.slug,
        name=call.spec.name,
        outcome=outcome,
        label=label or outcome.value,
        output=ended.output,
        started_at=started_at,
        seconds=seconds,
        status=ended.status,
        detail="" if outcome is Outcome.SUCCESS else detail,
        notes=ended.notes,
        documents=ended.documents,
    )


def _judged(label: str, plain: Outcome) -> Outcome:
    failed = label in _FAILURES or (plain is not Outcome.SUCCESS and _FAILURE_WORDS & set(label.split("_")))
    return Outcome.ERROR if failed else Outcome.SUCCESS
