"""Those that use a database share it, and what replaces it has it alone."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.storage import occupancy
from bot.storage.occupancy import alone, only_server, shared
from bot.storage.storage import open_storage

HOLD = "import sys, pathlib; from bot.storage.occupancy import {0}\n"
HOLD += "with {0}(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


def holding(path: Path, kind: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD.format(kind), str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


async def test_any_number_of_processes_use_it_and_none_has_it_alone_meanwhile(path: Path) -> None:
    async with open_storage(path), open_storage(path):
        with holding(path, "shared") as other, alone(path) as nobody_else:
            assert not nobody_else
            other.kill()

    with alone(path) as nobody_else:
        assert nobody_else


def test_a_killed_process_holds_nothing(path: Path) -> None:
    with holding(path, "shared") as other:
        other.send_signal(signal.SIGKILL)

    with alone(path) as nobody_else:
        assert nobody_else


async def test_a_start_waits_for_a_short_restore(path: Path) -> None:
    with holding(path, "alone") as other:
        assert other.stdin is not None
        code = "import time, sys; time.sleep(0.5)"
        with subprocess.Popen([sys.executable, "-c", code]) as sleeping:
            started = time.monotonic()
            sleeping.wait()
            other.stdin.close()
            async with open_storage(path):
                assert time.monotonic() - started < occupancy.LONGEST_WAIT


async def test_a_start_during_a_long_restore_is_told_in_words(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occupancy, "LONGEST_WAIT", 0.2)

    with holding(path, "alone") as other:
        with pytest.raises(StorageError, match="a backup is being restored"):
            async with open_storage(path):
                raise AssertionError
        other.kill()


def test_the_lock_file_is_private_and_says_nothing(path: Path) -> None:
    with shared(path):
        lock = path.with_name("desk.db.lock")
        assert oct(lock.stat().st_mode & 0o777) == "0o600"
        assert lock.read_bytes() == b""


def test_a_place_that_cannot_hold_a_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(StorageError, match=str(tmp_path)), shared(tmp_path / "file" / "desk.db"):
        raise AssertionError


def test_one_process_serves_and_the_next_is_told_what_to_do(path: Path) -> None:
    told = pytest.raises(StorageError, match="stop it first, or set DATABASE_URL")
    with only_server(path), shared(path), told, only_server(path):
        pass
    with only_server(path):
        pass
