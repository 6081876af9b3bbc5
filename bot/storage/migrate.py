"""Brings a database file to the schema that this code needs, or says why it cannot."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

from bot.errors import StorageError
from bot.storage.engines import PRAGMAS, begin_immediate, set_pragmas
from bot.storage.faults import translated
from bot.storage.tables import REVISIONS

PRIVATE_DIRECTORY, PRIVATE_FILE = 0o700, 0o600
_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(path: Path, *, keep_copy: bool = True) -> None:
    """Make the file if there is none and upgrade its schema. Blocks; two processes may do so at once.

    An older schema is copied to ``<name>.before-<revision>`` first, if ``keep_copy``. The upgrade is one transaction: a
    crash leaves the old schema or the new one. Raises StorageError for a newer schema, another program's file or no
    database.
    """
    with translated(path):
        _prepare_file(path)
        found = revision_of(path)
        if found == REVISIONS[-1]:
            return
        if found and keep_copy:
            _copy_aside(path, found)
        _upgrade(path)


def _prepare_file(path: Path) -> None:
    """Only its owner may read it; SQLite gives the files beside it the same mode."""
    path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE))


def revision_of(path: Path) -> str:
    """The schema in the file, empty for a new one. Raises StorageError for a newer one or another program's file.

    A plain query: importing Alembic takes longer than all else.
    """
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not names:
            return ""
        if "alembic_version" not in names:
            raise StorageError(f"{path}: holds the tables of another program; choose another path for the database")
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return _known(path, row[0]) if row else ""


def _known(path: Path, revision: str) -> str:
    if revision not in REVISIONS:
        raise StorageError(
            f"{path}: its schema {revision} is not one this version knows (newest: {REVISIONS[-1]}); "
            "a newer version of Deskhand made it: run that version, or restore an older copy of the file"
        )
    return revision


def _copy_aside(path: Path, revision: str) -> None:
    copy = path.with_name(f"{path.name}.before-{revision}")
    part = copy.with_name(f"{copy.name}.{os.getpid()}")
    os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, PRIVATE_FILE))
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.execute("VACUUM INTO ?", (str(part),))
    part.replace(copy)


def _upgrade(path: Path) -> None:
    """The loser of two processes waits for the lock, then finds nothing left to do."""
    engine = _engine(path)
    with engine.begin() as connection:
        run_revisions(connection)
    engine.dispose()


def run_revisions(connection: Connection) -> None:
    """Bring the schema to the newest revision, in the transaction of ``connection``."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"isolation_level": None, "timeout": 30},
        poolclass=NullPool,
        hide_parameters=True,
    )
    pragmas = (*PRAGMAS, "busy_timeout=30000")
    event.listen(engine, "connect", lambda connection, _: set_pragmas(connection, path, pragmas))
    event.listen(engine, "begin", begin_immediate)
    return engine
