"""The master keys: from the environment or from a file of their own, never from the database.

There is one key, and more only while a rotation is under way: the first of them is the current one, which everything is
encrypted under; the others still open what has not been encrypted anew.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import os
import stat
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bot.errors import SecretError
from bot.secrets.cipher import KEY_BYTES, Cipher, Encryption, Place, key_id_of

log = logging.getLogger(__name__)

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_cipher(environment: str, path: Path, used: Collection[str]) -> Encryption:
    """The cipher under the keys that ``environment`` holds, else under those in the file at ``path``.

    ``used`` names the keys of the stored secrets, as ``cipher.key_id_of`` gives them. With none stored and no file,
    a key is made and kept at ``path``. Raises SecretError with what to do if there is no key, an unsafe file, or keys
    that do not fit what is stored. Blocks.
    """
    cipher: Encryption = cipher_of(parse_keys(environment)) if environment.strip() else _file_cipher(path, used)
    if strange := sorted(set(used) - cipher.keys.keys()):
        raise SecretError(
            f"the master key ({cipher.current}) does not fit the stored secrets, which need {', '.join(strange)}: "
            "add the key they were stored under, behind a comma in DESKHAND_MASTER_KEY or as a line of the key file"
        )
    return cipher


def present_cipher(environment: str, path: Path) -> Encryption | None:
    """The cipher under the keys that are there; None where there is none. Makes nothing. Raises SecretError."""
    if environment.strip():
        return cipher_of(parse_keys(environment))
    try:
        return cipher_of(read_keys(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unread(path, error) from error


def cipher_of(keys: Sequence[bytes]) -> Cipher:
    """The first key is the current one."""
    return Cipher({fingerprint(key): key for key in keys}, fingerprint(keys[0]))


class FileCipher:
    """``Encryption`` under the keys of a file, which a rotation by another process may change at any time.

    The file is looked at before anything is encrypted, so that nothing new comes under a key that is about to go, and
    when a text needs a key not met before. A key once known stays known: a row may have been read just before the
    rotation reached it.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError or SecretError if the file cannot be read."""
        self._path = path
        self._seen = _signature(path.stat())
        self._cipher = cipher_of(read_keys(path))

    @property
    def keys(self) -> Mapping[str, bytes]:
        """All known keys."""
        return self._cipher.keys

    @property
    def current(self) -> str:
        """The id of the key to encrypt under."""
        return self._cipher.current

    def encrypt(self, value: str, place: Place) -> str:
        """As ``Encryption``."""
        self._look()
        return self._cipher.encrypt(value, place)

    def decrypt(self, text: str, place: Place) -> str:
        """As ``Encryption``."""
        if key_id_of(text) not in self._cipher.keys:
            self._look()
        return self._cipher.decrypt(text, place)

    def _look(self) -> None:
        """A file that is gone or damaged meanwhile stops nothing: the keys that are known still fit."""
        try:
            found = _signature(self._path.stat())
            if found != self._seen:
                new = cipher_of(read_keys(self._path))
                self._cipher, self._seen = Cipher({**self._cipher.keys, **new.keys}, new.current), found
        except (OSError, SecretError) as error:
            log.warning("the master key was not read again: %s", error)


def parse_keys(text: str) -> list[bytes]:
    """Keys with commas, spaces or line ends between them; one at least. Raises SecretError."""
    return [parse_key(part) for part in text.replace(",", " ").split() or [""]]


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


def read_keys(path: Path) -> list[bytes]:
    """The keys in a file, the current one first. Raises OSError, or SecretError for an unsafe or damaged file."""
    with path.open(encoding="ascii", errors="replace") as file:
        found = os.fstat(file.fileno())
        if found.st_mode & _OTHERS:
            raise SecretError(f"{path}: others may read the master key; run: chmod 600 {path}")
        return parse_keys(file.read())


def put_first(path: Path, key: bytes) -> None:
    """Make a key the current one; those in the file stay behind it. Whole or not at all. Raises SecretError."""
    _replace(path, lambda keys: [key, *(known for known in keys if known != key)])


def keep_first(path: Path) -> None:
    """Drop all keys but the current one, which everything must be under by now. Raises SecretError."""
    _replace(path, lambda keys: keys[:1])


def new_key() -> bytes:
    """Random."""
    return os.urandom(KEY_BYTES)


def _file_cipher(path: Path, used: Collection[str]) -> FileCipher:
    try:
        return FileCipher(path)
    except FileNotFoundError:
        if used:
            raise SecretError(
                f"secrets are stored but their master key is not: {path} is missing; bring the file back"
            ) from None
        return _create(path)
    except OSError as error:
        raise _unread(path, error) from error


def _create(path: Path) -> FileCipher:
    """Written beside and linked into place: of two processes, both get the key of the one that was first."""
    draft = _draft(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(draft, [new_key()])
        with suppress(FileExistsError):
            os.link(draft, path)
        _sync_folder(path)
        return FileCipher(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        draft.unlink(missing_ok=True)


def _replace(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Old or new, never half; it stays with its owner even if root changes it."""
    draft = _draft(path)
    try:
        owner = path.stat()
        _write_private(draft, change(read_keys(path)))
        os.chown(draft, owner.st_uid, owner.st_gid)
        draft.replace(path)
        _sync_folder(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        draft.unlink(missing_ok=True)


def _write_private(path: Path, keys: Sequence[bytes]) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(base64.b64encode(key) + b"\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """A new name is on disk only once its folder is."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")


def _signature(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_mtime_ns, found.st_size


def _unread(path: Path, error: OSError) -> SecretError:
    return SecretError(f"{path}: the master key cannot be read: {error.strerror}")


def _unwritten(path: Path, error: OSError) -> SecretError:
    return SecretError(f"{path}: the master key cannot be written: {error.strerror}")
