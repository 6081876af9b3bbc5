"""A fresh database for each test: a file, and for the stores a PostgreSQL, too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.storage import Storage, open_storage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "desk.db"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of stores runs on both databases, unless it opens the file itself."""
    named = metafunc.definition._fixtureinfo.argnames
    if "url" in named or ("storage" in named and "path" not in named):
        metafunc.parametrize("url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """Of PostgreSQL; empty for SQLite."""
    on_server = getattr(request, "param", "") == "postgres"
    return str(request.getfixturevalue("postgres_url")) if on_server else ""


@pytest.fixture
async def storage(path: Path, url: str) -> AsyncIterator[Storage]:
    async with open_storage(path, url) as opened:
        yield opened
