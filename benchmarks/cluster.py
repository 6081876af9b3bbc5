"""Two workers against one on PostgreSQL, and how soon a job begins. Prints JSON; exits 1 when a bound is missed.

A job is the writes of a turn. Two workers and the server need cores of their own: the ratio counts from four on.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.dispatch.procrastinate import Procrastinate
from bot.dispatch.trying import Trying
from bot.domain.audit import AuditEvent
from bot.domain.message import ConversationId, Message, Platform
from bot.domain.person import Sender
from bot.domain.work import Job
from bot.records import utc_now
from bot.storage.inbox import InboxRows
from bot.storage.storage import open_storage
from tests.postgres import Cluster

MOST_START_MS, LEAST_RATIO, CORES = 15.0, 1.5, 4
JOBS, LANES, SERIAL = 400, 50, 100
_NOWHERE = Path()


def job(number: int) -> Job:
    return Job(f"job-{number:05d}", "bench", f"lane-{number % LANES}", {"number": number}, utc_now())


async def work(url: str, stop: asyncio.Event) -> None:
    """One worker."""
    async with open_storage(_NOWHERE, url) as storage:

        async def turn(given: Job) -> None:
            place = ConversationId(Platform.WEB, given.lane)
            await storage.turns.begin(Message(given.key, place, Sender("U1"), "Where is it?", given.at), given.key)
            await storage.turns.recent(str(place), 10)
            for step in ("planned", "run", "answered"):
                await storage.audit.record(AuditEvent(utc_now(), "U1", step, given.key))

        async with Procrastinate.open(url, Trying(storage.inbox, {"bench": turn}, utc_now)) as dispatcher:
            await dispatcher.run(stop)


async def until_stopped(url: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await work(url, stop)


async def start_ms(url: str) -> float:
    """Median from handing a job out to its begin, one at a time."""
    begun, took, stop = asyncio.Event(), list[float](), asyncio.Event()

    async def begin(_: Job) -> None:
        begun.set()

    async with open_storage(_NOWHERE, url) as storage:
        trying = Trying(storage.inbox, {"bench": begin}, utc_now)
        async with Procrastinate.open(url, trying) as dispatcher, asyncio.TaskGroup() as group:
            group.create_task(dispatcher.run(stop))
            for number in range(SERIAL):
                await storage.inbox.add(job(number))
                handed = time.perf_counter()
                await dispatcher.dispatch(job(number))
                await begun.wait()
                took.append((time.perf_counter() - handed) * 1000)
                begun.clear()
            stop.set()
    return statistics.median(took[10:])


async def turns_per_second(url: str, workers: int) -> float:
    """All jobs wait before the first worker is ready; the start of the processes does not count."""
    async with open_storage(_NOWHERE, url) as storage, Procrastinate.open(url, None) as dispatcher:
        command = (sys.executable, "-m", "benchmarks.cluster", url)
        processes = [subprocess.Popen(command) for _ in range(workers)]  # noqa: ASYNC220 - it returns at once
        await storage.inbox.add(warm := job(99_999))
        await dispatcher.dispatch(warm)
        await _done(storage.inbox)
        await asyncio.sleep(3)  # the other worker is up as well
        for number in range(JOBS):
            await storage.inbox.add(job(number))
        begun = time.perf_counter()
        for number in range(JOBS):
            await dispatcher.dispatch(job(number))
        await _done(storage.inbox)
        rate = JOBS / (time.perf_counter() - begun)
        for process in processes:
            process.terminate()
        for process in processes:
            await asyncio.to_thread(process.wait)
    return rate


async def _done(inbox: InboxRows) -> None:
    while (await inbox.backlog())[0]:  # noqa: ASYNC110 - it is another process that does them
        await asyncio.sleep(0.02)


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="desk-pg-", dir="/tmp"))
    server = Cluster(folder, durable=True)
    server.start()
    try:
        start = asyncio.run(start_ms(server.create()))
        one, two = (asyncio.run(turns_per_second(server.create(), workers)) for workers in (1, 2))
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder)
    cores = os.cpu_count() or 1
    figures = {"start_p50_ms": start, "one_worker_per_s": one, "two_workers_per_s": two, "ratio": two / one}
    print(json.dumps({name: round(value, 2) for name, value in figures.items()} | {"cores": cores}))
    return int(start > MOST_START_MS or (cores >= CORES and two / one < LEAST_RATIO))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(until_stopped(sys.argv[1]))
        sys.exit()
    sys.exit(main())
