"""The database of a run: a file that the service makes itself, or a PostgreSQL of its own."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.postgres import Cluster


@asynccontextmanager
async def open_database(driver: str) -> AsyncIterator[str]:
    """The address of a fresh PostgreSQL with our tables; empty for the embedded driver."""
    if driver == "embedded":
        yield ""
        return
    folder = Path(tempfile.mkdtemp(prefix="desk-pg-", dir="/tmp"))
    cluster = await asyncio.to_thread(Cluster, folder)
    cluster.start()  # not in a thread: it ends with the thread that started it
    try:
        url = cluster.create()
        yield url
    finally:
        await asyncio.to_thread(cluster.stop, signal.SIGQUIT)
        shutil.rmtree(folder)
