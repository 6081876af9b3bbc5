"""Small checks that together say what JSON Slack accepts. Each yields faults in Slack's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[Any, str], Iterator[str]]
"""Value and JSON pointer to faults."""


def fault(words: str, pointer: str) -> str:
    """As Slack's ``response_metadata.messages`` has it."""
    return f"[ERROR] {words} [json-pointer:{pointer}]"


def anything(value: Any, pointer: str) -> Iterator[str]:
    """No demand."""
    yield from ()


def string(most: int, least: int = 1) -> Check:
    """A string of so many characters."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield fault("must be a string", pointer)
        elif len(value) < least:
            yield fault(f"must be more than {least - 1} characters", pointer)
        elif len(value) > most:
            yield fault(f"must be less than {most + 1} characters", pointer)

    return check


def flag(value: Any, pointer: str) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield fault("must be a boolean", pointer)


def number(least: float, most: float) -> Check:
    """A number between two."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            yield fault(f"must be a number from {least} to {most}", pointer)

    return check


def choice(*words: str) -> Check:
    """One of some words."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if value not in words:
            yield fault(f"must be one of {', '.join(words)}", pointer)

    return check


def url(most: int = 3000) -> Check:
    """An address that people may open."""
    length = string(most)

    def check(value: Any, pointer: str) -> Iterator[str]:
        yield from length(value, pointer)
        if isinstance(value, str) and not value.startswith(("http://", "https://", "mailto:", "slack://")):
            yield fault("must be a valid URL", pointer)

    return check


def listing(item: Check, most: int, least: int = 1) -> Check:
    """A list of so many items."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield fault("must be an array", pointer)
            return
        if len(value) < least:
            yield fault(f"no fewer than {least} items required", pointer)
        if len(value) > most:
            yield fault(f"no more than {most} items allowed", pointer)
        for place, each in enumerate(value[:most]):
            yield from item(each, f"{pointer}/{place}")

    return check


def record(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these keys and no others; ``type`` is always allowed."""
    known = {"type": anything, **needed, **(optional or {})}

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield fault("must be an object", pointer)
            return
        for key in needed:
            if key not in value:
                yield fault(f"missing required field: {key}", pointer)
        for key, each in value.items():
            if key in known:
                yield from known[key](each, f"{pointer}/{key}")
            else:
                yield fault(f"invalid additional property: {key}", pointer)

    return check


def by_type(table: Mapping[str, Check]) -> Check:
    """An object whose ``type`` says what else it is."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in table:
            yield fault(f"unsupported type: {kind}", f"{pointer}/type")
            return
        yield from table[kind](value, pointer)

    return check


def either(*checks: Check) -> Check:
    """Any one of them; the first one's words when none fits."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        found = [list(each(value, pointer)) for each in checks]
        if all(found):
            yield from found[0]

    return check
