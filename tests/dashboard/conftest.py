"""Real rows and a real web server; what runs the actions is a double."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.storage import Storage, open_storage
from tests.dashboard.desk import Desk, opened


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    async with open_storage(tmp_path / "desk.db") as found:
        yield found


@pytest.fixture
async def desk(storage: Storage) -> AsyncIterator[Desk]:
    async with opened(storage) as found:
        yield found
