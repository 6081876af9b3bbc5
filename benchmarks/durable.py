"""Durable turns over SQLite with synchronous=FULL: stored before acknowledged, dispatched, answered, settled.

Bounds: at least 150 turns a second stored and answered by a stub model and action; with 20 a second acknowledged (kept
on disk) within 100 ms at the 99th percentile; 10,000 that wait within 500 MB. Prints one JSON object; exits 1 when a
bound is missed.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.turns import built, unwatched
from bot.adapters.chat.durable import Durable
from bot.conversation.engine import Engine
from bot.dispatch.embedded import Embedded
from bot.dispatch.trying import Trying
from bot.domain.message import ConversationId, Message, Platform
from bot.domain.work import Job
from bot.records import utc_now
from bot.storage.storage import open_storage
from tests.fakes import ALEX

TURNS, ROOMS, PACED, A_SECOND, WAITING = 2_000, 50, 200, 20, 10_000
LEAST_TURNS, MOST_MILLISECONDS, MOST_MEGABYTES = 150.0, 100.0, 500.0


@dataclass(slots=True)
class Desk:
    """The engine behind an inbox, as the service puts them together."""

    durable: Durable
    left: int = 0
    done: asyncio.Event | None = None

    async def take(self, key: str, room: int) -> float:
        """Keep one question; seconds until it was on disk."""
        begun = time.perf_counter()
        await self.durable.take(Job(key, "bench", f"room-{room}", {"text": "look it up" * 20}, utc_now()))
        return time.perf_counter() - begun


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    async with open_storage(folder / "bench.db") as storage, asyncio.TaskGroup() as group:
        engine: Engine = built(storage)

        async def answer(job: Job) -> None:
            place = ConversationId(Platform.WEB, job.lane)
            await engine.handle(Message(job.key, place, ALEX, "look it up", job.at), unwatched)
            opened.left -= 1
            if not opened.left and opened.done:
                opened.done.set()

        dispatcher = Embedded(Trying(storage.inbox, {"bench": answer}, utc_now))
        opened, stop = Desk(Durable(storage.inbox, dispatcher)), asyncio.Event()
        group.create_task(dispatcher.run(stop))
        yield opened
        stop.set()


async def rate(opened: Desk) -> float:
    """Turns a second, all of them asked as fast as they are kept."""
    opened.left, opened.done = TURNS, asyncio.Event()
    begun = time.perf_counter()
    for start in range(0, TURNS, ROOMS):
        await asyncio.gather(*(opened.take(f"r{start + room}", room) for room in range(ROOMS)))
    await opened.done.wait()
    return TURNS / (time.perf_counter() - begun)


async def paced(opened: Desk) -> float:
    """The 99th percentile of acknowledgements, in milliseconds, at a steady pace."""
    opened.left, opened.done = PACED, asyncio.Event()
    taken, begun = [], time.perf_counter()
    for number in range(PACED):
        await asyncio.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
        taken.append(asyncio.create_task(opened.take(f"p{number}", number % ROOMS)))
    times = sorted(await asyncio.gather(*taken))
    await opened.done.wait()
    return times[int(len(times) * 0.99)] * 1000


async def waiting(opened: Desk) -> float:
    """Megabytes of this process at its most, after as many questions as may wait in one conversation each."""
    opened.left, opened.done = WAITING, asyncio.Event()
    for start in range(0, WAITING, 1_000):
        await asyncio.gather(*(opened.take(f"w{start + number}", start + number) for number in range(1_000)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure(folder: Path) -> dict[str, float]:
    async with desk(folder) as opened:
        turns, acknowledged = await rate(opened), await paced(opened)
        megabytes = await waiting(opened)
        return {
            "turns_per_second": round(turns, 1),
            "ack_p99_ms": round(acknowledged, 2),
            "megabytes_with_10000_waiting": round(megabytes, 1),
        }


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder)))
    print(json.dumps(figures))
    slow = figures["turns_per_second"] < LEAST_TURNS or figures["ack_p99_ms"] > MOST_MILLISECONDS
    return int(slow or figures["megabytes_with_10000_waiting"] > MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
