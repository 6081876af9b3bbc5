"""Cron done slowly: every minute of a stretch is looked at. Nothing of the parser or the search is used.

Clock changes are found by watching the offset from one minute to the next, not by ``fold``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from bot.domain.schedule import ScheduleRefused

MINUTE = timedelta(minutes=1)
NONE = timedelta()


@dataclass(frozen=True)
class Part:
    """A field as it is written and the numbers that it must mean."""

    text: str
    numbers: frozenset[int]

    @property
    def star(self) -> bool:
        return self.text.startswith("*")


@dataclass(frozen=True)
class Written:
    """A whole expression."""

    minute: Part
    hour: Part
    day: Part
    month: Part
    weekday: Part

    @property
    def text(self) -> str:
        return " ".join(part.text for part in (self.minute, self.hour, self.day, self.month, self.weekday))

    @property
    def follows_clock(self) -> bool:
        return self.minute.star or self.hour.star

    def fits(self, local: datetime) -> bool:
        by_day = local.day in self.day.numbers
        by_weekday = local.isoweekday() in self.weekday.numbers or local.isoweekday() % 7 in self.weekday.numbers
        either = not self.day.star and not self.weekday.star
        day = by_day or by_weekday if either else by_day and by_weekday
        clock = local.minute in self.minute.numbers and local.hour in self.hour.numbers
        return clock and day and local.month in self.month.numbers

    def moments(self, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """All moments after ``start`` up to and with ``end``, both whole minutes."""
        lookback = timedelta(hours=30)
        moment, before = start - lookback, _offset(start - lookback, zone)
        skipped_until = repeated_until = datetime.min.replace(tzinfo=UTC)
        old = before
        while moment <= end:
            now = _offset(moment, zone)
            if now > before:
                skipped_until, old = moment + (now - before), before
            elif now < before:
                repeated_until = moment + (before - now)
            before = now
            shown = [moment.replace(tzinfo=None) + now] if self.follows_clock or moment >= repeated_until else []
            if not self.follows_clock and moment < skipped_until:
                shown.append(moment.replace(tzinfo=None) + old)
            if moment > start and any(map(self.fits, shown)):
                yield moment
            moment += MINUTE


def refusal(read: Callable[[str], object], text: str) -> ScheduleRefused | None:
    """The error that reading gives; None when it was read."""
    try:
        read(text)
    except ScheduleRefused as refused:
        return refused
    return None


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or NONE


def parts(first: int, last: int, names: Collection[str] = ()) -> st.SearchStrategy[Part]:
    """Random fields: stars, steps, numbers, ranges, lists of them, names where there are any."""
    every = frozenset(range(first, last + 1))
    star = st.just(Part("*", every))
    star_step = st.integers(1, last - first).map(
        lambda step: Part(f"*/{step}", frozenset(range(first, last + 1, step)))
    )
    number = st.integers(first, last).map(lambda one: Part(str(one), frozenset({one})))
    ends = st.tuples(st.integers(first, last), st.integers(first, last)).map(sorted)
    stretch = ends.map(lambda pair: Part(f"{pair[0]}-{pair[1]}", frozenset(range(pair[0], pair[1] + 1))))
    stepped = st.tuples(ends.filter(lambda pair: pair[1] > pair[0]), st.integers(1, last)).map(
        lambda both: _stepped(both[0][0], both[0][1], both[1])
    )
    items = [number, stretch, stepped]
    if names:
        named = dict(enumerate(names, first))
        items.append(st.sampled_from(sorted(named)).map(lambda one: Part(named[one], frozenset({one}))))
    lists = st.lists(st.one_of(*items), min_size=1, max_size=3).map(_joined)
    return st.one_of(star, star_step, lists, lists)


def _stepped(low: int, high: int, step: int) -> Part:
    step = 1 + step % (high - low)
    return Part(f"{low}-{high}/{step}", frozenset(range(low, high + 1, step)))


def _joined(items: list[Part]) -> Part:
    return Part(",".join(item.text for item in items), frozenset().union(*(item.numbers for item in items)))


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("SUN", "mon", "Tue", "wed", "thu", "fri", "sat")

expressions = st.builds(
    Written,
    minute=parts(0, 59),
    hour=parts(0, 23),
    day=parts(1, 31),
    month=parts(1, 12, MONTHS),
    weekday=parts(0, 7, WEEKDAYS),
)
