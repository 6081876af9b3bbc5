"""Cron as cron means it: five fields, or a name such as ``@daily``, and the moments that they name.

APScheduler's own ``CronTrigger.from_crontab`` is not cron: 1 is Tuesday there, 7 is refused, day of the month AND
weekday must fit, and a daily 02:30 fires twice in the autumn. ``tests/scheduling/test_not_apscheduler.py`` shows it.

Sources: POSIX.1-2017 ``crontab``; ``crontab(5)`` and ``cron(8)`` of Vixie cron, and its ``entry.c``.
"""

from __future__ import annotations

import calendar
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.schedule import ScheduleFault, ScheduleRefused
from bot.scheduling.clock import moments, on_the_clock, unrest
from bot.scheduling.fields import DAY, FIELDS, MONTH, numbers, shown

NAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

EVERY_DAY = tuple(range(DAY.first, DAY.last + 1))
EVERY_MONTH = tuple(range(MONTH.first, MONTH.last + 1))
EVERY_WEEKDAY = tuple(range(7))
_LONGEST_TEXT = 200
_LEAP_YEAR = 2000
_NO_TIME = timedelta()
_FIVE = 'Write minute, hour, day of the month, month and weekday, such as "0 9 * * 1" for Mondays at 09:00.'


@dataclass(frozen=True, slots=True)
class Cron:
    """The times of a schedule. Two are equal when they fire at the same times, however they were written.

    **Days.** A day field that begins with ``*`` (so ``*/2`` too) is unrestricted. While one of the two is, a day must
    fit both; when neither is, it need fit only one: ``0 9 13 * 5`` is the 13th and every Friday.

    **Clock changes.** When the minute or hour field begins with ``*`` the schedule follows the clock, else its times
    are fixed; ``bot.scheduling.clock`` says what each does. A fixed time thus has one moment a day, and the moment
    alone is the key of its tick.
    """

    text: str = field(compare=False)
    """As it was written, without extra spaces."""
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    """0 is Sunday."""
    either: bool
    """A day need fit only one of ``days`` and ``weekdays``."""
    follows_clock: bool

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read an expression. Raises ScheduleRefused with all that is wrong with it."""
        written = " ".join(text.split())
        faults: list[ScheduleFault] = []
        minute, hour, day, month, weekday = words = _words(written)
        sets = [numbers(field, word, faults) for field, word in zip(FIELDS, words, strict=True)]
        if faults:
            raise ScheduleRefused(faults)
        either = not (day.startswith("*") or weekday.startswith("*"))
        days, weekdays, either = _plainest(sets[2], sets[4], either)
        cron = cls(written, sets[0], sets[1], days, sets[3], weekdays, either, "*" in (minute[0], hour[0]))
        cron._refuse_never(day, month)
        return cron

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The first moment strictly after an aware one, in UTC. None only where the calendar ends."""
        return self._nearest(_aware(moment), zone, 1)

    def previous_at_or_before(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The last moment up to and with an aware one, in UTC. None only where the calendar begins."""
        return self._nearest(_aware(moment), zone, -1)

    def between(self, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """All moments after ``start`` up to and with ``end``, so that one stretch can follow another."""
        moment = self.next_after(start, zone)
        while moment is not None and moment <= end:
            yield moment
            moment = self.next_after(moment, zone)

    def _nearest(self, moment: datetime, zone: ZoneInfo, step: int) -> datetime | None:
        """The nearest moment in one direction.

        Near a clock change, times of the day and moments differ in order: there the search begins earlier and goes on
        past the first find, by as much as the clock moves.
        """
        with contextlib.suppress(OverflowError):
            return self._search(moment, zone, step)
        return None

    def _search(self, moment: datetime, zone: ZoneInfo, step: int) -> datetime | None:
        nearer = min if step > 0 else max
        found: datetime | None = None
        end: datetime | None = None
        for local in self._local_times(on_the_clock(moment, zone) - step * unrest(moment, zone), step):
            if end is not None and (local - end) * step > _NO_TIME:
                break
            fitting = [
                one for one in moments(local, zone, follows_clock=self.follows_clock) if _beyond(one, moment, step)
            ]
            if not fitting:
                continue
            found = nearer(fitting if found is None else [found, *fitting])
            around = unrest(found, zone)
            if not around:
                break
            end = end or local + step * around
        return found

    def _local_times(self, start: datetime, step: int) -> Iterator[datetime]:
        """What the clock shows at each time of the schedule, naive, from ``start`` on, forwards or backwards."""
        for day in self._dates(start.date(), step):
            for hour in self.hours[::step]:
                if day == start.date() and (hour - start.hour) * step < 0:
                    continue
                for minute in self.minutes[::step]:
                    local = datetime.combine(day, time(hour, minute))
                    if (local - start) * step >= _NO_TIME:
                        yield local

    def _dates(self, start: date, step: int) -> Iterator[date]:
        year, month = start.year, start.month
        while MINYEAR <= year <= MAXYEAR:
            if month in self.months:
                for day in range(1, calendar.monthrange(year, month)[1] + 1)[::step]:
                    one = date(year, month, day)
                    if (one - start).days * step >= 0 and self._fits(one):
                        yield one
            months = year * 12 + month - 1 + step
            year, month = months // 12, months % 12 + 1

    def _fits(self, day: date) -> bool:
        by_number, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_number or by_weekday if self.either else by_number and by_weekday

    def _refuse_never(self, day: str, month: str) -> None:
        """29 February and any weekday do meet, if only after 40 years; 31 February never comes."""
        last = max(calendar.monthrange(_LEAP_YEAR, one)[1] for one in self.months)
        if not self.either and self.days[0] > last:
            problem = f"day {shown(day)} never comes in month {shown(month)}, so it would never fire."
            mend = f"Write a day up to {last}, or another month."
            raise ScheduleRefused([ScheduleFault("day of the month field", problem, mend)])


def _words(written: str) -> list[str]:
    """The five fields of the text."""
    if not written:
        raise _refused("it is empty.", _FIVE)
    if len(written) > _LONGEST_TEXT:
        raise _refused(f"it has more than {_LONGEST_TEXT} characters.", "Write ranges and steps for long lists.")
    if written.startswith("@"):
        return _named(written).split(" ")
    words = written.split(" ")
    if "=" in words[0]:
        raise _refused(f"it begins with the setting {shown(words[0])}.", "Take it out; the time zone is set beside it.")
    if len(words) != len(FIELDS):
        raise _refused(f"it has {len(words)} field{'s' * (len(words) > 1)}, not 5.", _miscounted(len(words)))
    return words


def _named(written: str) -> str:
    if written.lower() not in NAMES:
        known = ", ".join(NAMES)
        problem = "it names no time." if written.lower() == "@reboot" else "it is not a name that cron knows."
        raise ScheduleRefused([ScheduleFault(shown(written), problem, f"The names are {known}; or write five fields.")])
    return NAMES[written.lower()]


def _miscounted(count: int) -> str:
    if count in (6, 7):
        return f"Cron has no field for seconds or years: leave them out. {_FIVE}"
    return _FIVE


def _refused(problem: str, mend: str) -> ScheduleRefused:
    return ScheduleRefused([ScheduleFault("cron expression", problem, mend)])


def _plainest(
    days: tuple[int, ...], weekdays: tuple[int, ...], either: bool
) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """Every day, said in the one way, when either of two day fields is enough and one of them names every day."""
    if either and (days == EVERY_DAY or weekdays == EVERY_WEEKDAY):
        return EVERY_DAY, EVERY_WEEKDAY, False
    return days, weekdays, either


def _beyond(one: datetime, moment: datetime, step: int) -> bool:
    return one > moment if step > 0 else one <= moment


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is no moment")
    return moment.astimezone(UTC)
