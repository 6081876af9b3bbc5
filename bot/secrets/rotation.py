"""Moves what is stored from old keys to the current one, row by row; stopped at any point, it can go on from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.errors import SecretError
from bot.secrets.cipher import Encryption, Place, key_id_of


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One stored ciphertext and where it belongs."""

    place: Place
    text: str = field(repr=False)


class SealedRows(Protocol):
    """All stored ciphertexts of one kind. Errors of the store are StorageErrors."""

    kind: str
    """What people call one of them."""

    async def all(self) -> Sequence[SealedRow]: ...

    async def exchange(self, row: SealedRow, text: str) -> bool:
        """Put another ciphertext of the same value in its place, unless the row changed meanwhile; says which."""
        ...

    async def remove(self, row: SealedRow) -> object:
        """Delete it."""
        ...


@dataclass(slots=True)
class Moved:
    """What a rotation did."""

    rows: int = 0
    lost: list[str] = field(default_factory=list)
    """Rows that no known key opens, such as ``secret STRIPE_API_KEY``."""


async def used_keys(families: Sequence[SealedRows]) -> set[str]:
    """The ids of all keys that something is stored under."""
    return {key for family in families for row in await family.all() if (key := key_id_of(row.text))}


async def unreadable(families: Sequence[SealedRows], cipher: Encryption | None) -> list[tuple[SealedRows, SealedRow]]:
    """The rows that do not open; without a cipher all."""
    rows = [(family, row) for family in families for row in await family.all()]
    return [(family, row) for family, row in rows if cipher is None or _opened(cipher, row) is None]


async def move(families: Sequence[SealedRows], cipher: Encryption) -> Moved:
    """Encrypt under the current key all that is under another, each row in a transaction of its own.

    A row that another process sets meanwhile is looked at again. Raises StorageError; what is done by then is done.
    """
    moved = Moved()
    while await _pass(families, cipher, moved):
        pass
    return moved


async def _pass(families: Sequence[SealedRows], cipher: Encryption, moved: Moved) -> bool:
    """Once over all rows; whether a row changed under our hands, so that another look is due."""
    again, moved.lost = False, []
    for family in families:
        for row in await family.all():
            if key_id_of(row.text) == cipher.current:
                continue
            value = _opened(cipher, row)
            if value is None:
                moved.lost.append(f"{family.kind} {row.place.name}")
            elif await family.exchange(row, cipher.encrypt(value, row.place)):
                moved.rows += 1
            else:
                again = True
    return again


def _opened(cipher: Encryption, row: SealedRow) -> str | None:
    try:
        return cipher.decrypt(row.text, row.place)
    except SecretError:
        return None
