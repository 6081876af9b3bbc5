"""The vault keeps, lists and reveals, and shows no value but to those who ask by name."""

from __future__ import annotations

import base64
import html
import json
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Connection, text

from bot.errors import SecretError
from bot.ports import SecretNames, Secrets
from bot.secrets.cipher import Cipher
from bot.secrets.vault import Kept, Listed, Vault
from bot.storage.database import SqliteDatabase
from tests.secrets.samples import CIPHER, NOON, open_vault, ticking

VALUE = "sk_live_51Hx&Zé/+="


async def test_a_secret_is_kept_and_revealed_by_name(vault: Vault) -> None:
    secrets: Secrets = vault
    names: SecretNames = vault
    await vault.set("B_KEY", VALUE)
    await vault.set("A_KEY", "another value")

    revealed = await secrets.reveal(["B_KEY", "MISSING"])

    assert revealed == {"B_KEY": VALUE}
    assert await names.names() == ["A_KEY", "B_KEY"]


async def test_a_new_value_takes_the_place_of_the_old(vault: Vault) -> None:
    await vault.set("KEY", "the old value")
    await vault.set("KEY", "the new value")

    listing = await vault.listing()

    assert await vault.reveal(["KEY"]) == {"KEY": "the new value"}
    (listed,) = listing
    assert listed.created_at == NOON
    assert listed.updated_at is not None
    assert listed.updated_at > NOON


async def test_a_deleted_secret_is_gone(vault: Vault) -> None:
    await vault.set("KEY", VALUE)

    assert await vault.delete("KEY")
    assert not await vault.delete("KEY")
    assert await vault.reveal(["KEY"]) == {}
    assert await vault.names() == []


async def test_a_listing_holds_no_value(vault: Vault) -> None:
    await vault.set("KEY", VALUE)

    listing = await vault.listing()

    assert listing == [Listed("KEY", Kept.STORE, NOON, NOON)]
    assert VALUE not in str([asdict(listed) for listed in listing])
    assert VALUE not in repr(vault)


async def test_values_outlive_the_process(path: Path) -> None:
    async with open_vault(path) as first:
        await first.set("KEY", VALUE)

    async with open_vault(path) as second:
        assert await second.reveal(["KEY"]) == {"KEY": VALUE}


async def test_values_given_from_outside_stand_first_and_are_read_only(path: Path) -> None:
    async with open_vault(path) as before:
        await before.set("KEY", "the stored value")

    async with open_vault(path, overlay={"KEY": "the given value", "EXTRA": "another given"}) as vault:
        assert await vault.reveal(["KEY", "EXTRA"]) == {"KEY": "the given value", "EXTRA": "another given"}
        assert await vault.names() == ["EXTRA", "KEY"]
        assert [listed.kept for listed in await vault.listing()] == [Kept.ENVIRONMENT, Kept.ENVIRONMENT]
        with pytest.raises(SecretError, match="given by the environment"):
            await vault.set("KEY", "some new value")
        with pytest.raises(SecretError, match="given by the environment"):
            await vault.delete("KEY")


@pytest.mark.parametrize(("name", "value"), [("KEY", "short"), ("1KEY", "long enough"), ("GURUBASE_X", "long enough")])
def test_values_given_from_outside_obey_the_rules(name: str, value: str) -> None:
    with pytest.raises(SecretError, match=name):
        Vault(None, CIPHER, now=ticking(), new_id=str, overlay={name: value})  # type: ignore[arg-type]  # not reached


@pytest.mark.parametrize(
    "name",
    ["", "1KEY", "a-b", "a b", "é", "A.B", "KEY\n", "x" * 129, "{KEY}", "KÉY", "gurubase_x", "GURUBASE_USER_EMAIL"],
)
async def test_a_name_must_be_an_identifier_and_not_reserved(vault: Vault, name: str) -> None:
    with pytest.raises(SecretError, match="cannot name a secret"):
        await vault.set(name, VALUE)


@pytest.mark.parametrize("name", ["K", "_k", "Stripe_Key_2", "x" * 128, "GURUBASEX"])
async def test_letters_digits_and_underscores_make_a_name(vault: Vault, name: str) -> None:
    await vault.set(name, VALUE)

    assert await vault.names() == [name]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", "shorter than 8"),
        ("tiny", "shorter than 8"),
        ("1234567", "shorter than 8"),
        ("   tiny   ", "shorter than 8"),
        ("tiny\n\n\n\n\n", "shorter than 8"),
        ("ab\u200b\u200b\u200b\u200b\u200b\u200bc", "shorter than 8"),
        ("with\0nul inside", "NUL"),
        ("half \ud800 a pair", "surrogate"),
        ("x" * 32_769, "longer than"),
        ("password", "common word"),
        (" ChangeMe ", "common word"),
        ("********", "common word"),
        ("12345678", "common word"),
    ],
)
async def test_a_value_that_cannot_be_kept_safe_is_refused_unquoted(vault: Vault, value: str, fault: str) -> None:
    with pytest.raises(SecretError, match=fault) as caught:
        await vault.set("KEY", value)

    assert not value or value not in str(caught.value)
    assert await vault.names() == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("long enough\n", "long enough"),
        ("long enough\r\n", "long enough"),
        ("  long enough ", "  long enough "),
        ("first line\nsecond line\n", "first line\nsecond line\n"),
    ],
)
async def test_one_line_loses_the_line_break_that_pasting_left(vault: Vault, given: str, kept: str) -> None:
    await vault.set("KEY", given)

    assert await vault.reveal(["KEY"]) == {"KEY": kept}


async def test_rows_that_were_swapped_no_longer_open(path: Path) -> None:
    async with open_vault(path) as vault:
        for number in range(6):
            await vault.set(f"KEY{number}", f"value number {number}")

        await _rotate_ciphertexts(path)

        for number in range(6):
            with pytest.raises(SecretError, match=f"KEY{number} cannot be read"):
                await vault.reveal([f"KEY{number}"])
        assert [listed.readable for listed in await vault.listing()] == [False] * 6


async def _rotate_ciphertexts(path: Path) -> None:
    def rotate(connection: Connection) -> None:
        rows = connection.execute(text("SELECT name, ciphertext FROM secrets ORDER BY name")).all()
        for row, other in zip(rows, [*rows[1:], rows[0]], strict=True):
            connection.execute(text("UPDATE secrets SET ciphertext = :c WHERE name = :n"), {"c": other[1], "n": row[0]})

    async with SqliteDatabase.open(path) as database:
        await database.write(rotate)


async def test_another_key_opens_nothing(path: Path) -> None:
    async with open_vault(path) as vault:
        await vault.set("KEY", VALUE)

    async with open_vault(path, Cipher({"key2": bytes(32)}, "key2")) as other:
        with pytest.raises(SecretError, match="key1"):
            await other.reveal(["KEY"])


async def test_the_files_of_the_database_hold_no_value_in_any_encoding(path: Path) -> None:
    data = VALUE.encode()
    encodings = [
        data,
        VALUE.encode("utf-16-le"),
        data.hex().encode(),
        quote(VALUE).encode(),
        json.dumps(VALUE)[1:-1].encode(),
        html.escape(VALUE).encode(),
        base64.b64encode(data).rstrip(b"="),
        base64.urlsafe_b64encode(data).rstrip(b"="),
        base64.b64encode(b"\0" + data)[2:-4],
        base64.b64encode(b"\0\0" + data)[3:-4],
    ]
    async with open_vault(path) as vault:
        await vault.set("KEY", VALUE)
        await vault.set("KEY", VALUE + VALUE)
        await vault.delete("KEY")
        await vault.set("OTHER", VALUE)

        files = {found.name: found.read_bytes() for found in path.parent.iterdir() if found.is_file()}

    assert "desk.db-wal" in files
    assert [(name, form) for name, content in files.items() for form in encodings if form in content] == []


async def test_the_version_changes_with_every_change_of_any_process(path: Path) -> None:
    async with open_vault(path) as here, open_vault(path, process="b") as there:
        seen = [await here.version()]
        await here.set("KEY", VALUE)
        seen.append(await here.version())
        await there.set("KEY", VALUE)
        seen.append(await here.version())
        await there.delete("KEY")
        seen.append(await here.version())

    assert len({*seen[:3]}) == 3
    assert seen[3] == seen[0]
