"""The database of a run: a file that the service makes itself, or a PostgreSQL of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def open_database(driver: str) -> AsyncIterator[str]:
    """The address of a fresh PostgreSQL; empty for the embedded driver."""
    if driver == "embedded":
        yield ""
        return
    raise NotImplementedError("the cluster lands later")
