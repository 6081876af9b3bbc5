"""Sealed installations of a platform's app, by workspace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from bot.storage import codec
from bot.storage.database import Database
from bot.storage.statements import insert_or_replace
from bot.storage.tables import installations

_ONE = select(installations.c.ciphertext).where(installations.c.key == bindparam("wanted"))
_ALL = select(installations.c.key, installations.c.ciphertext).order_by(installations.c.key)
_EXCHANGE = (
    update(installations)
    .where(installations.c.key == bindparam("wanted"), installations.c.ciphertext == bindparam("old"))
    .values(ciphertext=bindparam("new"))
)
_DELETE = delete(installations).where(installations.c.key == bindparam("wanted"))


class InstallationRows:
    """Opaque texts by key: what they mean and how they are sealed is their owner's affair."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> str | None:
        found = await self._database.read(lambda connection: connection.execute(_ONE, {"wanted": key}).first())
        return str(found.ciphertext) if found else None

    async def all(self) -> Mapping[str, str]:
        """All sealed texts, by key."""
        rows = await self._database.read(lambda connection: connection.execute(_ALL).all())
        return {str(row.key): str(row.ciphertext) for row in rows}

    async def exchange(self, key: str, old: str, new: str) -> bool:
        """Put one sealed text in place of another of the same content; False if the row holds another by now."""
        given = {"wanted": key, "old": old, "new": new}
        return await self._database.write(lambda connection: connection.execute(_EXCHANGE, given).rowcount == 1)

    async def put(self, key: str, ciphertext: str, at: datetime) -> None:
        """Insert or replace."""
        row = {"key": key, "ciphertext": ciphertext, "at": codec.to_micros(at)}
        await self._database.write(lambda connection: insert_or_replace(connection, installations, row))

    async def delete(self, key: str) -> bool:
        """Says whether it was there."""
        return await self._database.write(lambda connection: _deleted(connection, key))


def _deleted(connection: Connection, key: str) -> bool:
    return bool(connection.execute(_DELETE, {"wanted": key}).rowcount)
