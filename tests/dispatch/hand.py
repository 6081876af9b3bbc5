"""A process that begins jobs and never ends one, to be killed: ``python -m tests.dispatch.hand <address>``."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.dispatch.procrastinate import Procrastinate
from bot.dispatch.trying import Trying
from bot.domain.work import Job
from bot.storage.storage import open_storage


async def work(url: str) -> None:
    """Print the key of each job that begins."""

    async def begin(job: Job) -> None:
        print(job.key, flush=True)
        await asyncio.Event().wait()

    async with open_storage(Path(), url) as storage:
        trying = Trying(storage.inbox, {"test.work": begin}, lambda: datetime.now(UTC))
        async with Procrastinate.open(url, trying) as dispatcher:
            await dispatcher.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
