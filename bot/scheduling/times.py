"""Times of the day in plain words: ``9``, ``9:30``, ``5 pm``, ``noon``, ``9:00 and 17:00``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.scheduling.fields import shown
from bot.scheduling.refusal import not_understood, refused
from bot.scheduling.words import clock, runs

TIME = r"(?:noon|midnight|\d{1,2}(?:[:.]\d{2})? ?(?:am|pm|a\.m\.?|p\.m\.?|o'clock)?)"
_TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))? ?(?:(?P<half>[ap])\.?m\.?|o'clock)?")
_NAMED = {"noon": (12, 0), "midnight": (0, 0)}
JOINTS = re.compile(r",? and |, ?")


def read_time(text: str) -> tuple[int, int]:
    """Hour and minute."""
    if text in _NAMED:
        return _NAMED[text]
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise not_understood("time", text)
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if minute > 59 or not (1 <= hour <= 12 if found["half"] else hour <= 23):
        raise refused("time", f"{shown(text)} is no time of the day.", "Write 0:00 to 23:59, or 1 am to 12 pm.")
    return hour % 12 + 12 * (found["half"] == "p") if found["half"] else hour, minute


def read_times(text: str) -> tuple[list[int], list[int]]:
    """Minutes and hours of a list. Cron joins each minute to each hour, so other lists are refused."""
    times = sorted({read_time(one) for one in JOINTS.split(text)})
    hours, minutes = sorted({hour for hour, _ in times}), sorted({minute for _, minute in times})
    if len(hours) * len(minutes) > len(times):
        written = ", ".join(clock(*one) for one in times)
        raise refused("time", f"one schedule cannot hold {written}.", "Set up one for each minute past the hour.")
    return minutes, hours


def spread(numbers: Iterable[int]) -> str:
    """Numbers as the text of a cron field, never ``*``: that follows the clock, which fixed times must not."""
    stretches = runs(sorted(set(numbers)))
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in stretches)
