"""Three schedulers as real processes over one PostgreSQL, one of them killed while all three fire."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.schedule import TickState
from bot.storage.storage import Storage, open_storage
from tests.scheduling.desk import MONDAY, schedule

ROOT = Path(__file__).parents[2]
SCHEDULES, TICKS = 20, 5


async def start(url: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.scheduling.replica", url, stdin=PIPE, stdout=PIPE, cwd=ROOT
    )


async def told(process: Process) -> object:
    """Its next answer; nothing if it is dead."""
    assert process.stdout
    line = await process.stdout.readline()
    return json.loads(line) if line else []


def tell(process: Process, time: datetime) -> None:
    assert process.stdin
    process.stdin.write(f"{time.isoformat()}\n".encode())


async def settle_all(storage: Storage, now: datetime) -> list[str]:
    """What a dispatcher does, whichever process fired: every kept job is done."""
    jobs = await storage.inbox.unfinished()
    for job in jobs:
        await storage.inbox.settle(job.key, now)
    return [job.key for job in jobs]


async def test_three_processes_fire_each_time_once_though_one_is_killed(postgres_url: str, tmp_path: Path) -> None:
    async with asyncio.timeout(180), open_storage(tmp_path / "unused", postgres_url) as storage:
        for number in range(SCHEDULES):
            await storage.schedules.add(schedule(f"s{number}", "* * * * *"))
        replicas = [await start(postgres_url) for _ in range(3)]
        try:
            assert [await told(one) for one in replicas] == ["ready"] * 3
            done = list[str]()
            for minute in range(1, TICKS + 1):
                now = MONDAY + timedelta(minutes=minute)
                for one in replicas:
                    tell(one, now)
                if minute == 3:
                    replicas[0].kill()
                await asyncio.gather(*map(told, replicas))
                if minute == 3:
                    await replicas.pop(0).wait()
                done += await settle_all(storage, now)
        finally:
            for one in replicas:
                with suppress(ProcessLookupError):
                    one.kill()
                await one.wait()
        ticks = [tick for n in range(SCHEDULES) for tick in await storage.schedules.latest(f"s{n}", 100)]

    assert len(done) == len(set(done)) == SCHEDULES * TICKS
    assert len(ticks) == SCHEDULES * TICKS
    assert {tick.state for tick in ticks} == {TickState.CLAIMED}
