"""Shows that the database takes and gives, by doing both."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, insert, text

from bot.errors import StorageError
from bot.ports import NewId
from bot.storage.database import Database
from bot.storage.tables import REVISIONS, inbox

_FILLER = "-" * 8_192
"""More than is left on a page, so that a disk with no room is found out."""
_TRIAL = {"kind": "trial", "lane": "", "payload": _FILLER, "at": 0, "state": "done", "tries": 0, "settled_at": 0}
_INSERT = insert(inbox).values(**_TRIAL, failure="")
_DELETE = delete(inbox).where(inbox.c.key == bindparam("wanted"))
_REVISION = text("SELECT version_num FROM alembic_version")


class Proof:
    """For ``/readyz``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def writable(self, new_id: NewId) -> None:
        """Write a row that nobody ever sees. Raises StorageError with what keeps it from the disk."""
        await self._database.write(lambda connection: _tried(connection, f"trial/{new_id()}"))

    async def migrated(self) -> None:
        """Raises StorageError if the tables are not of this version, as another process may have changed them."""
        found = await self._database.read(lambda connection: connection.execute(_REVISION).scalar())
        if found != REVISIONS[-1]:
            raise StorageError(f"its schema is {found}, this version needs {REVISIONS[-1]}; run deskhand migrate")


def _tried(connection: Connection, key: str) -> None:
    connection.execute(_INSERT, {"key": key})
    connection.execute(_DELETE, {"wanted": key})
