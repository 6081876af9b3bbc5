"""Proven e-mail addresses of people, and pairing codes that wait: ``ports.Links`` and the rows behind the codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, or_, select

from bot.domain.link import Link
from bot.storage import codec
from bot.storage.database import Database
from bot.storage.statements import insert_or_replace
from bot.storage.tables import links, pairings

_LINK = select(links).where(links.c.person == bindparam("wanted"))
_UNLINK = delete(links).where(links.c.person == bindparam("wanted"))
_WAITING = select(pairings.c.person).where(
    pairings.c.hash == bindparam("wanted"), pairings.c.expires > bindparam("now")
)
_SPEND = delete(pairings).where(pairings.c.hash == bindparam("wanted"))
_CLEAR = delete(pairings).where(or_(pairings.c.person == bindparam("owner"), pairings.c.expires <= bindparam("now")))


class LinkRows:
    """One row for each linked person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, person: str) -> Link | None:
        """A person's link."""
        row = await self._database.read(lambda connection: connection.execute(_LINK, {"wanted": person}).first())
        return Link(row.person, row.email, codec.from_micros(row.at), row.way) if row else None

    async def put(self, link: Link) -> None:
        """Keep it in place of the person's earlier one."""
        row = {"person": link.person, "email": link.email, "at": codec.to_micros(link.at), "way": link.way}
        await self._database.write(lambda connection: insert_or_replace(connection, links, row))

    async def remove(self, person: str) -> bool:
        """Says whether there was one."""
        given = {"wanted": person}
        return await self._database.write(lambda connection: bool(connection.execute(_UNLINK, given).rowcount))


class PairingRows:
    """One row for each code that was given out, by its hash; a person has one at most."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, code_hash: str, person: str, expires: datetime, now: datetime) -> None:
        """Keep it in place of the person's earlier one; those that expired go."""
        row = {"hash": code_hash, "person": person, "expires": codec.to_micros(expires)}
        old = {"owner": person, "now": codec.to_micros(now)}
        await self._database.write(lambda connection: _kept(connection, row, old))

    async def take(self, code_hash: str, now: datetime) -> str | None:
        """The person whose code this is. It is spent: of any number of callers one gets the person."""
        given = {"wanted": code_hash, "now": codec.to_micros(now)}
        return await self._database.write(lambda connection: _taken(connection, given))


def _kept(connection: Connection, row: Mapping[str, object], old: Mapping[str, object]) -> None:
    connection.execute(_CLEAR, old)
    insert_or_replace(connection, pairings, row)


def _taken(connection: Connection, given: Mapping[str, object]) -> str | None:
    found = connection.execute(_WAITING, given).first()
    spent = found and connection.execute(_SPEND, {"wanted": given["wanted"]}).rowcount == 1
    return str(found.person) if found and spent else None
