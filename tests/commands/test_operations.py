"""Backup, restore and rotation as an operator runs them: real processes, killed and run side by side."""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.records import open_records, utc_now
from bot.secrets.cipher import key_id_of
from bot.secrets.keys import fingerprint, parse_key, read_keys
from bot.settings import Settings
from bot.storage.occupancy import alone
from tests.commands.test_command_line import Shell

OLD, NEW = base64.b64encode(bytes(range(32))).decode(), base64.b64encode(bytes(range(1, 33))).decode()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def key_file(data: Path) -> Path:
    return data / "master.key"


def settings_of(data: Path) -> Settings:
    return Settings(_env_file=None, data_dir=data, actions_dir=data / "none")


async def fill(data: Path, count: int) -> dict[str, str]:
    """Secrets and two installations."""
    async with open_records(settings_of(data)) as records:
        values = {f"KEY_{number:04}": f"the value number {number}" for number in range(count)}
        for name, value in values.items():
            await records.vault.set(name, value)
        for team in ("slack/A", "slack/B"):
            sealed = records.sealing.encrypt(f"token of {team}", team)
            await records.storage.installations.put(team, sealed, utc_now())
    return values


async def readable(data: Path, values: dict[str, str]) -> bool:
    async with open_records(settings_of(data)) as records:
        tokens = await records.storage.installations.all()
        opened = {team: records.sealing.decrypt(text, team) for team, text in tokens.items()}
        assert opened == {team: f"token of {team}" for team in ("slack/A", "slack/B")}
        return await records.vault.reveal(list(values)) == values


def under(data: Path) -> dict[str, int]:
    """How many rows are under which key."""
    query = "SELECT ciphertext FROM secrets UNION ALL SELECT ciphertext FROM installations"
    with closing(sqlite3.connect(data / "deskhand.db", timeout=10)) as connection:
        keys = [key_id_of(text) for (text,) in connection.execute(query)]
    return {key: keys.count(key) for key in set(keys)}


def rotating(shell: Shell, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bot", "secrets", "rotate", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=shell.folder, env=shell.environment, stdout=pipe, stderr=pipe, text=True)


@contextmanager
def service(shell: Shell) -> Iterator[subprocess.Popen[str]]:
    """``deskhand web``, up and answering."""
    command = [sys.executable, "-m", "bot", "web", "--port", "0"]
    with subprocess.Popen(
        command, cwd=shell.folder, env={**shell.environment, "DESKHAND_SANDBOX": "off"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert "answers at" in process.stdout.readline()
            yield process
        finally:
            process.terminate()


async def test_a_rotation_killed_again_and_again_loses_nothing(shell: Shell, data: Path, key_file: Path) -> None:
    values = await fill(data, 400)
    old = fingerprint(read_keys(key_file)[0])
    killed = 0
    for share in (0, 0.02, 0.2, 0.4, 0.6, 0.8, 0.95, 1):
        with rotating(shell) as process:
            while process.poll() is None:
                moved = sum(count for key, count in under(data).items() if key != old)
                if (moved >= share * 402) if share else len(read_keys(key_file)) == 2:
                    break
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
        killed += process.returncode == -signal.SIGKILL
        assert await readable(data, values), share
        assert len(read_keys(key_file)) == 2 or under(data).keys() == {fingerprint(read_keys(key_file)[0])}
        if share == 0.4:
            assert under(data).keys() == {fingerprint(key) for key in read_keys(key_file)}

    said = shell("secrets", "rotate")

    assert killed >= 3, "on a busy machine some end before they are seen; if most do, this test shows nothing"
    assert "All secrets are under the key" in said
    (key,) = read_keys(key_file)
    assert under(data) == {fingerprint(key): 402}
    assert fingerprint(key) != old
    assert await readable(data, values)
    assert sorted(path.name for path in data.iterdir() if "master.key" in path.name) == [
        "master.key",
        "master.key.lock",
    ]


async def test_a_running_service_reads_and_writes_all_through_a_rotation(shell: Shell, data: Path) -> None:
    values = await fill(data, 150)
    names, looks = list(values), itertools.count()
    async with open_records(settings_of(data)) as running:
        before = await running.storage.installations.get("slack/A")
        with rotating(shell, "--wait", "1.5") as process:
            while process.poll() is None:
                assert await running.vault.reveal(names) == values
                name = names[next(looks) * 7 % len(names)]
                await running.vault.set(name, values[name])
                renewed = running.sealing.encrypt("token of slack/B", "slack/B")
                await running.storage.installations.put("slack/B", renewed, utc_now())
                await asyncio.sleep(0.005)
            said = (process.stdout.read() if process.stdout else "") + (process.stderr.read() if process.stderr else "")
        assert process.returncode == 0, said
        assert before is not None
        assert running.sealing.decrypt(before, "slack/A") == "token of slack/A"
        await running.vault.set("LATER", "set after the rotation")
        values["LATER"] = "set after the rotation"

    assert re.search(r"Other processes run: waiting [12] s", said)
    assert next(looks) > 20
    assert len(read_keys(data / "master.key")) == 1
    assert under(data).keys() == {fingerprint(read_keys(data / "master.key")[0])}
    assert await readable(data, values)


async def test_a_rotation_uses_the_key_that_it_is_given_and_can_keep_the_old(
    shell: Shell, data: Path, key_file: Path
) -> None:
    values = await fill(data, 3)
    (old,) = read_keys(key_file)
    (shell.folder / "new.key").write_text(NEW)

    shell("secrets", "rotate", "--new-key", "new.key", "--keep-old")
    assert read_keys(key_file) == [parse_key(NEW), old]
    assert under(data) == {fingerprint(parse_key(NEW)): 5}

    said = shell("secrets", "rotate", "--new-key", "-", stdin=NEW)
    assert "Backups made before open only with a copy of the file as it was" in said
    assert read_keys(key_file) == [parse_key(NEW)]
    assert await readable(data, values)


def test_a_first_rotation_needs_nothing_to_be_there(shell: Shell, key_file: Path) -> None:
    assert "0 were encrypted anew" in shell("secrets", "rotate")
    assert len(read_keys(key_file)) == 1


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (["--new-key", "missing.key"], "", "missing.key: the new key cannot be read: No such file"),
        (["--new-key", "-"], "short", "32 random bytes"),
    ],
)
async def test_a_key_that_cannot_be_one_changes_nothing(
    shell: Shell, data: Path, key_file: Path, words: list[str], stdin: str, said: str
) -> None:
    values = await fill(data, 1)
    before = key_file.read_bytes()

    shell("secrets", "rotate", *words, stdin=stdin, code=1)

    assert said in shell.errors
    assert key_file.read_bytes() == before
    assert await readable(data, values)


async def test_a_lost_or_foreign_key_file_is_never_rotated_away(shell: Shell, data: Path, key_file: Path) -> None:
    values = await fill(data, 2)
    kept = key_file.read_bytes()

    key_file.unlink()
    shell("secrets", "rotate", code=1)
    assert "bring the file back" in shell.errors
    assert not key_file.exists()

    key_file.write_text(NEW)
    key_file.chmod(0o600)
    shell("secrets", "rotate", code=1)
    assert "does not fit the stored secrets" in shell.errors
    assert key_file.read_text() == NEW

    key_file.write_bytes(kept)
    assert await readable(data, values)


async def test_an_unreadable_record_keeps_the_old_key_until_it_is_mended(
    shell: Shell, data: Path, key_file: Path
) -> None:
    values = await fill(data, 3)
    with closing(sqlite3.connect(data / "deskhand.db")) as connection:
        moved = (
            "UPDATE secrets SET ciphertext = (SELECT ciphertext FROM secrets WHERE name = 'KEY_0000') WHERE name = ?"
        )
        connection.execute(moved, ("KEY_0001",))
        connection.commit()

    shell("secrets", "rotate", code=1)

    assert "cannot be read with any key: secret KEY_0001. All others are under the new key" in shell.errors
    assert len(read_keys(key_file)) == 2
    shell("secrets", "set", "KEY_0001", stdin=values["KEY_0001"])
    assert "Going on with the rotation that was stopped" in shell("secrets", "rotate")
    assert len(read_keys(key_file)) == 1
    assert await readable(data, values)


def test_of_two_rotations_at_once_one_is_refused(shell: Shell, data: Path, key_file: Path) -> None:
    shell("secrets", "set", "KEY", stdin="a long enough value")
    before = key_file.read_bytes()

    with alone(key_file) as nobody_else:
        assert nobody_else
        shell("secrets", "rotate", code=1)

    assert "another rotation of the master key is under way" in shell.errors
    assert key_file.read_bytes() == before


def test_a_key_of_the_environment_is_rotated_by_its_operator(shell: Shell, data: Path, key_file: Path) -> None:
    def given(keys: str) -> dict[str, str]:
        return {"DESKHAND_MASTER_KEY": keys}

    shell("secrets", "set", "KEY", stdin="a long enough value", given=given(OLD))

    shell("secrets", "rotate", code=1, given=given(OLD))
    assert "set DESKHAND_MASTER_KEY=<new key>,<old key> for every process" in shell.errors
    shell("secrets", "rotate", "--new-key", "-", stdin=NEW, code=1, given=given(f"{NEW},{OLD}"))
    assert "only you can change it" in shell.errors
    shell("secrets", "rotate", code=1, given=given(NEW))
    assert "only you can change it" in shell.errors
    assert under(data) == {fingerprint(parse_key(OLD)): 1}

    said = shell("secrets", "rotate", given=given(f"{NEW},{OLD}"))

    assert "Take the old key out of DESKHAND_MASTER_KEY now" in said
    assert under(data) == {fingerprint(parse_key(NEW)): 1}
    assert "KEY" in shell("secrets", "list", given=given(NEW))
    shell("secrets", "list", code=1, given=given(OLD))
    assert "behind a comma in DESKHAND_MASTER_KEY" in shell.errors
    assert not key_file.exists()


def test_a_key_of_the_environment_is_not_rotated_under_processes_that_may_not_have_it(shell: Shell, data: Path) -> None:
    both = {"DESKHAND_MASTER_KEY": f"{NEW},{OLD}"}
    shell("secrets", "set", "KEY", stdin="a long enough value", given={"DESKHAND_MASTER_KEY": OLD})
    shell.environment["DESKHAND_MASTER_KEY"] = f"{NEW},{OLD}"

    with service(shell):
        shell("secrets", "rotate", code=1, given=both)
        assert "Start it anew, then run this again with --yes" in shell.errors
        assert under(data) == {fingerprint(parse_key(OLD)): 1}
        assert "1 were encrypted anew" in shell("secrets", "rotate", "--yes", given=both)


def test_a_backup_tells_what_is_in_it_and_what_is_not(shell: Shell, data: Path) -> None:
    shell("secrets", "set", "KEY", stdin="a long enough value")

    said = shell("backup")

    (made,) = (data / "backups").iterdir()
    assert f"Backed up data/deskhand.db to data/backups/{made.name}" in said
    assert re.search(r"size \d\.\d MB, schema \d{4}\n  rows: audit 1, secrets 1\n", said)
    assert "The key of the secrets is not in it: that is in data/master.key." in said
    assert "Without the key this backup cannot open its secrets" in said
    assert b"a long enough value" not in made.read_bytes()
    assert (data / "master.key").read_bytes().strip() not in made.read_bytes()
    assert "in DESKHAND_MASTER_KEY" in shell("backup", "copy.db", given={"DESKHAND_MASTER_KEY": OLD})


def test_backups_go_where_they_are_told_and_old_ones_go(shell: Shell) -> None:
    folder = shell.folder / "far"
    folder.mkdir()
    shell("migrate")
    for day in range(1, 5):
        (folder / f"deskhand-2020010{day}T000000Z.db").write_text("old")

    said = shell("backup", "far", "--keep", "2")

    left = sorted(path.name for path in folder.iterdir())
    assert len(left) == 2
    assert left[0] == "deskhand-20200104T000000Z.db"
    assert said.count("Deleted far/deskhand-2020") == 3
    shell("backup", f"far/{left[1]}", code=1)
    assert "add --replace" in shell.errors
    assert "Backed up" in shell("backup", f"far/{left[1]}", "--replace")
    shell("backup", "far", "--keep", "0", code=2)


def test_a_backup_before_the_first_start_says_that_there_is_nothing(shell: Shell) -> None:
    shell("backup", code=1)

    assert "there is no database yet" in shell.errors


def test_a_running_service_is_backed_up_but_nothing_is_restored_under_it(shell: Shell, data: Path) -> None:
    shell("secrets", "set", "KEY", stdin="a long enough value")
    with service(shell) as process:
        shell("backup", "copy.db")
        before = (data / "deskhand.db").stat().st_ino

        shell("restore", "copy.db", code=1)
        assert "a process of Deskhand uses the database; stop every `deskhand run`" in shell.errors
        assert "It can be restored. Nothing was changed." in shell("restore", "copy.db", "--dry-run")
        assert (data / "deskhand.db").stat().st_ino == before
        process.kill()

    assert "Restored copy.db to data/deskhand.db" in shell("restore", "copy.db")


def test_a_restore_brings_back_what_was_and_says_how_to_undo_it(shell: Shell, data: Path) -> None:
    shell("secrets", "set", "KEY", stdin="the value of before")
    shell("backup", "copy.db")
    shell("secrets", "delete", "KEY", "--yes")
    shell("secrets", "set", "OTHER", stdin="the value of after")

    dry = shell("restore", "copy.db", "--dry-run")
    assert "copy.db is whole." in dry
    assert "OTHER" in shell("secrets", "list")
    said = shell("restore", "copy.db")

    assert "rows: audit 1, secrets 1" in said
    assert shell("secrets", "list").split()[0] == "KEY"
    (undo,) = re.findall(r"To go back: deskhand (restore \S+)", said)
    shell(*undo.split())
    assert shell("secrets", "list").split()[0] == "OTHER"
    with closing(sqlite3.connect(data / "deskhand.db")) as connection:
        kinds = [kind for (kind,) in connection.execute("SELECT kind FROM audit ORDER BY id")]
    assert kinds[-1] == "database.restored"


async def test_a_backup_from_before_a_rotation_needs_the_key_of_then(shell: Shell, data: Path, key_file: Path) -> None:
    values = await fill(data, 2)
    old = key_file.read_text()
    shell("backup", "copy.db")
    shell("secrets", "rotate")
    shell("secrets", "set", "LATER", stdin="the value of after")

    for words in (["--dry-run"], []):
        shell("restore", "copy.db", *words, code=1)
        lost = "installation slack/A, installation slack/B"
        assert f"does not open: secret KEY_0000, secret KEY_0001, {lost} (stored under" in shell.errors
        assert fingerprint(parse_key(old)) in shell.errors
        assert "LATER" in shell("secrets", "list")

    key_file.write_text(key_file.read_text() + old)
    shell("restore", "copy.db")
    assert await readable(data, values)
    shell("secrets", "rotate")
    assert len(read_keys(key_file)) == 1
    assert await readable(data, values)


def test_a_backup_whose_key_is_lost_is_restored_without_its_secrets(shell: Shell, data: Path) -> None:
    shell("secrets", "set", "KEY", stdin="a long enough value")
    shell("backup", "copy.db")
    for path in data.iterdir():
        if path.is_file():
            path.unlink()

    shell("restore", "copy.db", code=1)
    assert "no key, as there is none, does not open: secret KEY" in shell.errors
    said = shell("restore", "copy.db", "--drop-unreadable")

    assert "Left out: secret KEY. Set it again." in said
    assert "No secrets yet" in shell("secrets", "list")


def test_a_newer_backup_is_refused_with_what_to_do(shell: Shell, data: Path) -> None:
    shell("migrate")
    shell("backup", "copy.db")
    with closing(sqlite3.connect(shell.folder / "copy.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    shell("restore", "copy.db", code=1)

    assert "copy.db: its schema 9999 is not one this version knows" in shell.errors
    assert "a newer version of Deskhand made it: run that version" in shell.errors


async def test_a_backup_during_a_rotation_holds_secrets_that_both_keys_open(shell: Shell, data: Path) -> None:
    values = await fill(data, 200)
    old = fingerprint(read_keys(data / "master.key")[0])
    with rotating(shell) as process:
        while process.poll() is None and sum(n for key, n in under(data).items() if key != old) < 60:
            time.sleep(0.002)
        process.send_signal(signal.SIGSTOP)
        shell("backup", "copy.db")
        process.kill()

    shell("restore", "copy.db")
    assert len(under(data)) == 2
    assert await readable(data, values)
    shell("secrets", "rotate")
    assert await readable(data, values)
