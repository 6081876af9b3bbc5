"""Everything that is stored encrypted moves to a new key, whatever happens meanwhile, and is readable at any time."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import SecretError
from bot.records import sealed
from bot.secrets.cipher import Cipher, Place, Sealing, key_id_of
from bot.secrets.keys import (
    FileCipher,
    cipher_of,
    fingerprint,
    keep_first,
    new_key,
    open_cipher,
    parse_keys,
    present_cipher,
    put_first,
    read_keys,
)
from bot.secrets.rotation import SealedRow, SealedRows, move, unreadable, used_keys
from bot.secrets.vault import Vault
from bot.storage.storage import Storage, open_storage
from bot.storage.tables import metadata
from tests.secrets.samples import KEY, NOON, counting, ticking

OLD, NEW = cipher_of([KEY]), cipher_of([bytes(32), KEY])
PLACE = Place("KEY", "1")


@pytest.fixture
async def storage(path: Path) -> AsyncIterator[Storage]:
    async with open_storage(path) as opened:
        yield opened


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "master.key"
    open_cipher("", path, ())
    return path


def vault_of(storage: Storage, cipher: Cipher | FileCipher, process: str = "a") -> Vault:
    return Vault(storage.secrets, cipher, now=ticking(), new_id=counting(process))


async def filled(storage: Storage, count: int = 20) -> dict[str, str]:
    vault = vault_of(storage, OLD)
    values = {f"KEY_{number:02}": f"value number {number}" for number in range(count)}
    for name, value in values.items():
        await vault.set(name, value)
    for team in "AB":
        await storage.installations.put(f"slack/{team}", Sealing(OLD).encrypt(f"token {team}", f"slack/{team}"), NOON)
    return values


async def test_all_moves_to_the_new_key_and_nothing_else_changes(storage: Storage) -> None:
    values = await filled(storage)
    before = [(row.id, row.name, row.created_at, row.updated_at) for row in await storage.secrets.all()]

    moved = await move(sealed(storage), NEW)

    assert (moved.rows, moved.lost) == (22, [])
    assert await used_keys(sealed(storage)) == {NEW.current}
    alone = Cipher({NEW.current: bytes(32)}, NEW.current)
    assert await vault_of(storage, alone).reveal(list(values)) == values
    token = await storage.installations.get("slack/A")
    assert token is not None
    assert Sealing(alone).decrypt(token, "slack/A") == "token A"
    assert [(row.id, row.name, row.created_at, row.updated_at) for row in await storage.secrets.all()] == before
    assert (await move(sealed(storage), NEW)).rows == 0


def test_every_table_with_ciphertexts_is_among_those_that_move() -> None:
    sealed_columns = {"ciphertext", "signing"}
    with_ciphertexts = {name for name, table in metadata.tables.items() if sealed_columns & {*table.columns.keys()}}

    assert with_ciphertexts == {"secrets", "installations", "webhooks"}, "add the new table to bot.records.sealed"


async def test_a_value_that_is_set_meanwhile_is_not_undone(storage: Storage) -> None:
    await filled(storage)
    secrets, *others = sealed(storage)

    class Meddling:
        """Somebody sets each value anew, under the old key, between our look and our write."""

        kind = "secret"
        done = False

        async def all(self) -> list[SealedRow]:
            found = list(await secrets.all())
            if not self.done:
                self.done = True
                await vault_of(storage, OLD, "b").set("KEY_03", "set meanwhile")
            return found

        async def exchange(self, row: SealedRow, text: str) -> bool:
            return await secrets.exchange(row, text)

        async def remove(self, row: SealedRow) -> object:
            return await secrets.remove(row)

    meddling: SealedRows = Meddling()
    moved = await move([meddling, *others], NEW)

    assert moved.lost == []
    assert await used_keys(sealed(storage)) == {NEW.current}
    assert await vault_of(storage, NEW).reveal(["KEY_03"]) == {"KEY_03": "set meanwhile"}


async def test_what_no_key_opens_is_named_and_left_as_it_is(storage: Storage) -> None:
    await filled(storage, 3)
    strange = Cipher({"other": new_key()}, "other").encrypt("x", Place("LOST", "9"))
    moved_row = OLD.encrypt("x", Place("ELSEWHERE", "9"))
    for row_id, name, text in (("9", "LOST", strange), ("10", "MOVED", moved_row), ("11", "BROKEN", "nonsense")):
        await storage.secrets.put(row_id, name, text, NOON)

    moved = await move(sealed(storage), NEW)

    assert moved.rows == 5
    assert moved.lost == ["secret BROKEN", "secret LOST", "secret MOVED"]
    assert {row.place.name for _, row in await unreadable(sealed(storage), NEW)} == {"BROKEN", "LOST", "MOVED"}
    assert len(await unreadable(sealed(storage), None)) == 8
    kept = {row.name: row.ciphertext for row in await storage.secrets.all()}
    assert (kept["LOST"], kept["MOVED"], kept["BROKEN"]) == (strange, moved_row, "nonsense")


async def test_readers_beside_a_rotation_never_meet_an_unreadable_value(storage: Storage, key_file: Path) -> None:
    """Two processes with the key file of before; rows move, the old key goes, a third key comes."""
    reader, writer = FileCipher(key_file), FileCipher(key_file)
    vault, other = vault_of(storage, reader), vault_of(storage, writer)
    names = [f"KEY_{number}" for number in range(30)]
    for name in names:
        await other.set(name, f"value of {name}")
    looks, stop = itertools.count(), asyncio.Event()

    async def read() -> None:
        while not stop.is_set():
            found = await vault.reveal(names)
            assert found == {name: f"value of {name}" for name in names}
            name = names[next(looks) % 30]
            await other.set(name, f"value of {name}")

    reading = asyncio.create_task(read())
    for _ in range(3):
        put_first(key_file, new_key())
        await move(sealed(storage), FileCipher(key_file))
        await asyncio.sleep(0.05)
        await move(sealed(storage), FileCipher(key_file))
        keep_first(key_file)
        assert await used_keys(sealed(storage)) == {fingerprint(read_keys(key_file)[0])}
    stop.set()
    await reading

    assert next(looks) > 5
    assert len(read_keys(key_file)) == 1
    assert await vault_of(storage, FileCipher(key_file)).reveal(names)


def test_a_running_process_encrypts_under_the_new_key_as_soon_as_it_is_there(key_file: Path) -> None:
    running = FileCipher(key_file)
    before = running.encrypt("value", PLACE)

    put_first(key_file, bytes(32))

    assert key_id_of(running.encrypt("value", PLACE)) == fingerprint(bytes(32))
    assert running.decrypt(before, PLACE) == "value"
    assert running.current == fingerprint(bytes(32))
    assert len(running.keys) == 2


def test_a_running_process_reads_the_file_again_for_a_key_it_does_not_know(key_file: Path) -> None:
    running = FileCipher(key_file)
    put_first(key_file, bytes(32))

    text = FileCipher(key_file).encrypt("value", PLACE)

    assert running.decrypt(text, PLACE) == "value"


def test_a_row_read_just_before_the_old_key_went_still_opens(key_file: Path) -> None:
    running = FileCipher(key_file)
    text = running.encrypt("value", PLACE)
    put_first(key_file, bytes(32))
    running.encrypt("value", PLACE)

    keep_first(key_file)
    running.encrypt("value", PLACE)

    assert running.decrypt(text, PLACE) == "value"


@pytest.mark.parametrize("harm", ["gone", "damaged", "open to others"])
def test_a_key_file_that_goes_bad_stops_no_running_process(key_file: Path, harm: str) -> None:
    running = FileCipher(key_file)
    if harm == "gone":
        key_file.unlink()
    else:
        key_file.write_text("damaged" if harm == "damaged" else new_key().hex())
        key_file.chmod(0o644)

    text = running.encrypt("value", PLACE)

    assert running.decrypt(text, PLACE) == "value"
    with pytest.raises(SecretError, match="which was not given"):
        running.decrypt(Cipher({"other": KEY}, "other").encrypt("value", PLACE), PLACE)


def test_the_key_file_is_changed_whole_and_stays_private(key_file: Path) -> None:
    (first,) = read_keys(key_file)

    put_first(key_file, KEY)
    put_first(key_file, bytes(32))
    put_first(key_file, KEY)

    assert read_keys(key_file) == [KEY, bytes(32), first]
    assert oct(key_file.stat().st_mode & 0o777) == "0o600"
    assert [found.name for found in key_file.parent.iterdir()] == ["master.key"]
    keep_first(key_file)
    assert read_keys(key_file) == [KEY]
    key_file.unlink()
    with pytest.raises(SecretError, match="cannot be written"):
        put_first(key_file, KEY)


@pytest.mark.parametrize("between", [",", ", ", "\n", " ", "\r\n", ",\n"])
def test_several_keys_are_read_with_anything_usual_between_them(between: str) -> None:
    text = f"{KEY.hex()}{between}{base64.b64encode(bytes(32)).decode()}{between}"

    assert parse_keys(text) == [KEY, bytes(32)]


@pytest.mark.parametrize("text", ["", ",", f"{KEY.hex()},", f"{KEY.hex()};{KEY.hex()}", f"{KEY.hex()},short"])
def test_a_list_with_something_else_in_it_is_refused_unless_only_a_comma_is_too_many(text: str) -> None:
    if text == f"{KEY.hex()},":
        assert parse_keys(text) == [KEY]
        return
    with pytest.raises(SecretError, match="32 random bytes") as caught:
        parse_keys(text)

    assert KEY.hex() not in str(caught.value)


def test_two_keys_from_the_environment_serve_both_and_the_first_encrypts(key_file: Path) -> None:
    cipher = open_cipher(f"{bytes(32).hex()},{KEY.hex()}", key_file, {fingerprint(KEY)})

    assert cipher.current == fingerprint(bytes(32))
    assert cipher.decrypt(OLD.encrypt("value", PLACE), PLACE) == "value"


def test_the_key_at_hand_is_looked_for_without_making_one(tmp_path: Path, key_file: Path) -> None:
    missing, folder = tmp_path / "none", tmp_path / "folder"
    folder.mkdir()

    assert present_cipher("", missing) is None
    assert not missing.exists()
    at_hand, given = present_cipher("", key_file), present_cipher(KEY.hex(), missing)
    assert at_hand is not None
    assert at_hand.current == FileCipher(key_file).current
    assert given is not None
    assert given.current == OLD.current
    with pytest.raises(SecretError, match="cannot be read"):
        present_cipher("", folder)


def test_no_key_shows_in_what_is_printed(key_file: Path) -> None:
    (key,) = read_keys(key_file)

    for text in (repr(FileCipher(key_file)), repr(OLD), repr(SealedRow(PLACE, "v1.x.y.z"))):
        assert repr(key) not in text
        assert repr(KEY) not in text
        assert "v1.x" not in text
