"""Definitions made through the service, and the switches of all actions: ``ports.ActionStore``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, select

from bot.ports import StoredAction, Switch
from bot.storage.database import Database
from bot.storage.statements import insert_or_replace
from bot.storage.tables import actions, documents, run_log, runs, switches

_DEFINITIONS = select(actions).order_by(actions.c.slug)
_SWITCHES = select(switches).order_by(switches.c.slug)


class Actions:
    """What operators made, and what they switched on or off."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def definitions(self) -> Sequence[StoredAction]:
        """All, sorted by slug."""
        rows = await self._database.read(lambda connection: connection.execute(_DEFINITIONS).all())
        return [StoredAction(row.slug, row.format, row.text) for row in rows]

    async def save(self, action: StoredAction) -> None:
        """Insert or replace by slug."""
        row = {"slug": action.slug, "format": action.format, "text": action.text}
        await self._database.write(lambda connection: insert_or_replace(connection, actions, row))

    async def remove(self, slug: str) -> None:
        """Delete for good, its switch and its runs with it (F158, F159). The audit log stays."""
        await self._database.write(lambda connection: _remove(connection, slug))

    async def switches(self) -> Mapping[str, Switch]:
        """The switches that were ever set, by slug."""
        rows = await self._database.read(lambda connection: connection.execute(_SWITCHES).all())
        return {row.slug: Switch(row.slug, row.enabled, row.reason) for row in rows}

    async def switch(self, switch: Switch) -> None:
        """Set it; the last one counts."""
        row = {"slug": switch.slug, "enabled": switch.enabled, "reason": switch.reason}
        await self._database.write(lambda connection: insert_or_replace(connection, switches, row))


def _remove(connection: Connection, slug: str) -> None:
    connection.execute(delete(actions).where(actions.c.slug == slug))
    connection.execute(delete(switches).where(switches.c.slug == slug))
    of_action = select(runs.c.id).where(runs.c.action == slug)
    connection.execute(delete(documents).where(documents.c.run_id.in_(of_action)))
    connection.execute(delete(run_log).where(run_log.c.run_id.in_(of_action)))
    connection.execute(delete(runs).where(runs.c.action == slug))
