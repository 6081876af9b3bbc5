"""PostgreSQL as the stores see it: a few connections, each used from a thread.

Stores are written for one writer, so each write is a serializable transaction here: what meets another on the way is
rolled back by the server and done again. While the server restarts, reads and writes wait for it. If the connection
breaks during the very commit, the server is asked what became of that transaction: it is never guessed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.errors import ConfigError, StorageError
from bot.storage.faults import storage_error

T = TypeVar("T")

CONNECTIONS = 8
"""Of one process. All processes together must stay below the server's ``max_connections``."""
PATIENCE = 30.0
"""Seconds that a read or write waits for a server that is away."""
_PAUSES = (0.002, 0.01, 0.05, 0.2, 0.5)
_CONFLICTS = ("40001", "40P01")
"""The server took back one of several transactions that could not all have been first."""

_NAME = text("SELECT CAST(pg_current_xact_id_if_assigned() AS text)")
_FATE = text("SELECT pg_xact_status(CAST(CAST(:name AS text) AS xid8))")

# A server that vanished without a word is noticed in half a minute instead of two hours.
_CONNECT = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4}


class _Unsure(Exception):
    """The connection broke during a commit."""

    def __init__(self, transaction: str, result: object, error: DBAPIError) -> None:
        super().__init__()
        self.transaction, self.result, self.error = transaction, result, error


class PostgresDatabase:
    """Reads and writes run side by side, also with those of other processes. Get one from ``PostgresDatabase.open``."""

    def __init__(self, engine: Engine, threads: ThreadPoolExecutor, patience: float = PATIENCE) -> None:
        self._writers = engine.execution_options(isolation_level="SERIALIZABLE")
        self._readers = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._threads = threads
        self._patience = patience
        self.place = place_of(engine.url)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, patience: float = PATIENCE) -> AsyncIterator[PostgresDatabase]:
        """Serve the database at ``url``, whose tables must be there. ``patience`` is in seconds.

        Leaving finishes what is under way.
        """
        engine = create_engine(
            address(url), pool_size=CONNECTIONS, max_overflow=0, connect_args=_CONNECT, hide_parameters=True
        )
        threads = ThreadPoolExecutor(CONNECTIONS, "storage")
        try:
            yield cls(engine, threads, patience)
        finally:
            await asyncio.to_thread(threads.shutdown)
            engine.dispose()

    async def read(self, query: Callable[[Connection], T]) -> T:
        """What ``query`` finds, all that is committed included. Raises StorageError."""
        return await self._patiently(lambda: self._query(query))

    async def write(self, operation: Callable[[Connection], T]) -> T:
        """Carry out ``operation`` in a transaction; on disk once this returns. Raises StorageError."""
        return await self._patiently(lambda: self._transaction(operation))

    async def _patiently(self, attempt: Callable[[], T]) -> T:
        """Again and again, while what is wrong passes by itself."""
        loop = asyncio.get_running_loop()
        until, tried = loop.time() + self._patience, 0
        while True:
            try:
                return await loop.run_in_executor(self._threads, attempt)
            except _Unsure as unsure:
                committed = await self._fate(unsure)
                if committed:
                    return unsure.result  # type: ignore[return-value]  # what the attempt gave
            except DBAPIError as error:
                if not _passes(error) or loop.time() > until:
                    raise storage_error(self.place, error) from error
            await asyncio.sleep(_PAUSES[min(tried, len(_PAUSES) - 1)])
            tried += 1

    async def _fate(self, unsure: _Unsure) -> bool:
        """Whether a transaction was committed."""
        state: object = "in progress"
        while state == "in progress":
            state = await self.read(lambda connection: _fate_of(connection, unsure.transaction))
        if state is None:
            raise StorageError(f"{self.place}: it was away so long that nobody knows what became of a write")
        return state == "committed"

    def _query(self, query: Callable[[Connection], T]) -> T:
        with self._readers.connect() as connection:
            return query(connection)

    def _transaction(self, operation: Callable[[Connection], T]) -> T:
        with self._writers.connect() as connection:
            result = operation(connection)
            name = connection.execute(_NAME).scalar()
            try:
                connection.commit()
            except DBAPIError as error:
                if name and error.connection_invalidated:
                    raise _Unsure(name, result, error) from error
                raise
            return result


def _fate_of(connection: Connection, transaction: str) -> object:
    return connection.execute(_FATE, {"name": transaction}).scalar()


def address(url: str) -> URL:
    """The parsed ``url``, with our driver; Heroku's ``postgres://`` is meant, too. Raises ConfigError, without it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername.partition("+")[0] not in ("postgres", "postgresql"):
        raise ConfigError(["DATABASE_URL: it has the form postgresql://user:password@host:5432/database"])
    return parsed.set(drivername="postgresql+psycopg")


def place_of(url: URL) -> str:
    """The database in words fit for a log."""
    host = url.host or url.query.get("host") or "localhost"
    return f"PostgreSQL {host}{f':{url.port}' if url.port else ''}/{url.database}"


def _passes(error: DBAPIError) -> bool:
    """Whether another try may succeed: the server is away, begins or ends, or took the transaction back."""
    state = getattr(error.orig, "sqlstate", None)
    if state in _CONFLICTS or error.connection_invalidated:
        return True
    return _is_connecting(error) if state is None else state.startswith(("08", "57P")) or state == "53300"


def _is_connecting(error: DBAPIError) -> bool:
    """The driver gives no code for what goes wrong before there is a connection; a refused password stays refused."""
    import psycopg

    said = str(error.orig).lower()
    return isinstance(error.orig, psycopg.OperationalError) and not any(
        sign in said for sign in ("authentication", "does not exist", "permission", "no pg_hba", "resolve")
    )
