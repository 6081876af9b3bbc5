"""Plans on the wire: the JSON Schema and the provider's "tools", and the reading of what comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.domain.action import ActionSpec, Parameter, ParameterType
from bot.domain.plan import Proposal
from bot.errors import InvalidPlan

_FENCE = re.compile(r"^```(?:json)?\s*|\s*```$")
MOST_PROPOSALS = 30
"""More than this in one plan is garbage."""


def plan_schema(actions: Sequence[ActionSpec]) -> dict[str, Any]:
    """Strict JSON Schema of a plan: each call is one action with exactly its own arguments, null where not given."""
    calls = [_call_schema(spec) for spec in sorted(actions, key=lambda spec: spec.slug)]
    items: dict[str, Any] = calls[0] if len(calls) == 1 else {"anyOf": calls}
    return _closed({"calls": {"type": "array", "items": items}})


def tools_of(actions: Sequence[ActionSpec]) -> tuple[list[dict[str, Any]], Mapping[str, str]]:
    """The actions as the provider's function tools, and the way back from their names to slugs."""
    names: dict[str, str] = {}
    tools = []
    for spec in sorted(actions, key=lambda item: item.slug):
        name = re.sub(r"[^A-Za-z0-9_-]", "__", spec.slug)[:60]
        name = name if name not in names else f"{name}_{len(names)}"
        names[name] = spec.slug
        description = " ".join(spec.condition.split())[:1000]
        tools.append(
            {"type": "function", "function": {"name": name, "description": description, "parameters": _arguments(spec)}}
        )
    return tools, names


def read_plan(text: str) -> tuple[Proposal, ...]:
    """The proposals in a JSON answer, fences and talk around it forgiven. Raises InvalidPlan."""
    found = _object_in(_FENCE.sub("", text.strip()))
    calls = found.get("calls")
    if not isinstance(calls, list) or len(calls) > MOST_PROPOSALS:
        raise InvalidPlan("the answer has no list of calls")
    return tuple(_proposal(call) for call in calls)


def read_tool_calls(calls: Sequence[tuple[str, str]], names: Mapping[str, str]) -> tuple[Proposal, ...]:
    """The proposals in native calls given as name and arguments text. Raises InvalidPlan."""
    if len(calls) > MOST_PROPOSALS:
        raise InvalidPlan(f"there are {len(calls)} calls, more than {MOST_PROPOSALS}")
    return tuple(
        Proposal(names.get(name, name), _object_in(arguments) if arguments.strip() else {}) for name, arguments in calls
    )


def calls_in_text(text: str, names: Mapping[str, str]) -> tuple[Proposal, ...]:
    """The calls that a server without a parser for its model leaves in the text; none when it is plain talk.

    Read are objects with ``name`` or ``action`` and ``arguments`` or ``parameters``, alone, in a list or under
    ``calls``, whatever tags stand around them.
    """
    found = [call for value in _values_in(text) for call in _calls_of(value)]
    if len(found) > MOST_PROPOSALS:
        raise InvalidPlan(f"there are {len(found)} calls, more than {MOST_PROPOSALS}")
    return tuple(Proposal(names.get(call.action, call.action), call.arguments) for call in map(_proposal, found))


def _values_in(text: str) -> Iterator[Any]:
    """Each JSON object or list in a text, outermost ones."""
    decoder = json.JSONDecoder()
    at = 0
    while start := re.search(r"[{\[]", text[at:]):
        at += start.start()
        try:
            value, length = decoder.raw_decode(text[at:])
        except (ValueError, RecursionError):
            length = 1
        else:
            yield value
        at += length


def _calls_of(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _calls_of(item)
    elif isinstance(value, dict):
        action = value.get("action", value.get("name"))
        if isinstance(value.get("calls"), list):
            yield from _calls_of(value["calls"])
        elif isinstance(action, str):
            yield {"action": action, "arguments": value.get("arguments", value.get("parameters"))}


def _call_schema(spec: ActionSpec) -> dict[str, Any]:
    return _closed({"action": {"type": "string", "enum": [spec.slug]}, "arguments": _arguments(spec)})


def _arguments(spec: ActionSpec) -> dict[str, Any]:
    return _closed({parameter.name: _value_schema(parameter) for parameter in spec.parameters})


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _value_schema(parameter: Parameter) -> dict[str, Any]:
    kind = {ParameterType.STRING: "string", ParameterType.NUMBER: "number"}.get(parameter.type, "boolean")
    schema: dict[str, Any] = {"type": [kind, "null"], "description": parameter.description[:500]}
    if parameter.choices:
        schema["enum"] = [*parameter.choices, None]
    return schema


def _object_in(text: str) -> dict[str, Any]:
    start = text.find("{")
    if start < 0:
        raise InvalidPlan("the answer holds no JSON object")
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError) as error:
        raise InvalidPlan("the answer is not valid JSON") from error
    if not isinstance(value, dict):
        raise InvalidPlan("the answer is not an object")
    return value


def _proposal(call: object) -> Proposal:
    if not isinstance(call, dict) or not isinstance(call.get("action"), str):
        raise InvalidPlan("a call names no action")
    arguments = call.get("arguments") or {}
    if not isinstance(arguments, dict):
        raise InvalidPlan("the arguments of a call are no object")
    return Proposal(call["action"], arguments)
