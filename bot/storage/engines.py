"""Opens SQLite the way that makes a commit durable: one connection that writes, a few that only read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import StorageError

BUSY_TIMEOUT_MS = 5_000
"""How long a statement waits for another process, such as the command line, to let go of the file."""
READERS = 4

_WAL = "journal_mode=WAL"
# FULL, as in WAL mode NORMAL does not sync at commit: an acknowledged message could vanish at power loss.
PRAGMAS = (f"busy_timeout={BUSY_TIMEOUT_MS}", _WAL, "synchronous=FULL", "foreign_keys=ON")


def write_engine(path: Path) -> Engine:
    """One connection and no more, for a thread of its own: a second writer adds waiting, not speed."""
    url = URL.create("sqlite+pysqlite", database=str(path))
    # Opened, used and closed by one thread after the other, never by two at a time.
    engine = create_engine(url, **_pool(1), connect_args={**_DRIVER, "check_same_thread": False})
    event.listen(engine, "connect", lambda connection, _: set_pragmas(connection, path, PRAGMAS))
    event.listen(engine, "begin", begin_immediate)
    return engine


def read_engine(path: Path) -> AsyncEngine:
    """A small pool of connections that the database itself keeps from writing."""
    pragmas = (*PRAGMAS, "query_only=ON")
    url = URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_async_engine(url, **_pool(READERS), connect_args=_DRIVER)
    event.listen(engine.sync_engine, "connect", lambda connection, _: set_pragmas(connection, path, pragmas))
    return engine


def begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first and then writes can fail whatever the timeout."""
    connection.connection.cursor().execute("BEGIN IMMEDIATE")


def set_pragmas(connection: Any, path: Path, pragmas: Sequence[str]) -> None:
    """Settings that SQLite keeps per connection. Raises StorageError where the file system takes no WAL."""
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
        if pragma == _WAL:  # refused in silence: the old mode is all that SQLite says
            _require_wal(path, *cursor.fetchone())
    cursor.close()


def _require_wal(path: Path, mode: str) -> None:
    if mode != "wal":
        raise StorageError(
            f"{path}: SQLite cannot keep its write-ahead log there (the journal mode stays {mode}), as on some network "
            "file systems; move the folder to a local disk and point DESKHAND_DATA_DIR at it"
        )


# The driver opens no transaction of its own; only ``begin_immediate`` does.
_DRIVER = {"isolation_level": None}


def _pool(size: int) -> dict[str, Any]:
    """Nothing is reset on return: a reader is in no transaction, and the writer ends each of its own."""
    return {"pool_size": size, "max_overflow": 0, "pool_reset_on_return": None, "hide_parameters": True}
