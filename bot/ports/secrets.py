"""Secret values, and how they are kept out of every text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Secrets(Protocol):
    """Secret values by name. Only the actions wing holds this port."""

    async def reveal(self, names: Sequence[str]) -> Mapping[str, str]:
        """Values of those that exist; a missing name is left out. Raises SecretError if one cannot be read."""
        ...


class SecretNames(Protocol):
    """The names alone, for those who must know whether a secret exists."""

    async def names(self) -> Sequence[str]:
        """All names, sorted."""
        ...


class MaskStream(Protocol):
    """Masks text that comes in pieces; a secret cut by a border is masked all the same."""

    def feed(self, piece: str) -> str:
        """What can be shown so far; may hold back a tail."""
        ...

    def finish(self) -> str:
        """The rest."""
        ...


class Masker(Protocol):
    """Takes every known secret, raw or encoded, out of a text (F084)."""

    def mask(self, text: str) -> str: ...

    def stream(self) -> MaskStream: ...


class Sealing(Protocol):
    """Encrypts for one place: what was sealed for one context does not open in another."""

    def encrypt(self, value: str, context: str) -> str: ...

    def decrypt(self, text: str, context: str) -> str:
        """Undo ``encrypt``. Raises SecretError."""
        ...


class Masking(Protocol):
    """Gives the masker for the secrets as they are now."""

    async def current(self) -> Masker: ...
