"""Who takes an event that a platform may deliver more than once: ``ports.Claims``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from bot.storage import codec
from bot.storage.database import Database
from bot.storage.statements import insert_once
from bot.storage.tables import claims

_ONE = select(claims.c.key).where(claims.c.key == bindparam("wanted"))
_LATEST = select(claims.c.key).where(
    claims.c.key >= bindparam("prefix"), claims.c.key < bindparam("end"), claims.c.at >= bindparam("since")
)
_FORGET = delete(claims).where(claims.c.at < bindparam("before"))


class ClaimRows:
    """One row for each event."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, key: str, at: datetime) -> bool:
        """Whether this caller is the first of any number to claim ``key``."""
        row = {"key": key, "at": codec.to_micros(at)}
        return await self._database.write(lambda connection: insert_once(connection, claims, row))

    async def claimed(self, key: str) -> bool:
        """Whether anybody did."""
        return bool(await self._database.read(lambda connection: connection.execute(_ONE, {"wanted": key}).first()))

    async def latest(self, prefix: str, since: datetime) -> Sequence[str]:
        """The keys that begin so and were claimed since then."""
        given = {"prefix": prefix, "end": prefix + chr(0x10FFFF), "since": codec.to_micros(since)}
        return await self._database.read(lambda connection: list(connection.execute(_LATEST, given).scalars()))

    async def forget(self, before: datetime) -> int:
        """Drop claims older than any platform delivers again; how many."""
        given = {"before": codec.to_micros(before)}
        return await self._database.write(lambda connection: _forgotten(connection, given))


def _forgotten(connection: Connection, given: dict[str, int]) -> int:
    return int(connection.execute(_FORGET, given).rowcount)
