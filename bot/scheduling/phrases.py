"""The simple forms beside cron: ``every weekday at 9:00``, ``every 15 minutes``, ``monthly on the 15th at 17:00``.

Each becomes a cron expression, so that one kind of schedule is stored. What cron cannot say is refused with the
reason, never bent: ``every 7 minutes``, ``the last day of the month``.
"""

from __future__ import annotations

import re

from bot.domain.schedule import ScheduleFault, ScheduleRefused
from bot.scheduling.cron import Cron
from bot.scheduling.days import Days, read_days
from bot.scheduling.fields import HOUR, MINUTE, shown
from bot.scheduling.refusal import refused
from bot.scheduling.times import TIME, read_time, read_times, spread
from bot.scheduling.words import IF_ANY

_CRON = re.compile(r"@\S*|[\d*?][\d*?,/\-]*(?:\s+\S+){3,}|[\d*?][\d*?,/\-]*(?:\s+[\d*?][\d*?,/\-]*)+")
_OFTEN = re.compile(
    r"(?:every (?:(?P<count>\d{1,4}) )?(?P<unit>minutes?|mins?|hours?|hrs?)|(?P<hourly>hourly))"
    r"(?: at (?::|minute )(?P<minute>\d{1,2}))?"
    rf"(?: (?:from|between) (?P<first>{TIME}) (?:to|and|until|till) (?P<last>{TIME}))?"
    r"(?:,? (?P<days>.+))?"
)
_AT = re.compile(r"(?P<days>.+?),? at (?P<times>.+)")
_AT_FIRST = re.compile(r"at (?P<times>.+?),? (?P<days>(?:on|every|daily|weekly|monthly|yearly)\b.*)")
_SAME = (("each ", "every "), ("half hour", "30 minutes"), ("half an hour", "30 minutes"))
_LONGEST_TEXT = 200


def read_schedule(text: str) -> Cron:
    """Read what a person wrote, cron or plain words. Raises ScheduleRefused with what is wrong and how to mend it."""
    return Cron.parse(text) if _CRON.fullmatch(text.strip()) else parse_phrase(text)


def parse_phrase(text: str) -> Cron:
    """Read plain words. Raises ScheduleRefused when they are not understood, or say what cron cannot."""
    if len(text) > _LONGEST_TEXT:
        raise refused("schedule", f"it has more than {_LONGEST_TEXT} characters.", "Say it in fewer words.")
    plain = _plain(text)
    often = _OFTEN.fullmatch(plain)
    if often:
        return _often(often)
    found = _AT_FIRST.fullmatch(plain) or _AT.fullmatch(plain)
    if found is None:
        read_days(plain)
        raise refused("time", "it is missing.", f'Write "{plain} at 9:00".')
    minutes, hours = read_times(found["times"])
    return _cron(spread(minutes), spread(hours), read_days(found["days"]))


def _plain(text: str) -> str:
    plain = " ".join(text.lower().split()).removesuffix(".").replace(f" {IF_ANY}", "")
    for other, word in _SAME:
        plain = plain.replace(other, word)
    return plain


def _cron(minutes: str, hours: str, days: Days) -> Cron:
    return Cron.parse(f"{minutes} {hours} {days.numbers} {days.months} {days.weekdays}")


def _often(found: re.Match[str]) -> Cron:
    days = read_days(found["days"] or "every day")
    count = int(found["count"] or 1)
    minute = int(found["minute"] or 0)
    if (found["unit"] or "").startswith("m"):
        if count % 60 or not count:
            return _every_minutes(found, count, days)
        count //= 60
    if minute > MINUTE.last:
        raise refused("minute", f"{shown(found['minute'])} is out of its range.", "Write :00 to :59.")
    if found["first"]:
        return _hours_between(found, count, days)
    if not count or HOUR.last < count or 24 % count:
        raise _uneven(f"{count} hours", "day", "1, 2, 3, 4, 6, 8 or 12 hours")
    return _cron(str(minute), "*" if count == 1 else f"*/{count}", days)


def _every_minutes(found: re.Match[str], count: int, days: Days) -> Cron:
    if not count or 60 % count:
        raise _uneven(f"{count} minutes", "hour", "1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30 minutes")
    if found["minute"]:
        raise refused("minute", "it is said of hours only.", f'Write "every {count} minutes".')
    minutes = "*" if count == 1 else f"*/{count}"
    if not found["first"]:
        return _cron(minutes, "*", days)
    (first, start), (last, end) = read_time(found["first"]), read_time(found["last"])
    if start or end != 60 - count or first > last:
        ends = f'"from {first}:00 to {max(first, last)}:{60 - count:02}"'
        raise refused("time", "cron takes whole hours of one day here.", f"Write {ends}, or the like.")
    return _cron(minutes, spread(range(first, last + 1)), days)


def _hours_between(found: re.Match[str], count: int, days: Days) -> Cron:
    (first, minute), (last, end) = read_time(found["first"]), read_time(found["last"])
    if found["minute"] or minute != end or first > last or not count:
        past = int(found["minute"] or minute)
        mend = f'Write "from {first}:{past:02} to {max(first, last)}:{past:02}", or the like.'
        raise refused("time", "both ends must have the same minute, on one day.", mend)
    return _cron(str(minute), spread(range(first, last + 1, count)), days)


def _uneven(every: str, whole: str, instead: str) -> ScheduleRefused:
    problem = f"cron counts anew each {whole}, and {every} do not divide it."
    return ScheduleRefused([ScheduleFault("interval", problem, f"Take {instead}.")])
