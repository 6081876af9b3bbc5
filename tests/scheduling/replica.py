"""One scheduler as a process of its own: for each line of standard input, a time, it looks once and tells its jobs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import datetime
from pathlib import Path

from bot.storage.storage import open_storage
from tests.scheduling.desk import HandClock, Listed, scheduler


async def main(url: str) -> None:
    async with open_storage(Path("unused"), url) as storage:
        clock, fired = HandClock(), Listed()
        one = scheduler(storage.schedules, clock, fired, f"p{os.getpid()}-")
        print(json.dumps("ready"), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            clock.now = datetime.fromisoformat(line.strip())
            fired.jobs.clear()
            await one.look()
            print(json.dumps(fired.keys), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
