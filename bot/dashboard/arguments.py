"""From what a request says to the parameters of an action; all faults are told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.dashboard.problems import Problem
from bot.domain.action import ActionSpec, Json, Parameter, ParameterType, Value

Coerce = Callable[[Parameter, object], Value | None]
"""A value as the parameter allows it; None where it is missing, of another kind or not allowed."""

PATH = re.compile(r"[^.\s]+(\.[^.\s]+){0,15}")
"""``customer.email``, or ``items.0.sku`` for the first of a list."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Where in a request the values are."""

    paths: Mapping[str, str] = field(default_factory=dict)
    """Dotted paths by parameter; without one the value has the parameter's own name."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """For parameters that the request leaves out."""


def read_arguments(spec: ActionSpec, body: Mapping[str, Json], reading: Reading, coerce: Coerce) -> dict[str, Value]:
    """Typed values for the parameters. Raises Problem 422 with every fault."""
    values, faults = dict[str, Value](), list[Json]()
    for parameter in spec.parameters:
        path = reading.paths.get(parameter.name, parameter.name)
        raw = found_at(body, path)
        value = coerce(parameter, raw) if raw not in (None, "") else _fallback(parameter, reading)
        if value is not None:
            values[parameter.name] = value
        elif raw not in (None, "") or parameter.required:
            faults.append({"parameter": parameter.name, "at": path, "problem": _fault(parameter, raw)})
    if faults:
        raise Problem(422, f"{len(faults)} of the values do not fit the action {spec.slug}.", {"faults": faults})
    return values


def found_at(body: Json, path: str) -> Json:
    """What stands at a dotted path; None where nothing does."""
    if isinstance(body, Mapping) and path in body:  # a form may name a field just so
        return body[path]
    found = body
    for step in path.split("."):
        found = _step(found, step)
    return found


def check_reading(spec: ActionSpec, reading: Reading) -> Sequence[str]:
    """What is wrong with it for that action, in words for the operator; nothing if all is well."""
    known = ", ".join(parameter.name for parameter in spec.parameters) or "none"
    faults = [
        f"{name}: {spec.slug} has no such parameter; its parameters are: {known}"
        for name in (reading.paths.keys() | reading.values.keys())
        if not spec.parameter(name)
    ]
    faults += [
        f"{name}={path}: not a path; write names with dots between them, such as customer.email"
        for name, path in reading.paths.items()
        if not PATH.fullmatch(path)
    ]
    return sorted(faults)


def _step(found: Json, name: str) -> Json:
    if isinstance(found, Mapping):
        return found.get(name)
    if isinstance(found, list) and name.isdecimal() and len(name) < 6 and int(name) < len(found):
        item: Json = found[int(name)]
        return item
    return None


def _fallback(parameter: Parameter, reading: Reading) -> Value | None:
    return reading.values.get(parameter.name, parameter.default)


def _fault(parameter: Parameter, raw: Json) -> str:
    if raw in (None, ""):
        return "is missing"
    if parameter.choices:
        return f"must be one of: {', '.join(map(str, parameter.choices))}"
    limit = " of at most 4000 characters" if parameter.type is ParameterType.STRING else ""
    return f"must be a {parameter.type.value}{limit}"
