"""Reads JSON and YAML that strangers wrote: no duplicate keys, aliases, tags, odd numbers or deep nesting."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import yaml

from bot.errors import DefinitionError, Fault

LARGEST_FILE = 256 * 1024
"""Characters of one definition."""
DEEPEST = 40
"""Levels of nesting."""


_HALF = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which an escape can bring and no wire can carry."""


class _Refused(ValueError):
    """What is wrong with the text and how to mend it, as two arguments."""


def read_mapping(text: str, path: str) -> dict[str, Any]:
    """The object that a definition holds. Raises DefinitionError."""
    try:
        if len(text) > LARGEST_FILE:
            raise _Refused(f"The definition has more than {LARGEST_FILE // 1024} KiB.", "Move long texts elsewhere.")
        data = _read_json(text) if path.endswith(".json") else _read_yaml(text)
        _check_values(data)
        if not isinstance(data, dict):
            raise _Refused(
                f"It holds {_kind(data)}, not one action.", "Write one object with name, condition and so on."
            )
    except _Refused as refused:
        problem, mend = refused.args
        raise DefinitionError([Fault(path, "", problem, mend)]) from refused
    return data


def _read_json(text: str) -> Any:
    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _Refused(f"It is not valid JSON at {place}: {error.msg}.", "Mend the JSON there.") from error
    except RecursionError as error:
        raise _Refused("It is nested too deeply.", f"Use at most {DEEPEST} levels.") from error
    except ValueError as error:
        if isinstance(error, _Refused):
            raise
        raise _Refused("It holds a number that is too long.", "Write such a value as a text.") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Refused(f"The key {key!r} is there twice.", "Keep one of them.")
        found[key] = value
    return found


def _no_constant(name: str) -> Any:
    raise _Refused(f"{name} is no JSON number.", "Write a number or null.")


class _Loader(yaml.SafeLoader):
    """What JSON can say and nothing more: 012, 1:30, yes and dates stay texts (the traps of YAML 1.1)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(f"It uses a YAML alias (*name) in line {line}.", "Write the value out.")
        if getattr(event, "tag", None) is not None:
            raise _Refused(f"It uses the YAML tag {event.tag!r} in line {line}.", "Write a plain or quoted value.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise _Refused(f"The key {key!r} in line {line} is no text.", "Put it in quotes.")
            if key in seen:
                raise _Refused(f"The key {key!r} in line {line} is there twice.", "Keep one of them.")
            seen.add(key)
        return super().construct_mapping(node, deep)


_WHOLE = r"[-+]?(?:0|[1-9][0-9]*)"
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", _WHOLE, list("-+0123456789")),
    (
        "float",
        rf"{_WHOLE}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)


def _read_yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader with less
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = (error.problem or "cannot be read").replace("\n", " ")
        raise _Refused(f"It is not valid YAML{place}: {problem}.", "Mend the YAML there.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, _Refused):
            raise
        raise _Refused("It is not valid YAML.", "Check it for control characters and deep nesting.") from error


def _check_values(value: Any, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise _Refused("It is nested too deeply.", f"Use at most {DEEPEST} levels.")
    if isinstance(value, float) and not math.isfinite(value):
        raise _Refused(f"{value} is no number that JSON knows.", "Write a finite number.")
    if isinstance(value, str) and not value.isascii() and _HALF.search(value):
        raise _Refused(f"{value!r:.40} holds half of a character.", "Write the character itself.")
    children = (*value, *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        _check_values(child, depth + 1)


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", type(None): "nothing", bool: "a truth value", int: "a number"}
    return names.get(type(value), "something else")
