"""One field of a cron expression: from its text to the numbers that it names.

The grammar is that of POSIX ``crontab`` (numbers, ranges, lists, ``*``) with what ``crontab(5)`` of Vixie cron adds:
steps, and names for months and weekdays. Two things that cron passes over in silence are refused, since nobody
means them: a step on a single number (``5/15``, of which cron drops the step), and a step that leaves only the first
number (``*/90``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.schedule import ScheduleFault

_ITEM = re.compile(r"(?:\*|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>[0-9]{1,9}))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}")
_QUARTZ = re.compile(r"l(?:-\d+)?|lw|w|(?:\d+|[a-z]{3,})[lw]|\w+#\w*", re.ASCII)
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Field:
    """One of the five places of an expression."""

    name: str
    first: int
    last: int
    example: str
    names: tuple[str, ...] = ()
    """Words for its numbers, from ``first`` on."""


MINUTE = Field("minute", 0, 59, '"0", "*/15" or "0,30"')
HOUR = Field("hour", 0, 23, '"9", "9-17" or "*/2"')
DAY = Field("day of the month", 1, 31, '"1", "1,15" or "1-7"')
MONTH = Field(
    "month",
    1,
    12,
    '"1", "jan" or "1-6"',
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
)
WEEKDAY = Field("weekday", 0, 7, '"1", "mon" or "mon-fri"', ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
"""0 and 7 are Sunday, 1 is Monday."""

FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)


class _Wrong(Exception):
    """One item of a list cannot be read."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.problem, self.mend = problem, mend


def numbers(field: Field, text: str, faults: list[ScheduleFault]) -> tuple[int, ...]:
    """All numbers that the text names, in order. What is wrong is added to ``faults``."""
    named: set[int] = set()
    for item in text.split(","):
        try:
            named.update(_item(field, item.lower()))
        except _Wrong as wrong:
            faults.append(ScheduleFault(f"{field.name} field", wrong.problem, wrong.mend))
    return tuple(sorted({number % 7 for number in named} if field is WEEKDAY else named))


def shown(text: str) -> str:
    """Somebody's text inside a message: one line, short, harmless."""
    safe = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return f'"{safe}"' if len(safe) <= _SHOWN else f'"{safe[:_SHOWN]}…"'


def _item(field: Field, item: str) -> range:
    found = _ITEM.fullmatch(item)
    if found is None or _QUARTZ.fullmatch(item):
        raise _unreadable(field, item)
    low, high, step = found.group("low", "high", "step")
    if step and low and not high:
        raise _Wrong(f"{shown(item)} has a step but no range.", f'Write "{low}-{field.last}/{step}", or "{low}" alone.')
    first = _number(field, low) if low else field.first
    last = _end(field, high) if high else first if low else field.last
    if first > last:
        raise _Wrong(f"{shown(item)} runs backwards.", f'Write "{low}-{field.last},{field.first}-{high}".')
    return range(first, last + 1, _step(item, int(step), last - first) if step else 1)


def _step(item: str, step: int, span: int) -> int:
    if step == 0:
        raise _Wrong(f"{shown(item)} has a step of 0.", "Write a step of 1 or more.")
    if step > max(span, 1):
        mend = "Write that number alone, or a smaller step: each field counts anew from its start."
        raise _Wrong(f"{shown(item)} steps over all but its first number.", mend)
    return step


def _number(field: Field, word: str) -> int:
    if not _NUMBER.fullmatch(word):
        return _named(field, word)
    if not field.first <= int(word) <= field.last:
        mend = f"Write a number from {field.first} to {field.last}."
        raise _Wrong(f"{shown(word)} is out of its range.", mend)
    return int(word)


def _end(field: Field, word: str) -> int:
    """The last number of a range; there ``sun`` is the Sunday that follows: ``fri-sun`` is three days."""
    return 7 if field is WEEKDAY and word == "sun" else _number(field, word)


def _named(field: Field, word: str) -> int:
    if word in field.names:
        return field.first + field.names.index(word)
    if word[:3] in field.names:
        raise _Wrong(f"{shown(word)} is too long a name.", f'Write "{word[:3]}".')
    raise _unreadable(field, word)


def _unreadable(field: Field, item: str) -> _Wrong:
    if not item:
        return _Wrong("it has an empty place.", "Take out the extra comma.")
    if item == "?":
        return _Wrong('"?" is not cron\'s.', 'Write "*".')
    if _QUARTZ.fullmatch(item):
        return _Wrong(
            f"{shown(item)} uses L, W or #, which cron does not have.",
            "Name days by number or weekday; for the end of a month take the 1st of the next.",
        )
    if not field.names and item[:3] in MONTH.names + WEEKDAY.names:
        return _Wrong(f"{shown(item)} is a name.", "Names go in the month field (4th) or the weekday field (5th).")
    return _Wrong(f"{shown(item)} cannot be read.", f"Write, for example, {field.example}.")
