"""A schedule in plain words, so that a person sees what they have set up.

Where ``phrases`` can read the words back, they give an equal schedule; the tests hold this for every expression.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.scheduling.cron import EVERY_DAY, EVERY_MONTH, EVERY_WEEKDAY, Cron

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = tuple(calendar.month_name[1:])
WORKING_DAYS = (1, 2, 3, 4, 5)
IF_ANY = "(when there is one)"
"""Said of days that not every month has."""
ALSO = " and also "
_EVERY_DAY = "every day"
_MOST_TIMES = 6
_SHORTEST_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def in_words(cron: Cron) -> str:
    """The whole schedule, such as ``every weekday at 09:00``."""
    days = _days(cron)
    often = _often(cron)
    if often:
        return often if days == _EVERY_DAY else f"{often}, {days}"
    if not cron.follows_clock and len(cron.hours) * len(cron.minutes) <= _MOST_TIMES:
        return f"{days} at {_listed([clock(hour, minute) for hour in cron.hours for minute in cron.minutes])}"
    return f"{_exact_times(cron)}, {days}"


def clock(hour: int, minute: int) -> str:
    """A time of the day, such as ``09:05``."""
    return f"{hour:02}:{minute:02}"


def ordinal(number: int) -> str:
    """A day of the month, such as ``22nd``."""
    ending = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Numbers in order as stretches, first and last; stretches of two stay apart."""
    for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        stretch = [number for _, number in group]
        if len(stretch) > 2:
            yield stretch[0], stretch[-1]
        else:
            yield from ((number, number) for number in stretch)


def _often(cron: Cron) -> str:
    """Words for what comes round at even steps; empty for all else."""
    if len(cron.minutes) == 1:
        return _hours(cron)
    step = cron.minutes[1]
    if not cron.follows_clock or cron.minutes != tuple(range(0, 60, step)) or 60 % step:
        return ""
    words = "every minute" if step == 1 else f"every {step} minutes"
    if len(cron.hours) == 24:
        return words
    return words + _from_to(cron) if _unbroken(cron.hours) else ""


def _hours(cron: Cron) -> str:
    """Words for one minute of many hours."""
    minute = cron.minutes[0]
    if not cron.follows_clock:
        return "every hour" + _from_to(cron) if len(cron.hours) > 2 and _unbroken(cron.hours) else ""
    step = cron.hours[1]
    if cron.hours != tuple(range(0, 24, step)) or 24 % step:
        return ""
    return ("every hour" if step == 1 else f"every {step} hours") + (f" at :{minute:02}" if minute else "")


def _from_to(cron: Cron) -> str:
    return f" from {clock(cron.hours[0], cron.minutes[0])} to {clock(cron.hours[-1], cron.minutes[-1])}"


def _unbroken(numbers: Sequence[int]) -> bool:
    return numbers[-1] - numbers[0] == len(numbers) - 1


def _exact_times(cron: Cron) -> str:
    minutes = "every minute" if len(cron.minutes) == 60 else f"at {_counted('minute', cron.minutes)}"
    hours = "every hour" if len(cron.hours) == 24 else _counted("hour", cron.hours)
    return f"{minutes} of {hours}"


def _counted(noun: str, numbers: Sequence[int]) -> str:
    return f"{noun}{'s' * (len(numbers) > 1)} {_ranged([str(number) for number in range(60)], numbers)}"


def _days(cron: Cron) -> str:
    months = "" if cron.months == EVERY_MONTH else _ranged(("", *MONTHS), cron.months)
    if cron.days == EVERY_DAY or cron.weekdays == EVERY_WEEKDAY:
        return _by_weekday(cron, months) if cron.days == EVERY_DAY else _by_number(cron, months)
    if cron.either:
        return _by_number(cron, months) + ALSO + _by_weekday(cron, months)
    dates = _ranged([ordinal(number) for number in range(32)], cron.days)
    return f"{_by_weekday(cron, '')} that is the {dates}{_suffix('of', months)}"


def _by_weekday(cron: Cron, months: str) -> str:
    named = _listed([WEEKDAYS[day] for day in sorted(cron.weekdays, key=lambda day: day or 7)])
    if cron.weekdays == EVERY_WEEKDAY:
        named = "day"
    elif cron.weekdays == WORKING_DAYS:
        named = "weekday"
    return f"every {named}{_suffix('in', months)}"


def _by_number(cron: Cron, months: str) -> str:
    dates = _ranged([ordinal(number) for number in range(32)], cron.days)
    rare = cron.days[-1] > min(_SHORTEST_MONTH[month - 1] for month in cron.months)
    return f"on the {dates}{_suffix('of', months)}{f' {IF_ANY}' * rare}"


def _suffix(joint: str, months: str) -> str:
    return f" {joint} {months}" if months else ""


def _ranged(words: Sequence[str], numbers: Sequence[int]) -> str:
    """The words of all numbers, stretches as ``1 to 5``."""
    return _listed(
        [words[first] if first == last else f"{words[first]} to {words[last]}" for first, last in runs(numbers)]
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
