"""Who did what, when: ``ports.AuditLog``. Rows are added, never changed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from bot.domain.audit import AuditEvent
from bot.storage import codec
from bot.storage.database import Database
from bot.storage.statements import insert_rows
from bot.storage.tables import audit

_NEWEST = select(audit).order_by(audit.c.id.desc()).limit(bindparam("limit"))


class Audit:
    """The audit log, in the order of recording."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, event: AuditEvent) -> None:
        """Append one line."""
        await self._database.write(lambda connection: put(connection, [event]))

    async def latest(self, limit: int) -> Sequence[AuditEvent]:
        """Newest first."""
        rows = await self._database.read(lambda connection: connection.execute(_NEWEST, {"limit": limit}).all())
        return [
            AuditEvent(codec.from_micros(row.at), row.actor, row.kind, row.subject, codec.from_json(row.details))
            for row in rows
        ]


def put(connection: Connection, events: Sequence[AuditEvent]) -> None:
    """Append in the transaction of what they tell of."""
    insert_rows(connection, audit, list(map(_row, events)))


def _row(event: AuditEvent) -> dict[str, object]:
    return {
        "at": codec.to_micros(event.at),
        "actor": event.actor,
        "kind": event.kind,
        "subject": event.subject,
        "details": codec.mapping_to_json(event.details),
    }
