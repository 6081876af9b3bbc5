"""Leaves the fields that an author named out of what is recorded (F130)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from bot.domain.action import Value

REDACTED = "[redacted]"


def redacted_arguments(arguments: Mapping[str, Value], fields: Sequence[str]) -> dict[str, Value]:
    """The arguments with the values of named fields replaced."""
    hidden = _keys(fields)
    return {name: REDACTED if name.casefold() in hidden else value for name, value in arguments.items()}


def redacted_text(text: str, fields: Sequence[str]) -> str:
    """A text with named fields replaced: at any depth of JSON, else wherever ``field: value`` is written."""
    if not fields:
        return text
    try:
        return json.dumps(_without(json.loads(text), _keys(fields)), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):  # no JSON, or nested too deep to be walked
        return _in_prose(text, fields)


def _without(value: object, hidden: frozenset[str]) -> object:
    if isinstance(value, dict):
        return {
            key: REDACTED if str(key).casefold() in hidden else _without(item, hidden) for key, item in value.items()
        }
    return [_without(item, hidden) for item in value] if isinstance(value, list) else value


def _in_prose(text: str, fields: Sequence[str]) -> str:
    names = "|".join(re.escape(field) for field in sorted(fields, key=len, reverse=True))
    return re.sub(rf"""(?i)(\b(?:{names})\b["']?\s*[:=]\s*)[^\n]+""", rf"\1{REDACTED}", text)


def _keys(fields: Sequence[str]) -> frozenset[str]:
    return frozenset(field.casefold() for field in fields)
