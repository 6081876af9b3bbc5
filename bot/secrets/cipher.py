"""AES-256-GCM for secrets at rest, bound to the row they belong to (F082)."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.errors import SecretError

VERSION = "v1"
TENANT = "default"
KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ciphertext belongs. Moved to another name or row, it no longer opens."""

    name: str
    row_id: str

    def bound(self) -> bytes:
        """The data that is authenticated with the value; each part with its length, so that no two places agree."""
        parts = [part.encode() for part in (TENANT, self.name, self.row_id, VERSION)]
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class Encryption(Protocol):
    """One key to encrypt under, and all that may be needed to decrypt."""

    @property
    def keys(self) -> Mapping[str, bytes]:
        """By key id, 32 bytes each."""

    @property
    def current(self) -> str:
        """The id of the key to encrypt under."""

    def encrypt(self, value: str, place: Place) -> str:
        """A text that opens in this place alone."""
        ...

    def decrypt(self, text: str, place: Place) -> str:
        """Undo ``encrypt``. Raises SecretError if the text is damaged, out of place, or under a key we lack."""
        ...


@dataclass(frozen=True, slots=True)
class Cipher:
    """``Encryption`` under keys that do not change; texts are ``v1.<key id>.<nonce>.<ciphertext>``.

    A random nonce of 96 bits is good for 2**32 values under a key (NIST SP 800-38D).
    """

    keys: Mapping[str, bytes] = field(repr=False)
    """By key id, 32 bytes each."""
    current: str

    def encrypt(self, value: str, place: Place) -> str:
        """The value under the current key, base64url parts joined by dots."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, value.encode(), place.bound())
        return ".".join((VERSION, self.current, _to_text(nonce), _to_text(sealed)))

    def decrypt(self, text: str, place: Place) -> str:
        """Undo ``encrypt``. Raises SecretError if the text is damaged, out of place, or under a key we lack."""
        key_id, nonce, sealed = _split(text, place)
        if key_id not in self.keys:
            raise SecretError(f"the secret {place.name} was stored under the key {key_id}, which was not given")
        try:
            return AESGCM(self.keys[key_id]).decrypt(nonce, sealed, place.bound()).decode()
        except (InvalidTag, ValueError) as error:
            raise _unreadable(place) from error


@dataclass(frozen=True, slots=True)
class Sealing:
    """Encryption bound to a context: sealed for one, a text does not open in another."""

    cipher: Encryption

    @staticmethod
    def place(context: str) -> Place:
        """Where a text that is sealed for this context belongs."""
        return Place(context, "sealed")

    def encrypt(self, value: str, context: str) -> str:
        """Letters, digits, ``-``, ``_`` and dots."""
        return self.cipher.encrypt(value, self.place(context))

    def decrypt(self, text: str, context: str) -> str:
        """Undo ``encrypt``. Raises SecretError."""
        return self.cipher.decrypt(text, self.place(context))


def key_id_of(text: str) -> str:
    """The key a stored text needs; empty if it is not of our form."""
    parts = text.split(".")
    return parts[1] if len(parts) == 4 and parts[0] == VERSION else ""


def _split(text: str, place: Place) -> tuple[str, bytes, bytes]:
    key_id = key_id_of(text)
    if not key_id:
        raise _unreadable(place)
    nonce, sealed = text.split(".")[2:]
    try:
        return key_id, _from_text(nonce), _from_text(sealed)
    except (ValueError, binascii.Error) as error:
        raise _unreadable(place) from error


def _unreadable(place: Place) -> SecretError:
    return SecretError(f"the secret {place.name} cannot be read: its record is damaged or was moved; set it again")


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_text(text: str) -> bytes:
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _to_text(data) != text:  # base64 ignores some bits of the last character; a changed text must not pass
        raise ValueError("not in canonical form")
    return data
