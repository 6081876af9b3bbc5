"""Whether results say the same as last time, whether they say anything, and what is different."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.domain.post import Delivery, Fired, Post, PostWhen
from bot.domain.readable import readable
from bot.domain.run import ActionResult
from bot.domain.turn import Remembered

_CHANGES = 10
"""Lines of differences that a post tells."""
_LONGEST = 80
_LABELLED = re.compile(r"^\s*- \*\*(?P<name>[^*]+)\*\*: (?P<value>.+)$")
_ROW = re.compile(r"^\s*\|(?P<cells>.+)\|\s*$")
_RULE = re.compile(r"^[\s|:-]+$")


def fingerprint(results: Sequence[ActionResult]) -> str:
    """The same for results that say the same: the order of keys and the spacing say nothing."""
    said = [[result.action, result.label, _normal(result.output)] for result in results]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def is_due(fired: Fired, delivery: Delivery, last: Post | None) -> bool:
    """Whether this is to be posted. What failed is told in every case (F188)."""
    if not all(result.succeeded for result in fired.results) or delivery.post is PostWhen.ALWAYS:
        return True
    if delivery.post is PostWhen.NOT_EMPTY:
        return not all(_is_empty(read(result.output)) for result in fired.results)
    return last is None or last.fingerprint != fingerprint(fired.results)


def changes(results: Sequence[ActionResult], before: Sequence[Remembered]) -> list[str]:
    """What is new, gone or different since last time, a Markdown line each: entries of tables, labelled values."""
    then, now = _facts(one.output for one in before), _facts(one.output for one in results)
    new = [f"New: {_entry(name, value)}" for name, value in now.items() if name not in then]
    gone = [f"Gone: {_entry(name, value)}" for name, value in then.items() if name not in now]
    other = [f"{name}: {value} (was {then[name]})" for name, value in now.items() if then.get(name, value) != value]
    found = [*other, *new, *gone]
    more = [f"…and {len(found) - _CHANGES} more"] if len(found) > _CHANGES else []
    return [*found[:_CHANGES], *more]


def read(output: str) -> object:
    """The JSON that an action gave, else its text."""
    try:
        return json.loads(output)
    except (ValueError, RecursionError):
        return output


def _facts(outputs: Iterable[str]) -> dict[str, str]:
    """Names and values: labelled values, and of each row of a table its first two cells."""
    return dict(fact for output in outputs for fact in _told(readable(output).splitlines()))


def _entry(name: str, value: str) -> str:
    return f"{name}, {value}" if value else name


def _told(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if found := _LABELLED.match(line):
            yield found["name"], found["value"][:_LONGEST]
        elif (row := _ROW.match(line)) and not _RULE.match(line) and not _RULE.fullmatch(following or "x"):
            cells = [cell.strip() for cell in row["cells"].split("|")]
            yield cells[0][:_LONGEST], " ".join(cells[1:2])[:_LONGEST]


def _is_empty(value: object) -> bool:
    """Nothing, or only nothings; a count of 0 among them says no more."""
    if isinstance(value, Mapping):
        return all(_is_empty(item) or item == 0 for item in value.values())
    if isinstance(value, list):
        return all(map(_is_empty, value))
    return value is None or (isinstance(value, str) and not value.strip())


def _normal(output: str) -> object:
    value = read(output)
    return " ".join(value.split()) if isinstance(value, str) else value
