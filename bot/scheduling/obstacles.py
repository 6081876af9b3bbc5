"""Why an action cannot be run by a schedule, where nobody is there to be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.action import ActionSpec, ActionState, Effect, Value
from bot.domain.schedule import ScheduleFault


def obstacles(spec: ActionSpec, values: Mapping[str, Value]) -> Sequence[ScheduleFault]:
    """All that stands in the way of running it unattended with these values; nothing if it can be run."""
    return [*_missing(spec, values), *_unattended(spec)]


def state_of(states: Sequence[ActionState], slug: str) -> ActionState | None:
    """The action of that slug."""
    return next((state for state in states if state.spec.slug == slug), None)


def _missing(spec: ActionSpec, values: Mapping[str, Value]) -> Iterator[ScheduleFault]:
    for parameter in spec.parameters:
        if parameter.required and parameter.default is None and parameter.name not in values:
            problem = f"{spec.slug} requires it, and nobody is there to be asked when the schedule fires."
            mend = f"Give it: -p {parameter.name}=…"
            yield ScheduleFault(f"parameter {parameter.name}", problem, mend)


def _unattended(spec: ActionSpec) -> Iterator[ScheduleFault]:
    asks = spec.safety.requires_confirmation
    if asks or (asks is None and spec.effect is Effect.WRITE):
        problem = f"{spec.slug} asks before it runs, and nobody is there to confirm it."
        mend = "Schedule an action that only reads, or have its author switch asking off (requires_confirmation)."
        yield ScheduleFault("action", problem, mend)
    if spec.safety.requires_identity_verification:
        problem = f"{spec.slug} runs only for a person whose identity is proven; a schedule is nobody."
        yield ScheduleFault("action", problem, "Schedule another action.")
    if spec.after:
        problem = f"{spec.slug} only runs after {spec.after.action}, and a schedule runs one action."
        yield ScheduleFault("action", problem, f"Schedule {spec.after.action}, or another action.")
