"""Secrets as rows of ciphertext. What they hold, only the vault can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from bot.storage import codec
from bot.storage.database import Database
from bot.storage.statements import insert_or_replace
from bot.storage.tables import secrets

_ALL = select(secrets).order_by(secrets.c.name)
_NAMED = _ALL.where(secrets.c.name.in_(bindparam("names", expanding=True)))
_IDS = select(secrets.c.id).order_by(secrets.c.id)
_EXCHANGE = (
    update(secrets)
    .where(secrets.c.name == bindparam("wanted"), secrets.c.ciphertext == bindparam("old"))
    .values(ciphertext=bindparam("new"))
)


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """One row."""

    id: str
    """Fresh each time the value is set."""
    name: str
    ciphertext: str
    created_at: datetime
    updated_at: datetime


class SecretRows:
    """The rows, by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[StoredSecret]:
        """All rows, sorted by name."""
        rows = await self._database.read(lambda connection: connection.execute(_ALL).all())
        return [_stored(row) for row in rows]

    async def named(self, names: Sequence[str]) -> Sequence[StoredSecret]:
        """The rows of those names that exist, sorted by name."""
        given = {"names": list(names)}
        rows = await self._database.read(lambda connection: connection.execute(_NAMED, given).all())
        return [_stored(row) for row in rows]

    async def ids(self) -> Sequence[str]:
        """The ids alone, sorted: they differ whenever any secret was set or deleted."""
        return await self._database.read(lambda connection: connection.execute(_IDS).scalars().all())

    async def put(self, row_id: str, name: str, ciphertext: str, at: datetime) -> None:
        """Insert, or give the secret of that name a new id and ciphertext."""
        moment = codec.to_micros(at)
        row = {"id": row_id, "name": name, "ciphertext": ciphertext, "created_at": moment, "updated_at": moment}
        await self._database.write(lambda connection: insert_or_replace(connection, secrets, row, keep=("created_at",)))

    async def exchange(self, name: str, old: str, new: str) -> bool:
        """Put one ciphertext in place of another of the same value; False if the row holds something else by now."""
        given = {"wanted": name, "old": old, "new": new}
        return await self._database.write(lambda connection: connection.execute(_EXCHANGE, given).rowcount == 1)

    async def remove(self, name: str) -> bool:
        """Delete it; says whether it was there."""
        return await self._database.write(lambda connection: _remove(connection, name))


def _remove(connection: Connection, name: str) -> bool:
    return connection.execute(delete(secrets).where(secrets.c.name == name)).rowcount == 1


def _stored(row: Row[tuple[object, ...]]) -> StoredSecret:
    return StoredSecret(
        row.id, row.name, row.ciphertext, codec.from_micros(row.created_at), codec.from_micros(row.updated_at)
    )
