"""Reads the dates that a text speaks of, as seen from a moment."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
DATE_PHRASE = re.compile(
    rf"\b\d{{4}}-\d{{1,2}}-\d{{1,2}}\b|\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b"
    rf"|\b{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{_MONTH}(?:,?\s+\d{{4}})?\b"
    rf"|\b(?:day after tomorrow|tomorrow|today|tonight|yesterday)\b"
    rf"|\bin\s+(?:\d+|a|one|two|three|four|five|six)\s+(?:day|week|month)s?\b"
    rf"|\b(?:\d+|a|one|two|three)\s+(?:day|week|month)s?\s+ago\b"
    rf"|\b(?:(?:this|next|last|coming|on)\s+)?(?:{'|'.join(_DAYS)})\b"
    rf"|\b(?:mon|tues?|wed|thu(?:rs)?|fri|sat|sun)\b(?=[\s.,!?]|$)",
    re.IGNORECASE,
)


def read_dates(text: str, now: datetime) -> frozenset[date]:
    """``ports.ReadDates``: weekdays are the coming ones, ``3 March`` the coming one."""
    return frozenset(day for found in find_dates(text, now) for day in found)


def find_dates(text: str, now: datetime) -> list[tuple[date, ...]]:
    """The dates in the order they are said; ``next Friday`` has two readings, the likelier first."""
    return [days for match in DATE_PHRASE.finditer(text) if (days := _readings(match.group().lower(), now))]


def _readings(phrase: str, now: datetime) -> tuple[date, ...]:
    today = now.date()
    if phrase == "day after tomorrow":
        return (today + timedelta(days=2),)
    weekday = next((number for number, name in enumerate(_DAYS) if name[:3] == phrase.rsplit(maxsplit=1)[-1][:3]), None)
    if weekday is not None and not any(character.isdigit() for character in phrase):
        return _weekday(phrase, today, weekday)
    day = _parsed(phrase, now)
    return (day,) if day else ()


def _weekday(phrase: str, today: date, weekday: int) -> tuple[date, ...]:
    ahead = (weekday - today.weekday()) % 7
    if phrase.startswith("last"):
        return (today - timedelta(days=(today.weekday() - weekday) % 7 or 7),)
    coming = today + timedelta(days=ahead or 7)
    if phrase.startswith("next"):
        return (coming, coming + timedelta(days=7))
    return (coming, today) if ahead == 0 else (coming,)


def _parsed(phrase: str, now: datetime) -> date | None:
    import dateparser

    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", phrase)
    order = "YMD" if iso else "DMY" if "." in phrase else "MDY"
    settings: Any = {
        "RELATIVE_BASE": now.replace(tzinfo=None),
        "PREFER_DATES_FROM": "past" if "ago" in phrase or "yesterday" in phrase else "future",
        "DATE_ORDER": order,
    }
    found = dateparser.parse(phrase.replace(" of ", " "), languages=["en"], settings=settings)
    return found.date() if found else None
