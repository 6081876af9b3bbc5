"""Reads and grouped writes: neighbours do not harm each other, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bot.errors import StorageError
from bot.storage.database import SqliteDatabase
from bot.storage.engines import PRAGMAS, set_pragmas
from bot.storage.migrate import migrate
from bot.storage.writer import LARGEST_GROUP


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SqliteDatabase]:
    migrate(path)
    async with SqliteDatabase.open(path) as opened:
        yield opened


def add(slug: str) -> Callable[[Connection], str]:
    """An operation that adds a row and answers with its slug."""

    def operation(connection: Connection) -> str:
        connection.execute(text("INSERT INTO actions VALUES (:slug, 'native', '')"), {"slug": slug})
        return slug

    return operation


def slugs(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT slug FROM actions ORDER BY slug")).scalars())


async def test_writes_that_wait_share_a_transaction(database: SqliteDatabase) -> None:
    transactions: list[object] = []

    def note(connection: Connection) -> None:
        transactions.append(connection.get_transaction())

    await asyncio.gather(*(database.write(note) for _ in range(3 * LARGEST_GROUP)))

    assert len(transactions) == 3 * LARGEST_GROUP
    assert len(set(transactions)) <= 4


async def test_each_caller_gets_its_own_answer(database: SqliteDatabase) -> None:
    names = [f"a{number:03}" for number in range(200)]

    answers = await asyncio.gather(*(database.write(add(name)) for name in names))

    assert answers == names
    assert await database.read(slugs) == names


@pytest.mark.parametrize("bad", [{0}, {19}, {7, 8}, {0, 5, 19}, set(range(20))])
async def test_a_write_that_fails_does_not_spoil_its_neighbours(database: SqliteDatabase, bad: set[int]) -> None:
    await database.write(add("taken"))
    names = ["taken" if number in bad else f"a{number:02}" for number in range(20)]

    answers = await asyncio.gather(*(database.write(add(name)) for name in names), return_exceptions=True)

    assert {number for number, answer in enumerate(answers) if isinstance(answer, StorageError)} == bad
    assert await database.read(slugs) == [*sorted(set(names) - {"taken"}), "taken"]


async def test_of_a_write_that_fails_nothing_stays(database: SqliteDatabase) -> None:
    def half(connection: Connection) -> None:
        add("half")(connection)
        raise LookupError("our own bug")

    answers = await asyncio.gather(database.write(half), database.write(add("whole")), return_exceptions=True)

    assert isinstance(answers[0], LookupError)
    assert await database.read(slugs) == ["whole"]


async def test_after_a_commit_that_fails_the_next_write_is_taken(database: SqliteDatabase) -> None:
    def without_root(connection: Connection) -> None:
        """SQLite looks at such a key when the transaction ends, and leaves it open."""
        connection.exec_driver_sql("CREATE TABLE roots (id TEXT PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE leaves (root TEXT REFERENCES roots DEFERRABLE INITIALLY DEFERRED)")
        connection.exec_driver_sql("INSERT INTO leaves VALUES ('none')")
        add("beside")(connection)

    with pytest.raises(StorageError, match="FOREIGN KEY"):
        await database.write(without_root)

    assert await database.write(add("after")) == "after"
    assert await database.read(slugs) == ["after"]


async def test_a_write_that_a_future_cannot_tell_of_is_told_all_the_same(database: SqliteDatabase) -> None:
    def exhausted(connection: Connection) -> object:
        return next(iter(slugs(connection)))

    async with asyncio.timeout(60):
        answers = await asyncio.gather(database.write(exhausted), database.write(add("after")), return_exceptions=True)

    assert isinstance(answers[0], RuntimeError)
    assert isinstance(answers[0].__cause__, StopIteration)
    assert answers[1] == "after"


async def test_a_caller_that_is_cancelled_does_not_break_the_group(database: SqliteDatabase) -> None:
    tasks = [asyncio.create_task(database.write(add(f"a{number}"))) for number in range(10)]
    await asyncio.sleep(0)

    for task in tasks[::2]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert answers[1::2] == ["a1", "a3", "a5", "a7", "a9"]
    assert set(await database.read(slugs)) >= {"a1", "a3", "a5", "a7", "a9"}
    assert await database.write(add("after")) == "after"


async def test_a_caller_cancelled_before_its_write_began_leaves_no_trace(database: SqliteDatabase) -> None:
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def first(connection: Connection) -> None:
        loop.call_soon_threadsafe(began.set)
        for number in range(2_000):
            add(f"first {number}")(connection)

    running = asyncio.create_task(database.write(first))
    await began.wait()
    waiting = asyncio.create_task(database.write(add("cancelled")))
    await asyncio.sleep(0)
    waiting.cancel()
    await running

    assert "cancelled" not in await database.read(slugs)


async def test_leaving_finishes_the_writes_that_wait(path: Path) -> None:
    migrate(path)
    async with SqliteDatabase.open(path) as opened:
        tasks = [asyncio.create_task(opened.write(add(f"a{number:03}"))) for number in range(150)]
        await asyncio.sleep(0)

    assert [task.result() for task in tasks] == [f"a{number:03}" for number in range(150)]


async def test_a_closed_database_refuses(path: Path) -> None:
    migrate(path)
    async with SqliteDatabase.open(path) as opened:
        pass

    with pytest.raises(StorageError, match="closed"):
        await opened.write(add("late"))


async def test_more_writes_than_the_queue_holds_all_end(path: Path) -> None:
    migrate(path)
    async with SqliteDatabase.open(path) as opened:
        tasks = [asyncio.create_task(opened.write(add(f"a{number}"))) for number in range(2_500)]
        await asyncio.sleep(0)

    answers = await asyncio.gather(*tasks, return_exceptions=True)

    written = {answer for answer in answers if isinstance(answer, str)}
    assert all(isinstance(answer, str | StorageError) for answer in answers)
    with sqlite3.connect(path) as connection:
        assert {slug for (slug,) in connection.execute("SELECT slug FROM actions")} == written
    connection.close()


async def test_the_body_of_an_open_database_raises_its_own_errors(path: Path) -> None:
    migrate(path)

    with pytest.raises(LookupError, match="mine"):
        async with SqliteDatabase.open(path):
            raise LookupError("mine")


async def test_readers_cannot_write(database: SqliteDatabase) -> None:
    with pytest.raises(StorageError, match="read-only"):
        await database.read(add("sneaky"))

    assert await database.read(slugs) == []


async def test_a_write_is_seen_by_every_read_after_it(database: SqliteDatabase) -> None:
    for number in range(20):
        await database.write(add(f"a{number:02}"))

        assert len(await database.read(slugs)) == number + 1


async def test_commits_are_synced_to_disk(database: SqliteDatabase) -> None:
    def settings(connection: Connection) -> tuple[object, ...]:
        names = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        return tuple(connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names)

    full = 2
    assert await database.write(settings) == ("wal", full, 5_000, 1)


def test_a_file_system_that_takes_no_write_ahead_log_is_told_in_words(path: Path) -> None:
    path.parent.mkdir()
    shares_no_memory = sqlite3.connect(f"file:{path}?vfs=unix-dotfile", uri=True, isolation_level=None)

    with closing(shares_no_memory), pytest.raises(StorageError, match="stays delete") as caught:
        set_pragmas(shares_no_memory, path, PRAGMAS)

    assert str(path) in str(caught.value)


async def test_a_lock_held_by_another_process_is_told_in_words(database: SqliteDatabase) -> None:
    await database.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout=10"))
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    answers = await asyncio.gather(*(database.write(add(f"a{n}")) for n in range(3)), return_exceptions=True)
    other.execute("ROLLBACK")
    other.close()

    assert ["another process holds the database" in str(answer) for answer in answers] == [True] * 3
    assert await database.write(add("later")) == "later"


async def test_a_full_disk_is_told_in_words_and_the_service_goes_on(database: SqliteDatabase) -> None:
    def limit(pages: int) -> Callable[[Connection], object]:
        return lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count={pages}").scalar()

    await database.write(limit(1))
    with pytest.raises(StorageError, match="the disk is full; free some space"):
        await database.write(add("x" * 1_000_000))
    await database.write(limit(1_000_000))

    assert await database.write(add("fits")) == "fits"


async def test_an_error_does_not_quote_what_was_to_be_written(database: SqliteDatabase) -> None:
    await database.write(add("very-private-words"))

    with pytest.raises(StorageError) as caught:
        await database.write(add("very-private-words"))

    error: BaseException | None = caught.value
    while error:
        assert "very-private-words" not in str(error)
        error = error.__cause__
