"""Asks the model what to run and believes nothing: every proposal becomes a checked call, a question or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.conversation.grounding import Grounding, normal
from bot.conversation.values import coerced
from bot.domain.action import ActionSpec, Parameter, Value
from bot.domain.plan import ActionCall, Draft, OpenCall, Plan, Proposal
from bot.domain.turn import Context
from bot.ports import LanguageModel, NewId, ReadDates, Shortlist

MANY_ACTIONS = 24
"""Above this many, a shortlist goes to the model."""
MOST_CALLS = 8
"""Calls of one turn (Q1)."""
MOST_ATTEMPTS = 3
"""Times that the same missing value is asked for (Q3)."""

_DROP = frozenset({"cancel", "never mind", "nevermind", "forget it", "stop", "no", "leave it", "skip it"})


@dataclass(frozen=True, slots=True)
class _Checked:
    spec: ActionSpec
    arguments: Mapping[str, Value]
    missing: tuple[str, ...]


class Planner:
    """From context and enabled actions to a plan whose every value was said by somebody."""

    def __init__(self, model: LanguageModel, shortlist: Shortlist, read_dates: ReadDates, new_id: NewId) -> None:
        self._model = model
        self._shortlist = shortlist
        self._read_dates = read_dates
        self._new_id = new_id

    async def plan(self, context: Context, actions: Sequence[ActionSpec]) -> Plan:
        """Raises ModelError when no planner could serve."""
        if not actions:
            return Plan(mode="no actions")
        if dropped(context):
            return Plan(mode="rules", answer="All right, I left it. Nothing was run.")
        draft = await self._model.plan(context, self._candidates(context, actions))
        return self._checked(draft, context, {spec.slug: spec for spec in actions})

    def _candidates(self, context: Context, actions: Sequence[ActionSpec]) -> Sequence[ActionSpec]:
        if len(actions) <= MANY_ACTIONS:
            return actions
        said = "\n".join([*(turn.text for turn in context.turns[-2:]), context.text])
        heard = "\n".join(line.text for line in context.background)
        chosen = {spec.slug: spec for text in filter(None, (said, heard)) for spec in self._shortlist(text, actions)}
        asked = {call.action for call in context.open_calls}
        return [*chosen.values(), *(spec for spec in actions if spec.slug in asked - chosen.keys())]

    def _checked(self, draft: Draft, context: Context, specs: Mapping[str, ActionSpec]) -> Plan:
        grounding = Grounding(context, self._read_dates)
        waiting = {call.action: call for call in context.open_calls}
        checked = distinct(
            check(proposal, specs[proposal.action], waiting.get(proposal.action), context, grounding)
            for proposal in draft.proposals
            if proposal.action in specs
        )
        still_open = [_open(item, waiting.get(item.spec.slug)) for item in checked if item.missing]
        if not checked:
            still_open = [_again(call) for call in context.open_calls if call.action in specs]
        ready = [item for item in checked if not item.missing]
        return Plan(
            calls=tuple(ActionCall(self._new_id(), item.spec, item.arguments) for item in ready[:MOST_CALLS]),
            open_calls=tuple(call for call in still_open if call.attempts <= MOST_ATTEMPTS),
            mode=draft.mode,
            by_model=draft.by_model,
            notices=(*draft.notices, *_cap_notice(ready)),
            answer="\n\n".join(_given_up(still_open, specs)),
        )


def check(
    proposal: Proposal, spec: ActionSpec, waiting: OpenCall | None, context: Context, grounding: Grounding
) -> _Checked:
    """Type and ground each argument; what earlier messages gave for the same waiting call stays."""
    earlier = dict(waiting.arguments) if waiting else {}
    arguments: dict[str, Value] = {}
    for parameter in spec.parameters:
        value = _value(parameter, proposal.arguments.get(parameter.name), context, grounding)
        value = earlier.get(parameter.name, parameter.default) if value is None else value
        if value is not None:
            arguments[parameter.name] = value
    missing = tuple(p.name for p in spec.parameters if p.required and p.name not in arguments)
    return _Checked(spec, arguments, missing)


def _value(parameter: Parameter, raw: object, context: Context, grounding: Grounding) -> Value | None:
    value = coerced(parameter, raw)
    if value is not None and grounding.holds(parameter, value):
        return value
    return coerced(parameter, (context.datapoints or {}).get(parameter.datapoint)) if parameter.datapoint else None


def distinct(items: Iterable[_Checked]) -> list[_Checked]:
    """The same call twice is one call; an action that lacks a value is asked about once."""
    seen: dict[tuple[str, str], _Checked] = {}
    for item in items:
        arguments = "" if item.missing else repr(sorted(item.arguments.items()))
        seen.setdefault((item.spec.slug, arguments), item)
    return list(seen.values())


def dropped(context: Context) -> bool:
    """The asker lets go of what the last reply asked for."""
    return bool(context.open_calls) and normal(context.text).strip(".! ") in _DROP


def _open(item: _Checked, waiting: OpenCall | None) -> OpenCall:
    repeated = waiting is not None and waiting.missing == item.missing
    return OpenCall(item.spec.slug, item.arguments, item.missing, waiting.attempts + 1 if waiting and repeated else 1)


def _again(call: OpenCall) -> OpenCall:
    return OpenCall(call.action, call.arguments, call.missing, call.attempts + 1)


def _cap_notice(ready: Sequence[_Checked]) -> tuple[str, ...]:
    left = ", ".join(item.spec.name for item in ready[MOST_CALLS:])
    if not left:
        return ()
    return (f"{len(ready)} actions matched and I run at most {MOST_CALLS} for one message; not run: {left}.",)


def _given_up(calls: Sequence[OpenCall], specs: Mapping[str, ActionSpec]) -> tuple[str, ...]:
    return tuple(
        f"I asked {MOST_ATTEMPTS} times and still lack a value for {specs[call.action].name}, so I left it. "
        "Ask again with the value in your message."
        for call in calls
        if call.attempts > MOST_ATTEMPTS
    )
