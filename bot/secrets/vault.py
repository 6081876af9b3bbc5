"""The vault: sets, lists and deletes secrets, and reveals values to those who run actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.errors import SecretError
from bot.ports import Clock, NewId
from bot.secrets.cipher import Encryption, Place
from bot.secrets.rules import check_name, cleaned


class SecretRow(Protocol):
    """One stored secret."""

    @property
    def id(self) -> str:
        """Fresh each time the value is set."""

    @property
    def name(self) -> str: ...

    @property
    def ciphertext(self) -> str: ...

    @property
    def created_at(self) -> datetime: ...

    @property
    def updated_at(self) -> datetime: ...


class SecretRows(Protocol):
    """Where the vault keeps its rows. Errors of the store are StorageErrors."""

    async def all(self) -> Sequence[SecretRow]:
        """All rows, sorted by name."""
        ...

    async def named(self, names: Sequence[str]) -> Sequence[SecretRow]:
        """The rows of those names that exist."""
        ...

    async def ids(self) -> Sequence[str]:
        """The ids alone, sorted."""
        ...

    async def put(self, row_id: str, name: str, ciphertext: str, at: datetime) -> None:
        """Insert, or give the secret of that name a new id and ciphertext."""
        ...

    async def remove(self, name: str) -> bool:
        """Delete it; says whether it was there."""
        ...


class Kept(StrEnum):
    """Where a secret is kept."""

    STORE = "store"
    ENVIRONMENT = "environment"
    """Given from outside when the service started; read-only here."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What may be shown of a secret (F087)."""

    name: str
    kept: Kept
    created_at: datetime | None = None
    updated_at: datetime | None = None
    readable: bool = True
    """False when its record is damaged or under another key: it must be set again."""


class Vault:
    """``ports.Secrets`` and ``ports.SecretNames`` over encrypted rows and values given from outside.

    ``overlay`` values stand before stored ones of the same name. Raises SecretError for one that breaks a rule.
    """

    def __init__(
        self,
        rows: SecretRows,
        cipher: Encryption,
        *,
        now: Clock,
        new_id: NewId,
        overlay: Mapping[str, str] | None = None,
    ) -> None:
        self._rows = rows
        self._cipher = cipher
        self._now = now
        self._new_id = new_id
        self._overlay = {name: _checked(name, value) for name, value in (overlay or {}).items()}
        self._seen: dict[str, None] = dict.fromkeys(self._overlay.values())

    @property
    def handed_out(self) -> int:
        """How many different values this process has held so far; grows when one comes that is new to it."""
        return len(self._seen)

    async def reveal(self, names: Sequence[str]) -> Mapping[str, str]:
        """Values of those that exist; a missing name is left out. Raises SecretError if one cannot be read."""
        stored = [name for name in names if name not in self._overlay]
        rows = await self._rows.named(stored) if stored else ()
        found = {row.name: self._open(row) for row in rows}
        self._remember(found.values())
        return {**found, **{name: self._overlay[name] for name in names if name in self._overlay}}

    async def names(self) -> Sequence[str]:
        """All names, sorted."""
        return sorted({row.name for row in await self._rows.all()} | self._overlay.keys())

    async def listing(self) -> Sequence[Listed]:
        """All secrets, sorted by name; never their values."""
        stored = {row.name: self._listed(row) for row in await self._rows.all()}
        given = {name: Listed(name, Kept.ENVIRONMENT) for name in self._overlay}
        return sorted({**stored, **given}.values(), key=lambda listed: listed.name)

    async def set(self, name: str, value: str) -> None:
        """Keep a value, in place of the one it had. Raises SecretError if name or value is not acceptable."""
        value = _checked(name, value)
        self._refuse_given(name)
        row_id = self._new_id()
        self._remember([value])
        await self._rows.put(row_id, name, self._cipher.encrypt(value, Place(name, row_id)), self._now())

    async def delete(self, name: str) -> bool:
        """Delete for good; False if there was none. The caller disables the actions that used it (F086)."""
        self._refuse_given(name)
        return await self._rows.remove(name)

    async def version(self) -> str:
        """Differs whenever any stored secret was set or deleted, by whatever process."""
        return ",".join(await self._rows.ids())

    async def maskable(self) -> Mapping[str, str]:
        """Every value that must not be seen, under labels: all stored ones, and all this process ever held.

        A run in flight may still print a value that was replaced or deleted since. A record that cannot be read is
        left out: what nobody can reveal, nobody can leak.
        """
        self._remember([value for row in await self._rows.all() if (value := self._try_open(row)) is not None])
        return {str(number): value for number, value in enumerate(self._seen)}

    def _remember(self, values: Iterable[str]) -> None:
        self._seen.update(dict.fromkeys(values))

    def _refuse_given(self, name: str) -> None:
        if name in self._overlay:
            raise SecretError(f"{name} is given by the environment of the service; change it there")

    def _open(self, row: SecretRow) -> str:
        return self._cipher.decrypt(row.ciphertext, Place(row.name, row.id))

    def _try_open(self, row: SecretRow) -> str | None:
        try:
            return self._open(row)
        except SecretError:
            return None

    def _listed(self, row: SecretRow) -> Listed:
        return Listed(row.name, Kept.STORE, row.created_at, row.updated_at, self._try_open(row) is not None)


def _checked(name: str, value: str) -> str:
    check_name(name)
    return cleaned(name, value)
