"""Puts a verified copy in the place of the database. The one that was there is kept aside."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import StorageError
from bot.storage.backup import Contents, check_space, examine, sync, told_of
from bot.storage.faults import translated
from bot.storage.migrate import PRIVATE_DIRECTORY, PRIVATE_FILE, migrate, revision_of
from bot.storage.tables import REVISIONS

_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Draft:
    """A copy beside the database that can take its place."""

    path: Path
    found: Contents
    """What was in the file it was made of."""


@contextmanager
def drafted(file: Path, database: Path) -> Iterator[Draft]:
    """A copy of ``file``, verified and migrated, beside ``database``; it goes if it is not put in place. Blocks.

    What SQLite left beside ``file`` belongs to it. Raises StorageError with what is wrong with the file.
    """
    database = database.resolve()  # a link to it stays a link
    draft = database.with_name(f"{database.name}.restoring-{os.getpid()}-{os.urandom(4).hex()}")
    _refuse(file, database)
    try:
        with translated(file):
            draft.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
            _copy(file, draft)
            found = _verified(file, draft)
            migrate(draft, keep_copy=False)
        yield Draft(draft, found)
    finally:
        for path in (draft, *_beside(draft)):
            path.unlink(missing_ok=True)


def put_in_place(draft: Path, database: Path, now: datetime) -> Path | None:
    """Swap, whole or not at all; gives where the present database is kept, None if there was none. Blocks.

    The caller has ``occupancy.alone``. Raises StorageError if another program has the database open all the same.
    """
    database = database.resolve()
    with translated(database):
        _settle(draft)
        sync(draft)
        _forget_remains(draft, database)
        aside = _keep_aside(database, now) if database.exists() else None
        _give_to_owner(draft, aside or database.parent)
        draft.replace(database)
        sync(database.parent)
    return aside


def _refuse(file: Path, database: Path) -> None:
    if not file.is_file():
        raise StorageError(f"{file}: there is no such file")
    if database.exists() and file.samefile(database):
        raise StorageError(f"{file}: this is the database itself; name a backup of it")


def _copy(file: Path, draft: Path) -> None:
    """With what was not yet carried over into the file when it was copied by other means than ours."""
    pieces = [(piece, draft.with_name(draft.name + piece.name[len(file.name) :])) for piece in (file, _wal(file))]
    pieces = [(piece, copy) for piece, copy in pieces if piece.is_file()]
    check_space(draft.parent, sum(piece.stat().st_size for piece, _ in pieces))
    for piece, copy in pieces:
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE))
        shutil.copyfile(piece, copy)


def _verified(file: Path, draft: Path) -> Contents:
    with told_of(draft, file):
        try:
            _settle(draft)
        except sqlite3.DatabaseError as error:
            raise StorageError(f"{draft}: the file is damaged or no database ({error}); take another copy") from error
        found = examine(draft)
        revision_of(draft)
    if found.revision not in REVISIONS:
        raise StorageError(f"{file}: this is no database of Deskhand: it holds no revision")
    return found


def _settle(path: Path) -> None:
    """One file and nothing beside it. SQLite refuses while anybody else has it open."""
    with closing(sqlite3.connect(path, timeout=1)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()


def _forget_remains(draft: Path, database: Path) -> None:
    """Of a restore that was killed: drafts, and a second name of what is still the database."""
    for path in database.parent.glob(f"{database.name}.restoring-*"):
        if not path.name.startswith(draft.name):
            path.unlink(missing_ok=True)
    for path in database.parent.glob(f"{database.name}.before-restore-*"):
        if database.exists() and path.samefile(database):
            path.unlink()


def _keep_aside(database: Path, now: datetime) -> Path:
    """A second name: at no moment is the first one gone. Of a damaged database its parts go along."""
    _settle_present(database)
    aside = database.with_name(f"{database.name}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}")
    os.link(database, aside)
    with suppress(FileNotFoundError):
        _wal(database).rename(_wal(aside))
    for path in _beside(database):
        path.unlink(missing_ok=True)
    return aside


def _settle_present(database: Path) -> None:
    """Damage is no reason against a restore, but its most likely cause; another user of the file is one."""
    try:
        _settle(database)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StorageError(
                f"{database}: another program has the database open; close it, then try again"
            ) from error
    except sqlite3.DatabaseError:
        pass


def _give_to_owner(draft: Path, like: Path) -> None:
    """A restore by root leaves the database to the user that the service runs as."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(draft, owner.st_uid, owner.st_gid)


def _wal(path: Path) -> Path:
    return path.with_name(path.name + _BESIDE[0])


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in _BESIDE]
