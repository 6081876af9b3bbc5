"""A file becomes the schema this code needs, or says why it cannot."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from bot.errors import StorageError
from bot.storage import migrate as migration
from bot.storage.migrate import migrate
from bot.storage.storage import open_storage
from bot.storage.tables import REVISIONS, metadata
from tests.storage.samples import message


def execute(path: Path, *statements: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def test_an_empty_place_gets_all_tables(path: Path) -> None:
    migrate(path)

    names = {name for (name,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == {*metadata.tables, "alembic_version"}


def test_the_revisions_build_exactly_the_tables_of_the_code(path: Path) -> None:
    migrate(path)
    engine = create_engine(f"sqlite:///{path}")

    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert differences == []


def test_the_list_of_revisions_is_that_of_the_scripts() -> None:
    scripts = ScriptDirectory(str(Path(migration.__file__).parent / "migrations"))

    known = [script.revision for script in scripts.walk_revisions()]

    assert tuple(reversed(known)) == REVISIONS


async def test_a_second_opening_finds_what_the_first_left(path: Path) -> None:
    async with open_storage(path) as storage:
        await storage.turns.begin(message(), "t1")

    async with open_storage(path) as storage:
        assert not await storage.turns.begin(message(), "t2")


def test_only_the_owner_may_read_the_files(path: Path) -> None:
    old = os.umask(0)
    try:
        migrate(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("INSERT INTO actions VALUES ('a', 'b', 'c')")
            connection.commit()
            modes = {found.name: mode(found) for found in path.parent.iterdir()}
    finally:
        os.umask(old)

    assert modes == {"desk.db": "0o600", "desk.db-wal": "0o600", "desk.db-shm": "0o600"}
    assert mode(path.parent) == "0o700"


def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    migrate(path)
    execute(path, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StorageError, match="newer version of Deskhand made it"):
        migrate(path)

    assert rows(path, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_the_file_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    execute(path, "CREATE TABLE bookmarks (url TEXT)", "INSERT INTO bookmarks VALUES ('a')")

    with pytest.raises(StorageError, match="tables of another program"):
        migrate(path)

    assert rows(path, "SELECT name FROM sqlite_master") == [("bookmarks",)]


@pytest.mark.parametrize("content", [b"not a database, but long enough " * 40, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)

    with pytest.raises(StorageError, match=r"not a database|damaged"):
        migrate(path)

    assert path.read_bytes() == content


def test_a_damaged_database_is_told_in_words(path: Path) -> None:
    migrate(path)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)

    with pytest.raises(StorageError, match=r"damaged|not a database"):
        migrate(path)


@pytest.mark.parametrize("kind", ["directory", "under a file"])
def test_a_place_that_cannot_hold_a_file_is_told_in_words(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("x")
    place = tmp_path if kind == "directory" else tmp_path / "file" / "desk.db"

    with pytest.raises(StorageError, match=str(tmp_path)):
        migrate(place)


def test_an_older_schema_is_copied_before_it_is_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(path)
    execute(path, *(f"DROP TABLE {name}" for name in metadata.tables))
    execute(path, "UPDATE alembic_version SET version_num = '0000'", "CREATE TABLE kept (words TEXT)")
    execute(path, "INSERT INTO kept VALUES ('old words')")
    monkeypatch.setattr(migration, "REVISIONS", ("0000", *REVISIONS))

    with pytest.raises(Exception, match="0000"):  # there is no script for it: the upgrade fails after the copy
        migrate(path)

    copy = path.with_name("desk.db.before-0000")
    assert rows(copy, "SELECT words FROM kept") == [("old words",)]
    assert mode(copy) == "0o600"
    assert rows(path, "SELECT words FROM kept") == [("old words",)]


def test_a_failed_upgrade_leaves_no_table_behind(path: Path) -> None:
    execute(path, "CREATE TABLE alembic_version (version_num TEXT)", "CREATE TABLE secrets (made TEXT)")

    with pytest.raises(StorageError, match="secrets already exists"):
        migrate(path)

    assert rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'") == [("alembic_version",), ("secrets",)]


def test_processes_that_start_at_once_all_get_the_schema(path: Path) -> None:
    command = [sys.executable, "-c", "import sys, pathlib; from bot.storage.migrate import migrate; "]
    command[-1] += "migrate(pathlib.Path(sys.argv[1]))"

    processes = [subprocess.Popen([*command, str(path)], stderr=subprocess.PIPE, text=True) for _ in range(4)]
    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert errors == [""] * 4
    assert rows(path, "SELECT version_num FROM alembic_version") == [(REVISIONS[-1],)]


def test_alembic_is_not_imported_when_there_is_nothing_to_do(path: Path) -> None:
    migrate(path)
    code = "import sys, pathlib; from bot.storage.migrate import migrate; migrate(pathlib.Path(sys.argv[1])); "
    code += "print('alembic' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout

    assert said == "False\n"
