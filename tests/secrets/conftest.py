"""A vault over a fresh database for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.secrets.vault import Vault
from tests.secrets.samples import open_vault


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
async def vault(path: Path) -> AsyncIterator[Vault]:
    async with open_vault(path) as opened:
        yield opened
