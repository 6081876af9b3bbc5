"""Checks that a proposed value was said by somebody, so that no invented value ever reaches an action."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cached_property

from bot.domain.action import Parameter, ParameterType, Value
from bot.domain.turn import Context
from bot.ports import ReadDates

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_WORD = re.compile(r"[^\W_]+")
_COUNTING = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty"""
_NUMBER_WORDS = {word: float(number) for number, word in enumerate(re.findall("[a-z]+", _COUNTING))} | {
    "a": 1.0,
    "an": 1.0,
    "half": 0.5,
    "couple": 2.0,
    "dozen": 12.0,
    "hundred": 100.0,
    "thousand": 1000.0,
}
_UNITS: Mapping[str, float] = {
    "minute": 60.0, "minutes": 60.0, "min": 60.0, "hour": 60.0, "hours": 60.0, "day": 24.0, "days": 24.0,
    "week": 7.0, "weeks": 7.0, "year": 12.0, "years": 12.0, "k": 1000.0, "thousand": 1000.0, "million": 1_000_000.0,
    "cent": 100.0, "cents": 100.0, "percent": 100.0,
}  # fmt: skip
"""Factor between a unit that was said and the one an action counts in; only used when the unit was said."""
_DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d")
_STEM = 4
_ENOUGH = 0.6
"""Share of the words of a longer text that must have been said: models tidy up a summary, they do not invent it."""


class Grounding:
    """What has been said in a conversation, ready to be asked whether it holds a value."""

    def __init__(self, context: Context, read_dates: ReadDates) -> None:
        self._context = context
        self._read_dates = read_dates

    def holds(self, parameter: Parameter, value: Value) -> bool:
        """Whether ``value`` may be used: said, allowed by the author, or a said date or amount in another form."""
        if isinstance(value, bool) or value in parameter.choices or value == parameter.default:
            return True
        if parameter.type is ParameterType.NUMBER or isinstance(value, int | float):
            return self._holds_number(float(value))
        return self._holds_text(value)

    def _holds_number(self, number: float) -> bool:
        said = self._numbers
        scales = {factor for unit, factor in _UNITS.items() if unit in self._words}
        return number in said or any(number * scale in said or number / scale in said for scale in scales)

    def _holds_text(self, value: str) -> bool:
        if normal(value) in self._text:
            return True
        day = _as_date(value)
        if day:
            return day in self._dates
        words = [word for word in _WORD.findall(normal(value)) if len(word) > 1 or word.isdigit()]
        return bool(words) and self._share_said(words) >= (1.0 if len(words) < 3 else _ENOUGH)

    def _share_said(self, words: list[str]) -> float:
        return sum(self._said(word) for word in words) / len(words)

    def _said(self, word: str) -> bool:
        """Codes must be said exactly; of ordinary words the stem will do (``crashes`` for ``crash``)."""
        if any(character.isdigit() for character in word) or len(word) <= _STEM:
            return word in self._words
        return any(said[:_STEM] == word[:_STEM] and (said in word or word[:-2] in said) for said in self._words)

    @cached_property
    def _text(self) -> str:
        return normal("\n".join(_spoken(self._context)))

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(_WORD.findall(self._text))

    @cached_property
    def _numbers(self) -> frozenset[float]:
        digits = {float(found.replace(",", "")) for found in _NUMBER.findall(self._text)}
        return frozenset(digits | {_NUMBER_WORDS[word] for word in self._words & _NUMBER_WORDS.keys()})

    @cached_property
    def _dates(self) -> frozenset[date]:
        return frozenset(day for text, moment in _dated(self._context) for day in self._read_dates(text, moment))


def normal(text: str) -> str:
    """Case, width and spacing taken away, so that two ways to write a thing compare equal."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _spoken(context: Context) -> Iterator[str]:
    yield context.text
    yield context.speaker
    yield context.speaker_email
    yield from (line.text for line in context.background)
    for turn in context.turns:
        yield turn.text
        yield turn.reply
        yield from (result.output for result in turn.results)


def _dated(context: Context) -> Iterator[tuple[str, datetime]]:
    yield context.text, context.now
    yield from ((line.text, line.said_at) for line in context.background)
    for turn in context.turns:
        yield turn.text, turn.started_at
        yield turn.reply, turn.started_at


def _as_date(value: str) -> date | None:
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(value.strip(), form).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    return None
