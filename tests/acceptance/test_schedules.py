"""Schedules in the built service: what is set up in one process fires in another, its run is in the history."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.app import open_service
from bot.domain.post import Delivery, Fired
from bot.domain.schedule import TickState
from bot.records import open_records
from bot.schedules import Draft, Timetable
from bot.timekeeping import keep_time, open_firing
from tests.acceptance.conftest import settings

PATIENCE = 120.0
"""Seconds; a failure, not a measure."""


@dataclass
class Handed:
    """Takes what fired."""

    fired: asyncio.Queue[Fired] = field(default_factory=asyncio.Queue)

    async def hand_over(self, fired: Fired, delivery: Delivery) -> None:
        self.fired.put_nowait(fired)


def orders(when: str = "0 9 29 2 *") -> Draft:
    return Draft("order-status", when, "Europe/Berlin", {"order_id": "12345"}, "Orders")


@pytest.mark.usefixtures("quiet_environment")
async def test_what_is_asked_for_elsewhere_runs_here_and_is_kept(tmp_path: Path) -> None:
    given, handed, stop = settings(tmp_path, sandbox="off"), Handed(), asyncio.Event()
    async with asyncio.timeout(PATIENCE), open_service(given) as service, asyncio.TaskGroup() as group:
        open_firing(service, handed)
        group.create_task(service.work.dispatcher.run(stop))
        group.create_task(keep_time(service, stop))
        async with open_records(given) as elsewhere:
            schedule = await Timetable(elsewhere).add(orders())
            await Timetable(elsewhere).ask("orders")
        fired = await handed.fired.get()
        while (await service.records.storage.inbox.unfinished()) != []:
            await asyncio.sleep(0.01)
        (tick,) = await service.records.storage.schedules.latest(schedule.id, 5)
        (run,) = await service.records.storage.runs.latest(5)
        stop.set()

    assert (fired.title, fired.zone, fired.planned) == ("Orders", "Europe/Berlin", None)
    assert "TRANSIT" in fired.results[0].output
    assert tick.state is TickState.DONE
    assert (run.trigger, run.action, run.conversation) == ("schedule", "order-status", f"schedule:{schedule.id}")
