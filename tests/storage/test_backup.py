"""A backup is one moment of the database, whole, private and never in the way of what is there."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.errors import StorageError
from bot.storage.backup import back_up, backup_name, examine, in_words, prune
from bot.storage.migrate import migrate
from bot.storage.storage import Storage, open_storage
from bot.storage.tables import REVISIONS, metadata
from tests.storage.samples import message, turn
from tests.storage.test_migrate import execute, mode, rows


class Usage(NamedTuple):
    """What shutil gives."""

    total: int
    used: int
    free: int


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "copy.db"


def parts(folder: Path) -> set[Path]:
    return set(folder.glob(".deskhand-backup-*.part"))


def test_a_backup_holds_what_was_committed_and_says_so(path: Path, storage: Storage, target: Path) -> None:
    execute(path, "INSERT INTO actions VALUES ('a', 'native', 'x'), ('b', 'native', 'y')")

    contents = back_up(path, target)

    assert (contents.revision, contents.rows["actions"], contents.rows["turns"]) == (REVISIONS[-1], 2, 0)
    assert contents.rows.keys() == metadata.tables.keys()
    assert contents.size == target.stat().st_size
    assert rows(target, "SELECT slug FROM actions") == [("a",), ("b",)]
    assert mode(target) == "0o600"
    assert [found.name for found in target.parent.iterdir()] == ["copy.db"]


def test_what_is_there_is_not_overwritten_unless_asked_for(path: Path, target: Path) -> None:
    migrate(path)
    back_up(path, target)
    before = target.read_bytes()
    execute(path, "INSERT INTO actions VALUES ('a', 'native', 'x')")

    with pytest.raises(StorageError, match=f"{target}: this file exists; add --replace"):
        back_up(path, target)
    assert target.read_bytes() == before

    assert back_up(path, target, replace=True).rows["actions"] == 1
    assert rows(target, "SELECT slug FROM actions") == [("a",)]
    assert mode(target) == "0o600"


@pytest.mark.parametrize("replace", [True, False])
def test_the_database_itself_and_foreign_files_are_never_replaced(path: Path, target: Path, replace: bool) -> None:
    migrate(path)
    target.parent.mkdir()
    target.symlink_to(path)
    key = path.with_name("master.key")
    key.write_text("not to be lost")

    for taken in (path, target, key, target.parent):
        with pytest.raises(StorageError, match=r"itself|no backup|exists|folder"):
            back_up(path, taken, replace=replace)

    assert key.read_text() == "not to be lost"
    assert rows(path, "SELECT version_num FROM alembic_version") == [(REVISIONS[-1],)]
    assert not parts(path.parent)


def test_of_two_backups_at_once_to_one_name_one_wins(path: Path, target: Path) -> None:
    migrate(path)

    def attempt(_: int) -> str:
        try:
            return back_up(path, target).revision
        except StorageError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(attempt, range(4)))

    assert min(said, key=len) == REVISIONS[-1]
    assert sum(text == REVISIONS[-1] for text in said) == 1
    assert all(str(target) in text for text in said if text != REVISIONS[-1])
    assert not parts(target.parent)


def test_a_backup_that_does_not_fit_says_how_much_is_missing(
    path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9 - 1_200_000, 1_200_000))

    with pytest.raises(
        StorageError, match=rf"{target.parent}: the copy needs 0\.\d MB and 1\.2 MB are free; free some"
    ):
        back_up(path, target)

    assert not list(target.parent.iterdir())


def test_there_is_nothing_to_back_up_before_the_first_start(path: Path, target: Path) -> None:
    with pytest.raises(StorageError, match="no database yet"):
        back_up(path, target)

    assert not path.exists()
    assert not target.parent.exists()


def test_a_damaged_database_gives_no_backup(path: Path, target: Path) -> None:
    migrate(path)
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(os.urandom(5 * 4096))

    with pytest.raises(StorageError, match=f"{path}: .*damaged"):
        back_up(path, target)

    assert not list(target.parent.iterdir())


def test_the_file_of_another_program_gives_no_backup(path: Path, target: Path) -> None:
    execute(path, "CREATE TABLE bookmarks (url TEXT)")

    with pytest.raises(StorageError, match=f"{path}: this is no database of Deskhand"):
        back_up(path, target)


def test_pruning_keeps_the_newest_and_touches_only_names_of_ours(tmp_path: Path) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    ours = [backup_name(start + timedelta(days=day)) for day in range(5)]
    others = ["deskhand.db", "deskhand-2026.db", f"{ours[0]}.gz", f"old-{ours[0]}", "notes.txt"]
    for name in (*ours, *others):
        (tmp_path / name).write_text("x")
    (tmp_path / "deskhand-20200101T000000Z.db").mkdir()

    gone = prune(tmp_path, 2)

    assert [path.name for path in gone] == ours[:3]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*ours[3:], *others, "deskhand-20200101T000000Z.db"}
    assert prune(tmp_path, 7) == []


def test_names_are_in_utc_and_sizes_in_words() -> None:
    assert (
        backup_name(datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))) == "deskhand-20260228T233000Z.db"
    )
    assert [in_words(size) for size in (900, 172_032, 12_400_000)] == ["0.9 kB", "0.2 MB", "12.4 MB"]


def bulky(path: Path, megabytes: int) -> None:
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany(
            "INSERT INTO documents VALUES (?, 0, 'n', 't', zeroblob(1000000))", [(str(n),) for n in range(megabytes)]
        )
        connection.commit()


def test_a_backup_killed_in_the_middle_leaves_nothing_that_looks_like_one(path: Path, target: Path) -> None:
    bulky(path, 150)
    code = "import sys, pathlib; from bot.storage.backup import back_up; "
    code += "back_up(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    killed = 0
    for wanted in (1, 10_000_000, 60_000_000, 120_000_000):
        left = parts(target.parent)
        with subprocess.Popen([sys.executable, "-c", code, str(path), str(target)]) as process:
            while process.poll() is None and all(part.stat().st_size < wanted for part in parts(target.parent) - left):
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        killed += process.returncode == -signal.SIGKILL
        assert not target.exists()
        assert len(parts(target.parent)) == 1

    contents = back_up(path, target)

    assert killed == 4
    assert contents.rows["documents"] == 150
    assert [found.name for found in target.parent.iterdir()] == ["copy.db"]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_the_part_of_a_backup_at_work_is_not_swept_away(path: Path, target: Path) -> None:
    from bot.storage import backup

    migrate(path)
    target.parent.mkdir()

    with backup._part(target.parent) as part:
        back_up(path, target)
        assert part.exists()


@pytest.mark.parametrize("lines", [20, 400])
async def test_a_backup_during_writes_is_one_moment_of_them(path: Path, target: Path, lines: int) -> None:
    command = [sys.executable, "-m", "tests.storage.test_durability", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        before = [process.stdout.readline().split() for _ in range(lines)]
        contents = back_up(path, target)
        said_meanwhile = process.stdout.readline()
        process.send_signal(signal.SIGKILL)

    assert said_meanwhile
    stored = {str(turn_id): state for turn_id, state in rows(target, "SELECT id, state FROM turns")}
    assert {turn_id for (turn_id,) in rows(target, "SELECT turn_id FROM messages")} == stored.keys()
    assert all(f"t{number}" in stored for _, number in before)
    assert all(stored[f"t{number}"] == "done" for word, number in before if word == "ended")
    assert contents.rows["turns"] == len(stored) == contents.rows["messages"]
    async with open_storage(target) as copy:
        assert await copy.turns.begin(message("new"), "new turn")
        await copy.turns.finish(turn("new turn", message_id="new"))


def test_a_copy_can_be_examined_where_nothing_may_be_written(path: Path, target: Path) -> None:
    migrate(path)
    back_up(path, target)
    target.chmod(0o400)
    target.parent.chmod(0o500)

    assert examine(target).revision == REVISIONS[-1]
    assert [found.name for found in target.parent.iterdir()] == ["copy.db"]
    target.parent.chmod(0o700)
