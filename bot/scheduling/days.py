"""Days in plain words: ``every weekday``, ``every monday and thursday in july``, ``monthly on the 15th``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.schedule import ScheduleRefused
from bot.scheduling.fields import shown
from bot.scheduling.refusal import not_understood, refused
from bot.scheduling.times import JOINTS, spread
from bot.scheduling.words import ALSO, MONTHS, ordinal

_MONTHS = re.compile(r"(?P<days>.+?) (?:in|of) (?P<months>.+)")
_TO = re.compile(r" ?- ?| to | through ")
_ALL_MONTHS = {"every month", "the month"}
_WORK = {"weekday", "weekdays", "workday", "workdays", "working day", "working days", "business day", "business days"}
_WEEKEND = {"weekend", "weekends"}
_WEEKDAY_NAMES = (
    ("sun", "sunday"),
    ("mon", "monday"),
    ("tue", "tues", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thur", "thurs", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
)
_WEEKDAYS = {name + s: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names for s in ("", "s")}
_MONTH_NAMES = {name: n for n, month in enumerate(MONTHS, 1) for name in (month.lower(), month[:3].lower())}
_DATES = {word: n for n in range(1, 32) for word in (ordinal(n), f"the {ordinal(n)}", f"{n}", f"day {n}")} | {
    "first": 1
}
_BEGINNINGS = re.compile(
    r"(?:(?P<span>weekly|monthly|yearly|every week|every month|every year)(?: on)?|every|on)(?: |$)"
)
_BEYOND_CRON = re.compile(r"\b(last|first|second|third|fourth|other|except|but|not|quarter|fortnight|biweekly)\b")


@dataclass(frozen=True, slots=True)
class Days:
    """The three day fields of a cron expression."""

    numbers: str = "*"
    months: str = "*"
    weekdays: str = "*"


def read_days(text: str) -> Days:
    """Read which days are meant. Raises ScheduleRefused."""
    one, _, other = text.partition(ALSO)
    days = _read(one)
    if not other:
        return days
    also = _read(other)
    if days.months != also.months or "*" in (days.numbers, also.weekdays):
        raise refused("days", '"and also" joins dates with weekdays of the same months.', "Set up two schedules.")
    return Days(days.numbers, days.months, also.weekdays)


def _read(text: str) -> Days:
    found = _MONTHS.fullmatch(text)
    months = _months(found["months"]) if found else "*"
    days = found["days"] if found else text
    if days == "daily":
        return Days(months=months)
    beginning = _BEGINNINGS.match(days)
    span = (beginning["span"] or "") if beginning else ""
    rest = days[beginning.end() :] if beginning else days
    numbers, weekdays = _dates_or_weekdays(rest, text) if rest or not span else ("*", "*")
    _fit(span, numbers, months, weekdays)
    if numbers != "*" and beginning and beginning[0] == "every " and not found:
        raise refused("days", f"{shown(text)} may mean a date or a step.", f'Write "on the {rest}", or name weekdays.')
    return Days(numbers, months, weekdays)


def _dates_or_weekdays(rest: str, text: str) -> tuple[str, str]:
    if rest == "day":
        return "*", "*"
    if rest in _WORK:
        return "*", "1-5"
    if rest in _WEEKEND:
        return "*", "0,6"
    weekdays = _members(rest, _WEEKDAYS, 7)
    if weekdays is not None:
        return "*", spread(weekdays)
    dates = _members(rest.removeprefix("the "), _DATES, 0)
    if dates is None:
        raise _lost(text)
    return spread(dates), "*"


def _fit(span: str, numbers: str, months: str, weekdays: str) -> None:
    """``weekly`` goes with weekdays, ``monthly`` with dates, ``yearly`` with dates of months."""
    wanted = {"week": weekdays, "mont": numbers, "year": "*" if "*" in (numbers, months) else numbers}
    if span and wanted[span.removeprefix("every ")[:4]] == "*":
        mend = 'Write "weekly on monday", "monthly on the 15th" or "yearly on the 1st of july".'
        raise refused("days", f'"{span}" does not say on which day.', mend)


def _months(text: str) -> str:
    if text in _ALL_MONTHS:
        return "*"
    months = _members(text, _MONTH_NAMES, 0)
    if months is None:
        raise _lost(text)
    return spread(months)


def _members(text: str, known: Mapping[str, int], wrap: int) -> set[int] | None:
    """The numbers of a list of words, some of them stretches. None when a word is not known."""
    members: set[int] = set()
    for item in JOINTS.split(text):
        ends = [known.get(word) for word in _TO.split(item)]
        first, last = ends[0], ends[-1]
        if len(ends) > 2 or first is None or last is None:
            return None
        if first > last:
            last += wrap
        if first > last:
            return None
        members.update(number % wrap if wrap else number for number in range(first, last + 1))
    return members


def _lost(text: str) -> ScheduleRefused:
    if _BEYOND_CRON.search(text):
        mend = "Name days by weekday or by date; for the end of a month take the 1st of the next."
        return refused("days", f"cron cannot say {shown(text)}.", mend)
    return not_understood("days", text)
