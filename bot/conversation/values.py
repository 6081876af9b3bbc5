"""Turns what a planner proposed for a parameter into a value of its type, or finds that it is none."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from bot.domain.action import Parameter, ParameterType, Value

LONGEST_VALUE = 4_000
"""Characters of one text value."""

_NOTHING = frozenset({"", "null", "none", "n/a", "na", "unknown", "undefined", "not provided", "not specified", "tbd"})
_TRUE = frozenset({"true", "yes", "y", "on", "1"})
_FALSE = frozenset({"false", "no", "n", "off", "0"})
_NUMBER = re.compile(r"[-+]?\d[\d,_ ]*(?:\.\d+)?|[-+]?\.\d+")


def coerced(parameter: Parameter, raw: object) -> Value | None:
    """``raw`` as a value that ``parameter`` allows; None where it is missing, of another kind or not allowed."""
    value = _typed(parameter.type, raw)
    if value is None or not parameter.choices:
        return value
    return _chosen(parameter.choices, value)


def _typed(kind: ParameterType, raw: object) -> Value | None:
    if raw is None or isinstance(raw, list | dict):
        return None
    if kind is ParameterType.BOOLEAN:
        return _boolean(raw)
    return _number(raw) if kind is ParameterType.NUMBER else _text(raw)


def _text(raw: object) -> str | None:
    if isinstance(raw, bool):
        return str(raw).lower()
    text = str(raw).strip()
    return None if text.casefold() in _NOTHING or len(text) > LONGEST_VALUE else text


def _boolean(raw: object) -> bool | None:
    if isinstance(raw, bool):
        return raw
    text = str(raw).strip().casefold()
    return True if text in _TRUE else False if text in _FALSE else None


def _number(raw: object) -> int | float | None:
    if isinstance(raw, bool):
        return None
    found = _NUMBER.search(str(raw)) if isinstance(raw, str) else None
    text = re.sub(r"[,_ ]", "", found.group()) if found else str(raw)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _chosen(choices: tuple[Value, ...], value: Value) -> Value | None:
    wanted = str(value).casefold()
    return next((choice for choice in choices if str(choice).casefold() == wanted), None)
