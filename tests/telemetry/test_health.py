"""Whether a process is ready, and what the pages tell to whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.errors import StorageError
from bot.telemetry.health import KEPT, Health
from bot.telemetry.metrics import Metrics
from bot.telemetry.pages import Pages, served


class Watch:
    """Monotonic time that moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def well() -> str:
    return ""


async def locked() -> str:
    raise StorageError("another process holds the database")


async def never() -> str:
    await asyncio.Event().wait()
    return ""


async def nothing() -> None:
    """There is nothing to look up."""


@asynccontextmanager
async def operators(health: Health, token: str = "") -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    async with (
        served(Pages(health, Metrics(), nothing, token), "127.0.0.1", 0) as port,
        aiohttp.ClientSession() as session,
    ):
        yield f"http://127.0.0.1:{port}", session


async def test_it_is_ready_when_every_part_is() -> None:
    health = Health(Watch())
    health.add("database", well)
    health.watch("slack", lambda: True, "Slack is not connected")

    found = await health.readiness()

    assert found.ready
    assert found.problems == {"database": "", "slack": ""}


async def test_each_part_tells_what_is_wrong_with_it_in_words() -> None:
    health = Health(Watch(), patience=0.01)
    health.add("database", locked)
    health.add("scheduler", never)
    health.watch("slack", lambda: False, "Slack is not connected")

    found = await health.readiness()

    assert not found.ready
    assert found.problems == {
        "database": "another process holds the database",
        "scheduler": "no answer within 0.01 s",
        "slack": "Slack is not connected",
    }


async def test_a_task_that_ended_is_missed() -> None:
    watch, stop = Watch(), asyncio.Event()
    health = Health(watch)

    async def work() -> None:
        await stop.wait()

    task = asyncio.create_task(work())
    health.watch_task("schedules", task)
    assert (await health.readiness()).ready

    stop.set()
    await task
    watch.now += KEPT + 1
    assert (await health.readiness()).problems == {"schedules": "nobody does this any more"}


async def test_a_flood_of_questions_asks_the_parts_once() -> None:
    watch, asked = Watch(), list[int]()
    health = Health(watch)

    async def counted() -> str:
        asked.append(1)
        return ""

    health.add("database", counted)
    await asyncio.gather(*(health.readiness() for _ in range(100)))
    assert len(asked) == 1

    watch.now += KEPT + 1
    await health.readiness()
    assert len(asked) == 2


async def test_a_process_that_ends_is_alive_and_not_ready() -> None:
    health = Health(Watch())
    health.draining = True
    async with operators(health) as (url, session):
        async with session.get(f"{url}/readyz") as ready:
            assert ready.status == 503
            assert await ready.json() == {"status": "not ready", "parts": {"process": "it is ending"}}
        async with session.get(f"{url}/healthz") as alive:
            assert alive.status == 200


async def test_details_and_measures_are_for_the_holder_of_the_token() -> None:
    health = Health(Watch())
    health.add("database", locked)
    key = {"Authorization": "Bearer open-sesame"}
    async with operators(health, "open-sesame") as (url, session):
        async with session.get(f"{url}/readyz") as stranger:
            assert (stranger.status, await stranger.json()) == (503, {"status": "not ready"})
        async with session.get(f"{url}/readyz", headers=key) as holder:
            assert (await holder.json())["parts"] == {"database": "another process holds the database"}
        async with session.get(f"{url}/metrics") as stranger:
            assert stranger.status == 401
        async with session.get(f"{url}/metrics", headers=key) as holder:
            assert holder.status == 200
            assert "inbox_oldest_unfinished_seconds" in await holder.text()


async def test_a_port_that_is_taken_is_an_os_error() -> None:
    health = Health(Watch())
    pages = Pages(health, Metrics(), nothing)
    async with served(pages, "127.0.0.1", 0) as port:
        with pytest.raises(OSError, match="in use"):
            async with served(pages, "127.0.0.1", port):
                pass
