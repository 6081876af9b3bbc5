"""The database file is locked, or its disk is full: health says so, nobody is told a lie, it mends itself."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.errors import StorageError
from bot.storage.database import SqliteDatabase
from bot.storage.migrate import migrate
from tests.faults.conftest import Desk, desk_over, job


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "desk.db"
    migrate(made)
    return made


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SqliteDatabase]:
    """One that waits for a lock for a twentieth of a second, not for five."""
    async with SqliteDatabase.open(path) as opened:
        await opened.write(lambda connection: _pragma(connection, "busy_timeout=50"))
        yield opened


@pytest.fixture
async def desk(database: SqliteDatabase) -> AsyncIterator[Desk]:
    async with desk_over(database) as opened:
        yield opened


def _pragma(connection: Connection, words: str) -> None:
    connection.exec_driver_sql(f"PRAGMA {words}")


@contextmanager
def held_by_another(path: Path) -> Iterator[None]:
    """Another program has begun to write and does not end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full_disk(path: Path) -> Iterator[str]:
    """The words that leave this database no page more than it has."""
    with closing(sqlite3.connect(path)) as other:
        (pages,) = other.execute("PRAGMA page_count").fetchone()
    yield f"max_page_count={pages}"


async def test_while_another_program_holds_the_file_nothing_is_taken_and_health_says_why(
    desk: Desk, path: Path
) -> None:
    with held_by_another(path):
        with pytest.raises(StorageError, match="another process holds the database"):
            await desk.durable.take(job("a"))
        found = await desk.until(ready=False)
        assert "another process holds the database" in found.problems["database"]

    assert await desk.durable.take(job("a"))
    await desk.until_done("a")
    await desk.until(ready=True)


async def test_what_was_taken_before_the_lock_is_done_after_it(desk: Desk, path: Path) -> None:
    assert await desk.durable.take(job("first"))
    await desk.until_done("first")
    with held_by_another(path), pytest.raises(StorageError):
        await desk.durable.take(job("second"))

    # The platform was never told that we have it, so it comes again.
    assert await desk.durable.take(job("second"))
    await desk.until_done("second")
    assert desk.done.count("second") == 1


async def test_with_a_full_disk_nothing_is_taken_and_all_goes_on_once_there_is_room(
    desk: Desk, database: SqliteDatabase, path: Path
) -> None:
    large = job("large")
    large = type(large)(large.key, large.kind, large.lane, {"text": "x" * 100_000}, large.at)
    with full_disk(path) as limit:
        await database.write(lambda connection: _pragma(connection, limit))
        with pytest.raises(StorageError, match="the disk is full; free some space"):
            await desk.durable.take(large)
        found = await desk.until(ready=False)
        assert "the disk is full" in found.problems["database"]

    await database.write(lambda connection: _pragma(connection, "max_page_count=1000000"))
    assert await desk.durable.take(large)
    await desk.until_done("large")
    await desk.until(ready=True)


async def test_a_database_of_another_version_is_told_apart(desk: Desk, path: Path) -> None:
    await desk.storage.proof.migrated()
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
        other.commit()

    with pytest.raises(StorageError, match="its schema is 9999"):
        await desk.storage.proof.migrated()
