"""Makes the result of a call from what came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.actions.outcomes import first_match
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Outcome, Response


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended, before it is named."""

    outcome: Outcome
    output: str = ""
    detail: str = ""
    status: int | None = None
    response: Response | None = None
    notes: tuple[str, ...] = ()


def named(call: ActionCall, ended: Ended, started_at: datetime, seconds: float) -> ActionResult:
    """The result, labelled with the first outcome of the action's own that holds (F110).

    An outcome that the author foresaw is a success even with a status such as 404, unless its name says error or
    failure. Where none holds the plain outcome stands (Q12).
    """
    label = first_match(call.spec.outcomes, ended.response) if ended.response else None
    outcome = ended.outcome
    if label is not None:
        outcome = Outcome.ERROR if label in ("error", "failed", "failure") else Outcome.SUCCESS
    succeeded = outcome is Outcome.SUCCESS
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
        detail="" if succeeded else ended.detail or (label or "").replace("_", " "),
        notes=ended.notes,
    )
