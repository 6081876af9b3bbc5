"""What runs say of themselves: ``ports.RunLog``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select

from bot.domain.run_log import EntryKind, LogEntry, PlacedEntry
from bot.storage import codec
from bot.storage.database import Database
from bot.storage.statements import insert_rows
from bot.storage.tables import run_log

MOST_ENTRIES = 2_000
"""Of one run; the rest is left out, and the last entry says so."""
LONGEST_ENTRY = 8_000
"""Characters."""

_LAST = select(func.coalesce(func.max(run_log.c.place), 0)).where(run_log.c.run_id == bindparam("wanted"))
_AFTER = (
    select(run_log)
    .where(run_log.c.run_id == bindparam("wanted"), run_log.c.place > bindparam("place_given"))
    .order_by(run_log.c.place)
    .limit(bindparam("most"))
)


class RunLogs:
    """Numbered entries for each run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, run_id: str, entries: Sequence[LogEntry]) -> None:
        """Keep them; of a run that says too much, the rest is left out and the log says so."""
        if entries:
            await self._database.write(lambda connection: put(connection, run_id, entries))

    async def after(self, run_id: str, place: int, limit: int) -> Sequence[PlacedEntry]:
        """The entries that follow ``place`` (0 for all), oldest first."""
        given = {"wanted": run_id, "place_given": place, "most": limit}
        rows = await self._database.read(lambda connection: connection.execute(_AFTER, given).all())
        return [
            PlacedEntry(row.place, LogEntry(codec.from_micros(row.at), EntryKind(row.kind), row.text)) for row in rows
        ]


def put(connection: Connection, run_id: str, entries: Sequence[LogEntry]) -> None:
    """Append in the transaction of something else."""
    last = int(connection.execute(_LAST, {"wanted": run_id}).scalar_one())
    kept = list(entries[: max(0, MOST_ENTRIES - last)])
    if len(kept) < len(entries) and last <= MOST_ENTRIES:
        kept.append(LogEntry(entries[-1].at, EntryKind.ERROR, "It said more than is kept; the rest is left out."))
    rows = [
        {
            "run_id": run_id,
            "place": place,
            "at": codec.to_micros(entry.at),
            "kind": entry.kind.value,
            "text": entry.text[:LONGEST_ENTRY],
        }
        for place, entry in enumerate(kept, last + 1)
    ]
    insert_rows(connection, run_log, rows)
