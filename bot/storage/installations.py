"""Sealed installations of a platform's app, by workspace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from bot.storage import codec
from bot.storage.database import Database
from bot.storage.statements import insert_or_replace
from bot.storage.tables import installations

_ONE = select(installations.c.ciphertext).where(installations.c.key == bindparam("wanted"))
_ALL = select(installations.c.ciphertext)
_DELETE = delete(installations).where(installations.c.key == bindparam("wanted"))


class InstallationRows:
    """Opaque texts by key: what they mean and how they are sealed is their owner's affair."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> str | None:
        found = await self._database.read(lambda connection: connection.execute(_ONE, {"wanted": key}).first())
        return str(found.ciphertext) if found else None

    async def all(self) -> Sequence[str]:
        """All sealed texts: their keys must not be lost."""
        rows = await self._database.read(lambda connection: connection.execute(_ALL).all())
        return [str(row.ciphertext) for row in rows]

    async def put(self, key: str, ciphertext: str, at: datetime) -> None:
        """Insert or replace."""
        row = {"key": key, "ciphertext": ciphertext, "at": codec.to_micros(at)}
        await self._database.write(lambda connection: insert_or_replace(connection, installations, row))

    async def delete(self, key: str) -> bool:
        """Says whether it was there."""
        return await self._database.write(lambda connection: _deleted(connection, key))


def _deleted(connection: Connection, key: str) -> bool:
    return bool(connection.execute(_DELETE, {"wanted": key}).rowcount)
