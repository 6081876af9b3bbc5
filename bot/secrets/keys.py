"""The master key: from the environment or from a file of its own, never from the database."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import stat
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from bot.errors import SecretError
from bot.secrets.cipher import KEY_BYTES, Cipher

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_cipher(environment: str, path: Path, used: Collection[str]) -> Cipher:
    """The cipher under the key that ``environment`` holds, else under the one in the file at ``path``.

    ``used`` names the keys of the stored secrets, as ``cipher.key_id_of`` gives them. With none stored and no file,
    a key is made and kept at ``path``. Raises SecretError with what to do if there is no key, an unsafe file, or a key
    that does not fit what is stored. Blocks.
    """
    key = parse_key(environment) if environment.strip() else _file_key(path, used)
    key_id = fingerprint(key)
    if strange := sorted(set(used) - {key_id}):
        raise SecretError(
            f"the master key ({key_id}) does not fit the stored secrets, which need {', '.join(strange)}: "
            "give the key they were stored under, or delete them and set them again"
        )
    return Cipher({key_id: key}, key_id)


def parse_key(text: str) -> bytes:
    """32 bytes from 64 hexadecimal digits or from base64 (either alphabet). Raises SecretError."""
    text = text.strip()
    with suppress(ValueError):
        if len(key := bytes.fromhex(text)) == KEY_BYTES:
            return key
    with suppress(ValueError, binascii.Error):
        standard = text.replace("-", "+").replace("_", "/").rstrip("=")
        if len(key := base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)) == KEY_BYTES:
            return key
    raise SecretError(
        f"the master key must be {KEY_BYTES} random bytes as base64 or hexadecimal; `openssl rand -base64 32` makes one"
    )


def fingerprint(key: bytes) -> str:
    """A short name for a key that gives nothing of it away; stored with each secret."""
    return hmac.new(key, b"deskhand key id", hashlib.sha256).hexdigest()[:12]


def _file_key(path: Path, used: Collection[str]) -> bytes:
    try:
        return _read(path)
    except FileNotFoundError:
        if used:
            raise SecretError(
                f"secrets are stored but their master key is not: {path} is missing; bring the file back"
            ) from None
        return _create(path)
    except OSError as error:
        raise SecretError(f"{path}: the master key cannot be read: {error.strerror}") from error


def _read(path: Path) -> bytes:
    with path.open(encoding="ascii", errors="replace") as file:
        found = os.fstat(file.fileno())
        if found.st_mode & _OTHERS:
            raise SecretError(f"{path}: others may read the master key; run: chmod 600 {path}")
        return parse_key(file.read())


def _create(path: Path) -> bytes:
    """Written beside and linked into place: of two processes, both get the key of the one that was first."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(draft, base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
        with suppress(FileExistsError):
            os.link(draft, path)
        return _read(path)
    except OSError as error:
        raise SecretError(f"{path}: the master key cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def _write_private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
