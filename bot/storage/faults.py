"""Turns what the database says into words that tell a person what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StorageError

_MENDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("password authentication", "no pg_hba"), "the server refused user or password; correct DATABASE_URL"),
    (('" does not exist',), "user, database or table is missing; create it, then run `deskhand migrate`"),
    (("name resolution", "name or service", "resolve host"), "the host is not known; correct DATABASE_URL"),
    (
        ("connection refused", "connection failed", "connection is bad", "connection timeout"),
        "the server does not answer; see that it runs",
    ),
    (("too many clients", "remaining connection slots"), "it has no connection left; raise its max_connections"),
    (("terminating connection", "server closed", "starting up", "shutting down"), "the server restarts; try again"),
    (("locked", "busy"), "another process holds the database; try again once it is done"),
    (("full", "no space left"), "the disk is full; free some space, then try again"),
    (("malformed", "corrupt"), "the file is damaged; stop the service and restore a copy"),
    (("not a database",), "the file is not a database; point the database setting at another path"),
    (("readonly", "read-only"), "the file is read-only; give this user the right to write to it and its directory"),
    (("unable to open",), "the file cannot be opened; check that its directory exists and may be entered"),
    (("disk i/o",), "the disk reports an error; check the disk and its mount"),
    (("no such table", "no such column"), "the tables do not fit this version; run the migration"),
)


def explain(error: BaseException) -> str:
    """The mend for a database error, else its first line. Statement and values are left out: they may be private."""
    said = str(getattr(error, "orig", None) or error).partition("\n")[0]
    for signs, mend in _MENDS:
        if any(sign in said.lower() for sign in signs):
            return f"{mend} ({said})"
    return said


def storage_error(place: Path | str, error: BaseException) -> StorageError:
    """What callers get instead of a foreign error."""
    return StorageError(f"{place}: {explain(error)}")


@contextmanager
def translated(place: Path | str) -> Iterator[None]:
    """Raises StorageError in place of errors of SQLAlchemy, of the driver and of the file system."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise storage_error(place, error) from error
