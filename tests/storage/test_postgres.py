"""PostgreSQL as a database of the stores: what SQLite does not do to them."""

from __future__ import annotations

import asyncio
import re
import select
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, text

from bot.errors import ConfigError, StorageError
from bot.storage.postgres import PostgresDatabase, address
from bot.storage.postgres_schema import migrate_server
from bot.storage.storage import open_storage
from bot.storage.tables import REVISIONS, metadata
from tests.postgres import Cluster
from tests.storage.samples import minutes

_COUNT = text("SELECT count(*) FROM claims")
_ADD = text("INSERT INTO claims VALUES (:key, 0)")


def count(connection: Connection) -> int:
    return int(connection.execute(_COUNT).scalar_one())


async def test_a_write_sees_no_other_half_done(postgres_url: str) -> None:
    def add_next(connection: Connection) -> None:
        connection.execute(_ADD, {"key": str(count(connection))})

    async with PostgresDatabase.open(postgres_url) as database, PostgresDatabase.open(postgres_url) as other:
        await asyncio.gather(*(each.write(add_next) for each in (database, other) * 10))

        assert await database.read(count) == 20


async def test_what_fails_leaves_nothing(postgres_url: str) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(_ADD, {"key": "a"})
        raise ValueError("no")

    async with PostgresDatabase.open(postgres_url) as database:
        with pytest.raises(ValueError, match="no"):
            await database.write(fail)

        assert await database.read(count) == 0


async def test_a_restart_of_the_server_is_waited_out(cluster: Cluster, postgres_url: str) -> None:
    async with open_storage(Path(), postgres_url) as storage:
        assert await storage.claims.claim("before", minutes(0))
        await asyncio.to_thread(cluster.stop, signal.SIGQUIT)
        try:
            waiting = [asyncio.create_task(storage.claims.claim(f"k{number}", minutes(0))) for number in range(20)]
            asked = asyncio.create_task(storage.claims.claimed("before"))
            await asyncio.sleep(0)
        finally:
            cluster.start()  # by this thread, whose end is the server's

        assert await asyncio.gather(*waiting) == [True] * 20
        assert await asked


async def test_a_server_that_stays_away_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://desk:hush@/desk?host={tmp_path}"
    async with PostgresDatabase.open(url, patience=0.1) as database:
        with pytest.raises(StorageError, match="does not answer") as raised:
            await database.read(count)

    assert f"PostgreSQL {tmp_path}/desk" in str(raised.value)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("reply_lost", [True, False], ids=["after the commit", "before the commit"])
async def test_a_commit_whose_answer_is_lost_is_neither_repeated_nor_forgotten(
    postgres_url: str, tmp_path: Path, reply_lost: bool
) -> None:
    done = 0

    def add(connection: Connection) -> int:
        nonlocal done
        done += 1
        connection.execute(_ADD, {"key": "once"})
        return count(connection)

    with breaking(postgres_url, tmp_path, reply_lost=reply_lost) as url:
        async with PostgresDatabase.open(url) as database:
            assert await database.write(add) == 1
            assert await database.read(count) == 1

    assert done == (1 if reply_lost else 2)


@contextmanager
def breaking(url: str, folder: Path, *, reply_lost: bool) -> Iterator[str]:
    """A line to the server that breaks at the first commit: before it arrives, or before the answer does."""
    line = Line(url, reply_lost)
    with socket.socket(socket.AF_UNIX) as listener, ThreadPoolExecutor() as threads:
        listener.bind(str(folder / ".s.PGSQL.5432"))
        listener.listen()
        serving = threads.submit(line.serve, listener, threads)
        yield re.sub(r"host=.*", f"host={folder}", url)
        listener.shutdown(socket.SHUT_RDWR)
        serving.result(60)


class Line:
    """Passes bytes on in both directions."""

    def __init__(self, url: str, reply_lost: bool) -> None:
        self._url, self._reply_lost = url, reply_lost
        self._broken = False

    def serve(self, listener: socket.socket, threads: ThreadPoolExecutor) -> None:
        """Until the listener is shut down."""
        with suppress(OSError):
            while True:
                threads.submit(self._carry, listener.accept()[0])

    def _carry(self, near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far:
            far.connect(f"{address(self._url).query['host']}/.s.PGSQL.5432")
            while True:
                ready, _, _ = select.select([near, far], [], [])
                data = ready[0].recv(65_536)
                if ready[0] is near and b"COMMIT" in data and not self._broken:
                    self._broken = True
                    if self._reply_lost:
                        far.sendall(data)
                        far.recv(65_536)
                    return
                if not data:
                    return
                (far if ready[0] is near else near).sendall(data)


def test_of_many_that_start_at_once_one_makes_the_tables(cluster: Cluster) -> None:
    url = cluster.create()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(migrate_server, [url] * 4))

    assert sum(made) == 1
    with psycopg.connect(url) as connection:
        names = {row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        ordered = connection.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'text'"
            " AND collation_name IS DISTINCT FROM 'C'"
        ).fetchone()
    assert names == {*metadata.tables, "alembic_version"}
    assert ordered == (0,)


def test_another_programs_tables_and_a_newer_schema_are_left_alone(cluster: Cluster) -> None:
    url = cluster.create()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE turns (x int)")
    with pytest.raises(StorageError, match="holds turns of another program; give Deskhand its own database"):
        migrate_server(url)

    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE turns")
    migrate_server(url)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match=f"schema 9999 is not one this version knows.*{REVISIONS[-1]}"):
        migrate_server(url)


def test_a_database_that_is_not_there_is_named(cluster: Cluster) -> None:
    with pytest.raises(StorageError, match=r"nowhere.*is missing; create it"):
        migrate_server(cluster.url("nowhere"))


@pytest.mark.parametrize("wrong", ["", "mysql://x:hush@h/d", "hush", "postgresql://u:hush@h:port/d"])
def test_another_address_is_refused_without_being_shown(wrong: str) -> None:
    with pytest.raises(ConfigError, match="it has the form postgresql://") as raised:
        address(wrong)

    assert "hush" not in str(raised.value)


def test_heroku_spells_it_otherwise() -> None:
    assert address("postgres://u:p@h/d").drivername == "postgresql+psycopg"
