"""The master key comes from a safe place and fits what is stored, or the service says what to do."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import SecretError
from bot.secrets.keys import fingerprint, open_cipher, parse_key
from tests.secrets.samples import KEY

TRICKY = bytes([0xFB, 0xEF, 0xBE] * 10 + [0xFF, 0xFF])


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "private" / "master.key"


@pytest.mark.parametrize("key", [KEY, TRICKY])
@pytest.mark.parametrize(
    "write",
    [
        lambda key: key.hex(),
        lambda key: key.hex().upper(),
        lambda key: base64.b64encode(key).decode(),
        lambda key: base64.urlsafe_b64encode(key).decode(),
        lambda key: base64.urlsafe_b64encode(key).decode().rstrip("="),
        lambda key: f"  {key.hex()}\n",
    ],
)
def test_a_key_is_read_in_every_usual_form(key: bytes, write: object) -> None:
    assert callable(write)

    assert parse_key(write(key)) == key


@pytest.mark.parametrize(
    "text", ["", "secret", "00" * 31, "00" * 33, base64.b64encode(bytes(31)).decode(), "é" * 32, "g" * 64, "A" * 44]
)
def test_anything_else_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(SecretError, match="32 random bytes") as caught:
        parse_key(text)

    assert not text or text not in str(caught.value)


def test_the_first_start_makes_a_private_key_and_later_ones_use_it(key_file: Path) -> None:
    first = open_cipher("", key_file, ())

    second = open_cipher("", key_file, {first.current})

    assert second.keys == first.keys
    assert oct(key_file.stat().st_mode & 0o777) == "0o600"
    assert oct(key_file.parent.stat().st_mode & 0o777) == "0o700"
    assert [found.name for found in key_file.parent.iterdir()] == ["master.key"]


def test_two_first_starts_make_different_keys(tmp_path: Path) -> None:
    assert open_cipher("", tmp_path / "a", ()).keys != open_cipher("", tmp_path / "b", ()).keys


def test_a_key_from_the_environment_stands_before_the_file(key_file: Path) -> None:
    cipher = open_cipher(KEY.hex(), key_file, ())

    assert cipher.keys == {fingerprint(KEY): KEY}
    assert not key_file.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_key_that_others_may_touch_is_refused(key_file: Path, mode: int) -> None:
    open_cipher("", key_file, ())
    key_file.chmod(mode)

    with pytest.raises(SecretError, match=f"chmod 600 {key_file}"):
        open_cipher("", key_file, ())


def test_a_lost_key_is_not_replaced_while_secrets_need_it(key_file: Path) -> None:
    with pytest.raises(SecretError, match="bring the file back"):
        open_cipher("", key_file, {"abc"})

    assert not key_file.exists()


def test_a_key_that_does_not_fit_the_stored_secrets_is_refused(key_file: Path) -> None:
    stored = fingerprint(bytes(32))

    with pytest.raises(SecretError, match=f"does not fit the stored secrets, which need {stored}"):
        open_cipher(KEY.hex(), key_file, {stored})


@pytest.mark.parametrize("content", ["", "not a key\n", "\xff\xfe"])
def test_a_damaged_key_file_is_told_in_words(tmp_path: Path, content: str) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(content)
    key_file.chmod(0o600)

    with pytest.raises(SecretError, match="32 random bytes"):
        open_cipher("", key_file, ())


def test_a_place_that_cannot_hold_a_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(SecretError, match="master key cannot be"):
        open_cipher("", tmp_path / "file" / "key", ())


def test_processes_that_start_at_once_share_one_key(key_file: Path) -> None:
    code = "import sys, pathlib; from bot.secrets.keys import open_cipher; "
    code += "print(open_cipher('', pathlib.Path(sys.argv[1]), ()).current)"
    command = [sys.executable, "-c", code, str(key_file)]

    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {process.communicate(timeout=60)[0] for process in processes}

    assert answers == {open_cipher("", key_file, ()).current + "\n"}


def test_the_name_of_a_key_gives_nothing_of_it_away() -> None:
    name = fingerprint(KEY)

    assert name.isalnum()
    assert name not in KEY.hex()
    assert name != fingerprint(bytes(32))
