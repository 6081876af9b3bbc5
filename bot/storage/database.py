"""The database as the stores see it: hand it a function over a connection, to read or to write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.engines import read_engine, write_engine
from bot.storage.faults import translated
from bot.storage.writer import Writer

T = TypeVar("T")


class Database(Protocol):
    """What the stores are built on: ``SqliteDatabase`` here, ``PostgresDatabase`` in ``bot.storage.postgres``."""

    async def read(self, query: Callable[[Connection], T]) -> T:
        """What ``query`` finds, all that is committed included. Raises StorageError."""
        ...

    async def write(self, operation: Callable[[Connection], T]) -> T:
        """Carry out ``operation`` in a transaction; on disk once this returns. Raises StorageError.

        It sees no other write half done, nor does one come between its statements. It may be called more than once,
        each time after a roll back, so it must have no effect but on the database.
        """
        ...


class SqliteDatabase:
    """Reads run side by side; writes go through one writer with group commit. Get one from ``SqliteDatabase.open``."""

    def __init__(self, path: Path, readers: AsyncEngine, writer: Writer) -> None:
        self.path = path
        self._readers = readers
        self._writer = writer

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncIterator[SqliteDatabase]:
        """Serve the database at ``path``, whose tables must be there. Leaving finishes all writes that wait."""
        async with AsyncExitStack() as stack:
            readers, engine = read_engine(path), write_engine(path)
            stack.push_async_callback(readers.dispose)
            thread = stack.enter_context(ThreadPoolExecutor(1, "storage writer"))
            stack.callback(engine.dispose)
            with translated(path):
                connection = await asyncio.get_running_loop().run_in_executor(thread, engine.connect)
            stack.callback(connection.close)
            writer = Writer(connection, thread, path)
            stack.push_async_callback(writer.close)
            yield cls(path, readers, writer)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """What ``query`` finds, all that is committed included. Raises StorageError."""
        with translated(self.path):
            async with self._readers.connect() as connection:
                return await connection.run_sync(query)

    async def write(self, operation: Callable[[Connection], T]) -> T:
        """Carry out ``operation`` in a transaction; on disk once this returns. Raises StorageError."""
        return await self._writer.submit(operation)
