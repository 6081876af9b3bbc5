"""When a schedule fires next, as its reader's own clock shows it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.scheduling.cron import Cron

_SHOWN = 5


def next_five(cron: Cron, zone: ZoneInfo, reader_zone: ZoneInfo, now: datetime) -> tuple[datetime, ...]:
    """The next five times after ``now``, in the reader's zone; fewer only where the calendar ends."""
    times: list[datetime] = []
    moment = cron.next_after(now, zone)
    while moment is not None and len(times) < _SHOWN:
        times.append(moment.astimezone(reader_zone))
        moment = cron.next_after(moment, zone)
    return tuple(times)
