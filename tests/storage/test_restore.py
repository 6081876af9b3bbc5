"""A backup takes the place of the database only once it is verified, and what was there is kept."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from bot.errors import StorageError
from bot.storage import migrate as migration
from bot.storage.backup import Contents, back_up
from bot.storage.migrate import migrate
from bot.storage.occupancy import alone
from bot.storage.restore import drafted, put_in_place
from bot.storage.tables import REVISIONS
from tests.storage.test_backup import Usage
from tests.storage.test_migrate import execute, mode, rows

NOW = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
SLUGS = "SELECT slug FROM actions"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A backup that holds the action ``old``."""
    source, target = tmp_path / "source.db", tmp_path / "backups" / "copy.db"
    made(source, "old")
    back_up(source, target)
    return target


def made(path: Path, slug: str) -> None:
    migrate(path)
    execute(path, f"INSERT INTO actions VALUES ('{slug}', 'native', 'x')")


def restored(file: Path, path: Path, now: datetime = NOW) -> tuple[Contents, Path | None]:
    with alone(path) as nobody_else, drafted(file, path) as draft:
        assert nobody_else
        return draft.found, put_in_place(draft.path, path, now)


def names(path: Path) -> set[str]:
    return {found.name for found in path.parent.iterdir()}


def test_a_backup_takes_the_place_and_the_present_database_is_kept(path: Path, file: Path) -> None:
    made(path, "new")

    found, aside = restored(file, path)

    assert aside is not None
    assert rows(path, SLUGS) == [("old",)]
    assert rows(aside, SLUGS) == [("new",)]
    assert (mode(path), mode(aside)) == ("0o600", "0o600")
    assert found.rows["actions"] == 1
    assert names(path) == {"desk.db", "desk.db.lock", "desk.db.before-restore-20260301T120000.000005Z"}


def test_the_way_back_is_the_same_way(path: Path, file: Path) -> None:
    made(path, "new")
    _, aside = restored(file, path)
    assert aside is not None

    shutil.move(aside, kept := aside.with_name("kept.db"))
    restored(kept, path)

    assert rows(path, SLUGS) == [("new",)]


def test_a_backup_is_restored_where_there_is_no_database(path: Path, file: Path) -> None:
    _, aside = restored(file, path)

    assert aside is None
    assert rows(path, SLUGS) == [("old",)]
    assert oct(path.parent.stat().st_mode & 0o777) == "0o700"


def test_a_draft_that_is_not_used_changes_nothing(path: Path, file: Path) -> None:
    made(path, "new")
    before = path.read_bytes()

    with drafted(file, path) as draft:
        assert rows(draft.path, SLUGS) == [("old",)]

    assert path.read_bytes() == before
    assert names(path) == {"desk.db"}


@pytest.mark.parametrize("offset", [0, 100, 3 * 4096, 8 * 4096])
def test_a_damaged_file_is_refused(path: Path, file: Path, offset: int) -> None:
    made(path, "new")
    with file.open("r+b") as opened:
        opened.seek(offset)
        opened.write(os.urandom(4096))

    with pytest.raises(StorageError, match=rf"{file}: .*(damaged|not a database)"):
        restored(file, path)

    assert rows(path, SLUGS) == [("new",)]
    assert names(path) == {"desk.db", "desk.db.lock"}


def test_a_file_that_was_cut_short_is_refused(path: Path, file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)

    with pytest.raises(StorageError, match=f"{file}: .*damaged"):
        restored(file, path)

    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"hello", b"not a database, but long enough " * 400])
def test_what_is_no_database_is_refused(path: Path, tmp_path: Path, content: bytes) -> None:
    wrong = tmp_path / "wrong.db"
    wrong.write_bytes(content)

    with pytest.raises(StorageError, match=f"{wrong}: .*(no database|not a database)"):
        restored(wrong, path)

    assert not path.exists()
    assert wrong.read_bytes() == content


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE bookmarks (url TEXT)"],
        ["CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('0001')"],
        ["CREATE TABLE alembic_version (v)", "CREATE TABLE messages (a)", "CREATE TABLE other (a)"],
    ],
)
def test_the_database_of_another_program_is_refused(path: Path, tmp_path: Path, statements: list[str]) -> None:
    execute(tmp_path / "wrong.db", *statements)

    with pytest.raises(StorageError, match=r"wrong\.db: this is no database of Deskhand"):
        restored(tmp_path / "wrong.db", path)


def test_a_file_without_a_revision_is_refused(path: Path, file: Path) -> None:
    execute(file, "DELETE FROM alembic_version")

    with pytest.raises(StorageError, match="holds no revision"):
        restored(file, path)


def test_a_newer_schema_is_refused_with_what_to_do(path: Path, file: Path) -> None:
    made(path, "new")
    execute(file, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StorageError, match=rf"{file}: its schema 9999 .* newer version of Deskhand made it: run that"):
        restored(file, path)

    assert rows(path, SLUGS) == [("new",)]


def test_an_older_schema_is_brought_to_this_one_and_the_file_stays_as_it_was(path: Path, file: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    engine.dispose()
    before = file.read_bytes()

    found, _ = restored(file, path)

    assert found.revision == "0004"
    assert rows(path, "SELECT version_num FROM alembic_version") == [(REVISIONS[-1],)]
    assert rows(path, SLUGS) == [("old",)]
    assert file.read_bytes() == before
    assert names(path) == {"desk.db", "desk.db.lock"}


def test_a_missing_file_a_folder_and_the_database_itself_are_refused(path: Path, file: Path) -> None:
    made(path, "new")
    link = file.with_name("link.db")
    link.symlink_to(path)

    for wrong, said in ((file.with_name("no"), "no such file"), (file.parent, "no such file"), (link, "itself")):
        with pytest.raises(StorageError, match=said):
            restored(wrong, path)

    with pytest.raises(StorageError, match="itself"):
        restored(path, path)


def test_a_copy_by_other_means_brings_what_lies_beside_it(path: Path, tmp_path: Path) -> None:
    source, copied = tmp_path / "source.db", tmp_path / "copied" / "any.db"
    made(source, "old")
    copied.parent.mkdir()
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("INSERT INTO actions VALUES ('in the log', 'native', 'x')")
        connection.commit()
        shutil.copy(source, copied)
        shutil.copy(f"{source}-wal", f"{copied}-wal")

    restored(copied, path)

    assert rows(path, f"{SLUGS} ORDER BY 1") == [("in the log",), ("old",)]
    assert {found.name for found in copied.parent.iterdir()} == {"any.db", "any.db-wal"}


def test_a_restore_that_does_not_fit_is_refused(path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(path, "new")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 0))

    with pytest.raises(StorageError, match=r"the copy needs 0\.\d MB and 0\.0 kB are free"):
        restored(file, path)

    assert rows(path, SLUGS) == [("new",)]


@pytest.mark.parametrize("pragma", ["journal_mode=WAL", "journal_mode=DELETE"])
def test_a_database_that_another_program_has_open_is_left_alone(path: Path, file: Path, pragma: str) -> None:
    made(path, "new")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA locking_mode=EXCLUSIVE" if "DELETE" in pragma else "SELECT 1")
        connection.execute("INSERT INTO actions VALUES ('newer', 'native', 'x')")
        connection.commit()
        connection.execute("SELECT * FROM actions").fetchall()

        with pytest.raises(StorageError, match="another program has the database open"):
            restored(file, path)

        connection.execute("INSERT INTO actions VALUES ('newest', 'native', 'x')")
        connection.commit()

    assert rows(path, "SELECT count(*) FROM actions") == [(3,)]


@pytest.mark.parametrize("offset", [0, 4096])
def test_a_damaged_database_is_replaced_and_kept_with_its_log(path: Path, file: Path, offset: int) -> None:
    made(path, "new")
    with path.open("r+b") as opened:
        opened.seek(offset)
        opened.write(b"\xff" * 8192)
    path.with_name("desk.db-wal").write_bytes(b"what was not carried over")
    path.with_name("desk.db-shm").write_bytes(b"x")

    _, aside = restored(file, path)

    assert aside is not None
    assert rows(path, SLUGS) == [("old",)]
    assert aside.read_bytes()[offset : offset + 8192] == b"\xff" * 8192
    assert "desk.db-wal" not in names(path)
    assert "desk.db-shm" not in names(path)


def test_a_link_to_the_database_stays_a_link(path: Path, file: Path, tmp_path: Path) -> None:
    made(tmp_path / "far" / "real.db", "new")
    path.parent.mkdir()
    path.symlink_to(tmp_path / "far" / "real.db")

    _, aside = restored(file, path)

    assert path.is_symlink()
    assert aside is not None
    assert aside.parent == tmp_path / "far"
    assert rows(path, SLUGS) == [("old",)]


@pytest.mark.parametrize("point", ["copyfile", "migrate", "link", "replace", "sync"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_restore_killed_at_any_point_leaves_the_old_or_the_new(path: Path, file: Path, point: str, when: str) -> None:
    made(path, "new")
    arguments = [sys.executable, "-m", __name__, str(file), str(path), point, when]

    killed = subprocess.run(arguments, capture_output=True, text=True, check=False)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, SLUGS) in ([("new",)], [("old",)])
    _, aside = restored(file, path, NOW + timedelta(minutes=1))
    assert rows(path, SLUGS) == [("old",)]
    assert aside is not None
    assert not [name for name in names(path) if "restoring" in name]
    links = [found for found in path.parent.iterdir() if found.stat().st_nlink > 1]
    assert links == []


def _deadly(function: object, when: str) -> object:
    assert callable(function)

    def killing(*given: object, **named: object) -> None:
        if when == "after":
            function(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return killing


def _restore_and_die(file: Path, path: Path, point: str, when: str) -> None:
    from bot.storage import restore

    owner = {"copyfile": shutil, "migrate": restore, "link": os, "replace": Path, "sync": restore}[point]
    setattr(owner, point, _deadly(getattr(owner, point), when))
    restored(file, path)


if __name__ == "__main__":
    _restore_and_die(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])
