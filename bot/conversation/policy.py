"""Who may run what, and what needs a yes first: pure rules (F008, F128, F129, Q2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.action import ActionSpec, Effect
from bot.domain.person import Sender
from bot.domain.plan import ActionCall, Plan
from bot.domain.run import Outcome


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that does not run, and the reason as a person reads it."""

    call: ActionCall
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A plan sorted by what may happen to it now."""

    run: tuple[ActionCall, ...] = ()
    confirm: tuple[ActionCall, ...] = ()
    refused: tuple[Refusal, ...] = ()


def review(plan: Plan, sender: Sender, *, overheard: bool = False) -> Verdict:
    """Sort the calls of a plan. A call that waits for another shares its fate.

    ``overheard``: the planner read what others wrote to each other, so that no write may go without a yes.
    """
    trusted = plan.by_model and not overheard
    refused = [*_unverified(plan.calls, sender), *_lonely(plan.calls)]
    calls = _without(plan.calls, [refusal.call for refusal in refused])
    confirm = _with_followers([call for call in calls if asks_first(call.spec, by_model=trusted)], calls)
    return Verdict(tuple(_without(calls, confirm)), tuple(confirm), tuple(refused))


def asks_first(spec: ActionSpec, *, by_model: bool) -> bool:
    """Writes ask unless their author switched it off; rules that matched a write always ask."""
    asks = spec.safety.requires_confirmation
    if spec.effect is Effect.WRITE and not by_model:
        return True
    return spec.effect is Effect.WRITE if asks is None else asks


def _unverified(calls: Sequence[ActionCall], sender: Sender) -> list[Refusal]:
    return [
        Refusal(call, Outcome.DENIED, "needs a verified identity, and yours is not verified here")
        for call in calls
        if call.spec.safety.requires_identity_verification and not sender.verified
    ]


def _lonely(calls: Sequence[ActionCall]) -> list[Refusal]:
    planned = {call.spec.slug for call in calls}
    return [
        Refusal(call, Outcome.HELD_BACK, f"it only runs after {call.spec.after.action}, which was not asked for")
        for call in calls
        if call.spec.after and call.spec.after.action not in planned
    ]


def _with_followers(waiting: list[ActionCall], calls: Sequence[ActionCall]) -> list[ActionCall]:
    slugs = {call.spec.slug for call in waiting}
    joined = [call for call in calls if call in waiting or (call.spec.after and call.spec.after.action in slugs)]
    return joined if len(joined) == len(waiting) else _with_followers(joined, calls)


def _without(calls: Sequence[ActionCall], taken: Sequence[ActionCall]) -> list[ActionCall]:
    ids = {call.id for call in taken}
    return [call for call in calls if call.id not in ids]
