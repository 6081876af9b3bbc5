"""Group commit: all writes that wait at a moment share one transaction and one sync to disk.

A turn makes four or five small writes. One commit each costs a sync each; fifty conversations at once would queue
behind them. A write that comes alone is carried out at once, so nobody waits for company.

A whole transaction is one visit to the writer's own thread: what takes time there is the disk, not the way to it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StorageError
from bot.storage.faults import storage_error, translated

T = TypeVar("T")
Operation = Callable[[Connection], T]

LARGEST_GROUP = 64
LONGEST_QUEUE = 1_024
"""Writes that may wait; past that, callers wait for room."""


@dataclass(frozen=True, slots=True, eq=False)
class Waiting(Generic[T]):
    """A write and the future of the one who asked for it."""

    operation: Operation[T]
    done: asyncio.Future[T]

    def fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def succeed(self, result: T) -> None:
        if not self.done.done():
            self.done.set_result(result)


class _OperationFailed(Exception):
    """Names the operation that spoiled a transaction."""

    def __init__(self, culprit: Waiting[object], error: Exception) -> None:
        super().__init__()
        self.culprit, self.error = culprit, error


class Writer:
    """The one that writes. Callers hand it plain functions over a connection inside a transaction."""

    def __init__(self, connection: Connection, thread: Executor, path: Path) -> None:
        self._connection = connection
        self._thread = thread
        self._path = path
        self._room = asyncio.Semaphore(LONGEST_QUEUE)
        self._waiting: deque[Waiting[object]] = deque()
        self._under_way: asyncio.Future[list[object]] | None = None
        self._closed = False

    async def submit(self, operation: Operation[T]) -> T:
        """Have it carried out; returns once its transaction is on disk.

        A caller that is cancelled before its write began leaves no trace; after that, the write is done unseen.
        Raises StorageError, or what ``operation`` itself raised.
        """
        async with self._room:
            if self._closed:
                raise StorageError(f"{self._path}: the database is closed")
            done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            self._waiting.append(Waiting(operation, done))  # type: ignore[arg-type]  # a pair keeps its own type
            if self._under_way is None:
                self._begin()
            return await done

    async def close(self) -> None:
        """Take no more, and finish all that waits."""
        self._closed = True
        while self._under_way:
            await asyncio.wait((self._under_way,))

    def _begin(self) -> None:
        """Carry out what waits, if anything does, in one visit to the thread."""
        if group := self._next_group():
            self._under_way = asyncio.get_running_loop().run_in_executor(self._thread, self._perform, group)
            self._under_way.add_done_callback(partial(self._ended, group))

    def _next_group(self) -> list[Waiting[object]]:
        """The oldest that are still wanted."""
        group: list[Waiting[object]] = []
        while self._waiting and len(group) < LARGEST_GROUP:
            waiting = self._waiting.popleft()
            if not waiting.done.cancelled():
                group.append(waiting)
        return group

    def _ended(self, group: Sequence[Waiting[object]], under_way: asyncio.Future[list[object]]) -> None:
        """All that succeeded is committed. One that failed is taken out and told; the rest begin anew without it."""
        error = under_way.exception()
        if isinstance(error, _OperationFailed):
            error.culprit.fail(error.error)
            self._waiting.extendleft(waiting for waiting in reversed(group) if waiting is not error.culprit)
        elif error:
            for waiting in group:
                waiting.fail(error)
        else:
            for waiting, result in zip(group, under_way.result(), strict=True):
                waiting.succeed(result)
        self._under_way = None
        self._begin()

    def _perform(self, group: Sequence[Waiting[object]]) -> list[object]:
        """In the thread."""
        with translated(self._path):
            try:
                with self._connection.begin():
                    return [self._perform_one(self._connection, waiting) for waiting in group]
            except BaseException:
                self._leave_transaction()
                raise

    def _leave_transaction(self) -> None:
        """SQLAlchemy sends no ROLLBACK after a COMMIT that failed, and SQLite may have left the transaction open."""
        driver = self._connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection) and driver.in_transaction:
            driver.rollback()

    def _perform_one(self, connection: Connection, waiting: Waiting[object]) -> object:
        try:
            return waiting.operation(connection)
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise _OperationFailed(waiting, storage_error(self._path, error)) from error
        except StopIteration as error:
            raise _OperationFailed(waiting, _bearable(error)) from error
        except Exception as error:
            raise _OperationFailed(waiting, error) from error


def _bearable(error: StopIteration) -> RuntimeError:
    """A future takes no StopIteration: whoever waits for it would do so for ever."""
    told = RuntimeError("an operation of the database raised StopIteration")
    told.__cause__ = error
    return told
