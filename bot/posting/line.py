"""The honest line below a post: when it was due, when it ran, how old the data is, and what is missing."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.post import Fired


def honest_line(fired: Fired) -> str:
    """One line, in the zone of its readers."""
    clock = _Clock(fired)
    parts = [f"Planned {clock.tell(fired.planned)}, ran {clock.tell(fired.ran_at)}"] if fired.planned else []
    parts += [] if fired.planned else [f"Ran {clock.tell(fired.ran_at)}"]
    parts[0] += f" ({fired.zone})"
    given = [result.started_at for result in fired.results if result.succeeded]
    parts.append(f"data as of {clock.tell(min(given))}" if given else "no data")
    failed = [result.name for result in fired.results if not result.succeeded]
    if failed:
        parts.append(f"sources failed: {', '.join(dict.fromkeys(failed))}")
    return "; ".join(parts) + "."


class _Clock:
    """Tells times of one day as times, and of several days with the day."""

    def __init__(self, fired: Fired) -> None:
        self._zone = ZoneInfo(fired.zone)
        moments = [fired.planned, fired.ran_at, *(result.started_at for result in fired.results)]
        days = {moment.astimezone(self._zone).date() for moment in moments if moment}
        self._form = "%H:%M" if len(days) == 1 else "%a %d %b %H:%M"

    def tell(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime(self._form)
