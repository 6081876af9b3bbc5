"""Encryption of what must not be read from the database."""

from __future__ import annotations

from typing import Protocol


class Sealing(Protocol):
    """Encryption bound to a context: sealed for one, a text does not open in another."""

    def encrypt(self, value: str, context: str) -> str:
        """Letters, digits, ``-``, ``_`` and dots."""
        ...

    def decrypt(self, text: str, context: str) -> str:
        """Raises SecretError."""
        ...
