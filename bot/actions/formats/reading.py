"""Reads JSON and YAML that strangers wrote: no duplicate keys, aliases, tags, odd numbers or deep nesting."""

from __future__ import annotations

import json
import math
from typing import Any

import yaml

from bot.errors import DefinitionError, Fault

LARGEST_FILE = 256 * 1024
"""Characters of one definition."""
DEEPEST = 40
"""Levels of nesting."""


class _Refused(ValueError):
    """What is wrong with the text and how to mend it, as two arguments."""


def read_mapping(text: str, path: str) -> dict[str, Any]:
    """The object that a definition holds. Raises DefinitionError."""
    try:
        if len(text) > LARGEST_FILE:
            raise _Refused(f"The definition has more than {LARGEST_FILE // 1024} KiB.", "Move long texts elsewhere.")
        data = _read_json(text) if path.endswith(".json") else _read_yaml(text)
        _check_depth(data)
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
    keys = [key for key, _ in pairs]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise _Refused(f"The key {twice!r} is there twice.", "Keep one of them.")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise _Refused(f"{name} is no JSON number.", "Write a number or null.")


class _Loader(yaml.SafeLoader):
    """Safe types only; dates stay texts."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _Refused("It uses a YAML alias (*name).", "Write the value out.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for place, key in enumerate(keys):
            line = node.value[place][0].start_mark.line + 1
            if not isinstance(key, str):
                raise _Refused(f"The key {key!r} in line {line} is no text.", "Put it in quotes.")
            if key in keys[:place]:
                raise _Refused(f"The key {key!r} in line {line} is there twice.", "Keep one of them.")
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


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


def _check_depth(value: Any, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise _Refused("It is nested too deeply.", f"Use at most {DEEPEST} levels.")
    if isinstance(value, float) and not math.isfinite(value):
        raise _Refused(f"{value} is no number that JSON knows.", "Write a finite number.")
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        _check_depth(child, depth + 1)


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", type(None): "nothing", bool: "a truth value", int: "a number"}
    return names.get(type(value), "something else")
