"""Group commit: all writes that wait at a moment share one transaction and one sync to disk.

A turn makes four or five small writes. One commit each costs a sync each; fifty conversations at once would queue
behind them. A write that comes alone is carried out at once, so nobody waits for company.

A whole transaction is one visit to the writer's own thread: what takes time there is the disk, not the way to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
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

    def fail(self, error: Exception) -> None:
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
    """The one task that writes. Callers hand it plain functions over a connection inside a transaction."""

    def __init__(self, connection: Connection, thread: Executor, path: Path) -> None:
        self._connection = connection
        self._thread = thread
        self._path = path
        self._queue: asyncio.Queue[Waiting[object] | None] = asyncio.Queue(LONGEST_QUEUE)
        self._closed = self._ended = False

    async def submit(self, operation: Operation[T]) -> T:
        """Have it carried out; returns once its transaction is on disk.

        A caller that is cancelled before its write began leaves no trace; after that, the write is done unseen.
        Raises StorageError, or what ``operation`` itself raised.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        await self._admit(Waiting(operation, done))
        return await done

    async def _admit(self, waiting: Waiting[T]) -> None:
        if self._closed:
            raise StorageError(f"{self._path}: the database is closed")
        await self._queue.put(waiting)  # type: ignore[arg-type]  # each pair of function and future keeps its own type
        if self._ended:  # it waited for room while the writer ended
            self._abandon()

    async def close(self) -> None:
        """Take no more; ``run`` ends when all that waits is done."""
        self._closed = True
        await self._queue.put(None)

    async def run(self) -> None:
        """Serve until closed."""
        try:
            while group := await self._next_group():
                await self._carry_out(group)
        finally:
            self._closed = self._ended = True
            self._abandon()

    async def _next_group(self) -> list[Waiting[object]]:
        """All that waits, oldest first; empty when closed and done."""
        group: list[Waiting[object]] = []
        item = await self._queue.get()
        while item is not None:
            group.append(item)
            if len(group) == LARGEST_GROUP or self._queue.empty():
                return group
            item = self._queue.get_nowait()
        if group:
            self._queue.put_nowait(None)  # seen too early: it ends the next round
        return group

    async def _carry_out(self, group: Sequence[Waiting[object]]) -> None:
        """Commit all that succeed. One that fails is taken out and told; the rest begin anew without it."""
        remaining = [waiting for waiting in group if not waiting.done.cancelled()]
        while remaining:
            try:
                results = await self._transaction(remaining)
            except _OperationFailed as failed:
                failed.culprit.fail(failed.error)
                remaining.remove(failed.culprit)
            except Exception as error:  # noqa: BLE001 - whatever it is, each caller must hear of it and the task live on
                for waiting in remaining:
                    waiting.fail(error)
                return
            else:
                for waiting, result in zip(remaining, results, strict=True):
                    waiting.succeed(result)
                return

    async def _transaction(self, group: Sequence[Waiting[object]]) -> list[object]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._perform, group)

    def _perform(self, group: Sequence[Waiting[object]]) -> list[object]:
        """In the thread."""
        with translated(self._path), self._connection.begin():
            return [self._perform_one(self._connection, waiting) for waiting in group]

    def _perform_one(self, connection: Connection, waiting: Waiting[object]) -> object:
        try:
            return waiting.operation(connection)
        except SQLAlchemyError as error:
            raise _OperationFailed(waiting, storage_error(self._path, error)) from error
        except Exception as error:
            raise _OperationFailed(waiting, error) from error

    def _abandon(self) -> None:
        while not self._queue.empty():
            if (waiting := self._queue.get_nowait()) is not None:
                waiting.fail(StorageError(f"{self._path}: the database was closed before this was written"))
