"""Consistent copies of the database while others write to it, and what such a copy holds."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import StorageError
from bot.storage.faults import translated
from bot.storage.migrate import PRIVATE_DIRECTORY, PRIVATE_FILE
from bot.storage.tables import metadata

_OURS = re.compile(r"deskhand-\d{8}T\d{6}Z\.db")
_PART = ".deskhand-backup-"
_HEADER = b"SQLite format 3\0"
_MARGIN = 1 << 20
"""Bytes that must stay free beside a copy."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a copy holds."""

    size: int
    revision: str
    rows: Mapping[str, int]
    """By table; those that this version does not know are left out."""


def backup_name(now: datetime) -> str:
    """The name of a backup made now; sorts by time."""
    return f"deskhand-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.db"


def back_up(source: Path, target: Path, *, replace: bool = False) -> Contents:
    """Copy the database at ``source`` to ``target``, checked and on disk before it gets its name. Blocks.

    Others may write meanwhile: the copy is the state of one moment. A copy that is cut short leaves no ``target``, and
    its remains go with the next backup there. Raises StorageError.
    """
    if not source.is_file():
        raise StorageError(f"{source}: there is no database yet, so there is nothing to back up")
    with translated(target):
        _refuse_taken(source, target, replace=replace)
        target.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        _sweep(target.parent)
        with _part(target.parent) as part:
            with translated(source):
                _copy(source, part)
            with told_of(part, source):
                contents = examine(part)
            _give_name(part, target, replace=replace)
    return contents


def prune(folder: Path, keep: int) -> list[Path]:
    """Delete the older backups of a folder but the newest ``keep``; names that are not ours are left alone."""
    with translated(folder):
        backups = sorted(path for path in folder.iterdir() if _OURS.fullmatch(path.name) and path.is_file())
        old = backups[: max(len(backups) - keep, 0)]
        for path in old:
            path.unlink(missing_ok=True)
    return old


def examine(path: Path) -> Contents:
    """Check a database that nobody writes to. Raises StorageError if it is damaged or not one of Deskhand's."""
    with translated(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
        (health,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if health != "ok":
            raise StorageError(f"{path}: the file is damaged ({str(health).splitlines()[-1]}); take another copy")
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"alembic_version", "messages", "secrets"} <= names:
            raise StorageError(f"{path}: this is no database of Deskhand")
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
        known = [name for name in metadata.tables if name in names]
        rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in known}  # noqa: S608
    return Contents(path.stat().st_size, str(revision), rows)


def check_space(folder: Path, needed: int) -> None:
    """Raises StorageError if a copy of that many bytes does not fit."""
    free = shutil.disk_usage(folder).free
    if free < needed + _MARGIN:
        raise StorageError(
            f"{folder}: the copy needs {in_words(needed)} and {in_words(free)} are free; "
            "free some space or name another folder"
        )


@contextmanager
def told_of(copy: Path, original: Path) -> Iterator[None]:
    """What is wrong with a copy is told of the file that people know."""
    try:
        yield
    except StorageError as error:
        raise StorageError(str(error).replace(str(copy), str(original), 1)) from error


def in_words(size: int) -> str:
    """Bytes as people say them."""
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size / 1_000:.1f} kB"


def sync(path: Path) -> None:
    """Have a file or a folder on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_taken(source: Path, target: Path, *, replace: bool) -> None:
    if target.is_dir():
        raise StorageError(f"{target}: this is a folder; name a file in it")
    if not target.exists():
        return
    if target.samefile(source):
        raise StorageError(f"{target}: this is the database itself; name another file")
    if not replace:
        raise StorageError(f"{target}: this file exists; add --replace to replace it, or name another")
    with target.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise StorageError(f"{target}: this file is no backup, so it is not replaced; name another")


@contextmanager
def _part(folder: Path) -> Iterator[Path]:
    """An empty private file to copy to; locked, so that remains of a killed backup can be told from it."""
    path = folder / f"{_PART}{os.getpid()}-{os.urandom(4).hex()}.part"
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield path
    finally:
        _remove_part(path)
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove what killed backups left."""
    for path in folder.glob(f"{_PART}*.part"):
        with suppress(OSError), path.open("rb") as file:  # locked: another backup is at work
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove_part(path)


def _remove_part(path: Path) -> None:
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _copy(source: Path, part: Path) -> None:
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as connection:
        pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        check_space(part.parent, pages * size)
        connection.execute("VACUUM INTO ?", (str(part),))
    sync(part)


def _give_name(part: Path, target: Path, *, replace: bool) -> None:
    """A name that came to be taken meanwhile is not taken over."""
    if replace:
        part.replace(target)
    else:
        try:
            os.link(part, target)
        except FileExistsError:
            raise StorageError(f"{target}: another process has just made this file; name another") from None
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS) or target.exists():
                raise
            part.rename(target)  # a file system without links
    sync(target.parent)
