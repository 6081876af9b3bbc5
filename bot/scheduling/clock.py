"""From a time on the clock of a place to moments in UTC, also where that clock is put forward or back.

Two rules, and ``Cron`` says which one holds:

*Fixed times* ("at 02:30") fire once, as RFC 5545 (3.3.5) reads a local time. Where the clock is put back and 02:30
comes twice, the first one counts. Where it is put forward over 02:30, the time is read with the offset before the
change: it fires as long after midnight as on any other day, when the clock shows 03:30. (Vixie cron makes up for it
at once, at 03:00; here the work of a skipped hour does not all start in one minute.)

*What follows the clock* ("every 30 minutes") fires whenever the clock shows such a time: not at all in the hour that
is skipped, twice in the hour that comes twice. Its runs stay evenly spaced in real time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_LONGEST_CHANGE = timedelta(hours=25)
"""No place ever moved its clock by more: Samoa left out a day in 2011."""


def moments(local: datetime, zone: ZoneInfo, *, follows_clock: bool) -> tuple[datetime, ...]:
    """When a clock in the zone shows ``local`` (naive): mostly one moment in UTC; none or two where it is changed."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if not follows_clock:
        return (first,)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return (first,)
    skipped = first > second  # the offset before a gap is the smaller one, and PEP 495 gives it to fold 0
    return () if skipped else (first, second)


def on_the_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a clock in the zone shows, naive."""
    return moment.astimezone(zone).replace(tzinfo=None)


def unrest(moment: datetime, zone: ZoneInfo) -> timedelta:
    """How far the clock is moved round about the moment: nothing on all but a few days of the year."""
    around = (moment - _LONGEST_CHANGE, moment, moment + _LONGEST_CHANGE)
    offsets = [one.astimezone(zone).utcoffset() or timedelta() for one in around]
    return max(offsets) - min(offsets)
