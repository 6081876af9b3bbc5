"""Vaults over a real database, and clocks and ids that a test can foresee."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.ports import Clock, NewId
from bot.secrets.cipher import Cipher
from bot.secrets.vault import Vault
from bot.storage.storage import open_storage

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = bytes(range(32))
CIPHER = Cipher({"key1": KEY}, "key1")


def ticking() -> Clock:
    """A clock that goes a minute further each time it is read."""
    minutes = itertools.count()
    return lambda: NOON + timedelta(minutes=next(minutes))


def counting(prefix: str = "id") -> NewId:
    """Ids in order."""
    numbers = itertools.count()
    return lambda: f"{prefix}-{next(numbers):04}"


@asynccontextmanager
async def open_vault(
    path: Path, cipher: Cipher = CIPHER, overlay: Mapping[str, str] | None = None, process: str = "a"
) -> AsyncIterator[Vault]:
    """The vault as one process has it; ``process`` keeps the ids of several apart."""
    async with open_storage(path) as storage:
        yield Vault(storage.secrets, cipher, now=ticking(), new_id=counting(process), overlay=overlay)
