"""Who uses a database file: whoever serves it shares a lock, and what puts another file in its place has it alone.

The lock is ``flock`` on ``<name>.lock``, which is never deleted; the system lets go of it when a process ends, however
it ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import StorageError
from bot.storage.faults import translated

LONGEST_WAIT = 5.0
_PAUSE = 0.05


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Be one of those that use the file. Blocks while another has it alone; raises StorageError if that takes long."""
    with _lock_file(path) as descriptor:
        until = time.monotonic() + LONGEST_WAIT
        while not _locked(descriptor, fcntl.LOCK_SH):
            if time.monotonic() > until:
                raise StorageError(f"{path}: a backup is being restored; try again once that is done")
            time.sleep(_PAUSE)
        yield


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether nobody else uses the file; if so, nobody can as long as this lasts."""
    with _lock_file(path) as descriptor:
        yield _locked(descriptor, fcntl.LOCK_EX)


@contextmanager
def only_server(path: Path) -> Iterator[None]:
    """Be the one process that serves from this file. Raises StorageError if another one does."""
    with _lock_file(path.with_name(f"{path.name}.serving")) as descriptor:
        if not _locked(descriptor, fcntl.LOCK_EX):
            mend = "stop it first, or set DATABASE_URL to a PostgreSQL database, which several processes can share"
            raise StorageError(f"{path}: another process serves from this database already; {mend}")
        yield


@contextmanager
def _lock_file(path: Path) -> Iterator[int]:
    with translated(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        _leave_to_owner(descriptor, path.parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _leave_to_owner(descriptor: int, folder: Path) -> None:
    """Root may have made the file; the service that runs as another user must be able to open it."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
