"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on a socket there, gone with the test run."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.storage.postgres_schema import migrate_server
from bot.storage.tables import metadata

_USER = "postgres"
_LONGEST_START = 60.0
_FAST = ("fsync=off", "full_page_writes=off")
"""What is committed outlives the server, but not a loss of power, which no test waits for."""


class Cluster:
    """A server that can be stopped and started again. As root it runs as Debian's user for it."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._folder = folder
        self._settings = () if durable else _FAST
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)
        if os.geteuid() == 0:
            shutil.chown(folder, _USER, _USER)
        made = (_program("initdb"), "-D", str(self._data), "-U", _USER, "--auth=trust", "-E", "UTF8", "--no-sync")
        subprocess.run([*_as_user(), *made], check=True, capture_output=True, cwd="/")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def url(self, database: str = "postgres") -> str:
        """How to reach a database of it."""
        return f"postgresql://{_USER}@/{database}?host={self._folder}"

    def start(self) -> None:
        """Returns once it answers. It ends with the thread that started it, so that none outlives a killed test run."""
        settings = ("listen_addresses=", f"unix_socket_directories={self._folder}", "max_connections=200")
        given = [part for setting in (*settings, *self._settings) for part in ("-c", setting)]
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [*_as_user("--pdeathsig", "QUIT"), _program("postgres"), "-D", str(self._data), *given],
                stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        until = time.monotonic() + _LONGEST_START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL does not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT breaks all connections and ends in order; SIGQUIT ends at once, as a crash would."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(_LONGEST_START)
            self._process = None

    def create(self, template: str = "template1") -> str:
        """The address of a new database."""
        name = f"test_{os.getpid()}_{next(self._names)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.url(name)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A server of its own that runs."""
    folder = Path(tempfile.mkdtemp(prefix="desk-pg-", dir="/tmp"))
    made = Cluster(folder)
    made.start()
    yield made
    made.stop(signal.SIGQUIT)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One for all tests that need any; started for the first of them."""
    with running_cluster() as made:
        yield made


@pytest.fixture(scope="session")
def shared_url(cluster: Cluster) -> str:
    """A database with our tables that tests use one after another; see ``emptied``."""
    url = cluster.create()
    migrate_server(url)
    return url


@pytest.fixture
def postgres_url(shared_url: str) -> str:
    """A database with our tables, empty."""
    emptied(shared_url)
    return shared_url


def emptied(url: str) -> None:
    """Delete every row: of tables that hold a handful that is faster than to cut them off."""
    with psycopg.connect(url) as connection:
        for table in metadata.tables:
            connection.execute(f'DELETE FROM "{table}"'.encode())


def _program(name: str) -> str:
    """Debian keeps the server's programs beside the path, a folder for each version."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    place = str(found[-1]) if found else shutil.which(name)
    if not place:
        raise RuntimeError("PostgreSQL is not installed; run scripts/postgres")
    return place


def _as_user(*more: str) -> tuple[str, ...]:
    """The server refuses to run as root."""
    user = ("--reuid", _USER, "--regid", _USER, "--clear-groups") if os.geteuid() == 0 else ()
    return ("setpriv", *user, *more) if user or more else ()
