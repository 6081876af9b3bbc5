"""What was acknowledged is there after the process was killed."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.storage.storage import open_storage
from tests.storage.samples import ROOM, message, turn


async def acknowledge_for_ever(path: Path) -> None:
    """Begins and ends turns, 8 at a time, and prints each number once it is stored."""
    async with open_storage(path) as storage, asyncio.TaskGroup() as group:

        async def work(lane: int) -> None:
            for number in range(lane, 1_000_000, 8):
                await storage.turns.begin(message(f"m{number}"), f"t{number}")
                print(f"began {number}", flush=True)
                await storage.turns.finish(turn(f"t{number}", message_id=f"m{number}"))
                print(f"ended {number}", flush=True)

        for lane in range(8):
            group.create_task(work(lane))


@pytest.mark.parametrize("lines", [1, 40, 200, 333])
def test_every_acknowledged_write_survives_a_kill(path: Path, lines: int) -> None:
    command = [sys.executable, "-m", __name__, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()

    with closing(sqlite3.connect(path)) as connection:
        stored = dict(connection.execute("SELECT id, state FROM turns").fetchall())
        (health,) = connection.execute("PRAGMA integrity_check").fetchone()
        messages = {turn_id for (turn_id,) in connection.execute("SELECT turn_id FROM messages")}

    assert health == "ok"
    assert messages == stored.keys()
    whole = [line.split() for line in said if line.endswith("\n")]
    assert all(f"t{number}" in stored for word, number in whole if word == "began")
    assert all(stored[f"t{number}"] == "done" for word, number in whole if word == "ended")


async def test_a_killed_service_starts_again_and_knows_its_messages(path: Path) -> None:
    command = [sys.executable, "-m", __name__, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()

    async with open_storage(path) as storage:
        assert not await storage.turns.begin(message("m0"), "again")
        assert await storage.turns.of_message(str(ROOM), "m0") is not None


if __name__ == "__main__":
    asyncio.run(acknowledge_for_ever(Path(sys.argv[1])))
