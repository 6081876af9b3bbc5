"""Schedules and ticks on both databases: who fires is decided here."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.message import Platform
from bot.domain.post import Address, Compose, Delivery, PostWhen
from bot.domain.schedule import Tick, TickState
from bot.domain.work import Job
from bot.ports import Firing
from bot.storage.storage import Storage
from tests.scheduling.desk import MONDAY, schedule

SLOT = MONDAY + timedelta(hours=1)


def firing(schedule_id: str = "sla", slot: datetime = SLOT) -> Firing:
    job = Job(f"schedule/{schedule_id}/{slot:%H%M}", "schedule.fire", f"schedule/{schedule_id}", {}, slot)
    return Firing(Tick(schedule_id, slot, TickState.CLAIMED), job, slot)


async def test_a_schedule_comes_back_as_it_was_kept(storage: Storage) -> None:
    to = (Address(Platform.SLACK, "C1", "17.2"), Address(Platform.DISCORD, "7", person=True))
    delivery = Delivery(to, Compose.TEMPLATE, "{{ output }}", PostWhen.CHANGED, to[1], 5)
    kept = replace(schedule(), name="Montag · 月曜日", parameters={"n": 2.5, "on": True}, delivery=delivery)

    await storage.schedules.add(kept)

    assert await storage.schedules.get("sla") == kept
    assert await storage.schedules.get("other") is None
    assert [standing.schedule for standing in await storage.schedules.all()] == [kept]


async def test_each_change_comes_once_and_in_order(storage: Storage) -> None:
    rows = storage.schedules
    for name in ("a", "b", "c"):
        await rows.add(schedule(name))
    first = await rows.changes(0, 2)
    rest = await rows.changes(first[-1].version, 10)
    assert [one.id for one in (*first, *rest)] == ["a", "b", "c"]
    assert await rows.changes(rest[-1].version, 10) == []

    assert await rows.pause("a")
    assert await rows.remove("b")
    assert await rows.resume("a", SLOT)
    paused, removed = sorted(await rows.changes(rest[-1].version, 10), key=lambda one: one.id)
    assert paused.schedule
    assert (paused.schedule.enabled, paused.schedule.since) == (True, SLOT)
    assert removed.schedule is None
    assert not await rows.pause("b")
    assert not await rows.remove("none")


async def test_changes_made_at_once_all_get_numbers_of_their_own(storage: Storage) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(storage.schedules.add(schedule(f"s{number}")))

    versions = [standing.version for standing in await storage.schedules.changes(0, 100)]
    assert versions == sorted(set(versions))
    assert len(versions) == 20


async def test_a_tick_and_its_job_are_kept_once_and_together(storage: Storage) -> None:
    won = [await storage.schedules.fire([firing(), firing("other")], taker, SLOT) for taker in ("x", "y")]

    assert [len(jobs) for jobs in won] == [2, 0]
    assert {job.key for job in await storage.inbox.unfinished()} == {job.key for job in won[0]}


async def test_only_what_is_new_is_won(storage: Storage) -> None:
    await storage.schedules.fire([firing("b")], "x", SLOT)
    await storage.schedules.note([Tick("c", SLOT, TickState.MISSED, "late")], SLOT)

    won = await storage.schedules.fire([firing(name) for name in "abcd"], "y", SLOT)

    assert {job.lane for job in won} == {"schedule/a", "schedule/d"}
    (noted,) = await storage.schedules.latest("c", 5)
    assert (noted.state, noted.reason) == (TickState.MISSED, "late")


async def test_a_run_that_goes_on_holds_the_next_one_back(storage: Storage) -> None:
    (job,) = await storage.schedules.fire([firing()], "x", SLOT)
    later = SLOT + timedelta(minutes=5)

    assert await storage.schedules.fire([firing(slot=later)], "y", later) == []
    await storage.inbox.settle(job.key, later)
    assert len(await storage.schedules.fire([firing(slot=later + timedelta(minutes=5))], "z", later)) == 1

    states = [tick.state for tick in await storage.schedules.latest("sla", 5)]
    assert states == [TickState.CLAIMED, TickState.SKIPPED, TickState.CLAIMED]


async def test_what_was_asked_for_is_told_until_it_is_taken(storage: Storage) -> None:
    await storage.schedules.add(schedule())
    await storage.schedules.ask("sla", SLOT)
    (standing,) = await storage.schedules.changes(0, 5)
    assert standing.asked == SLOT

    await storage.schedules.fire([firing()], "x", SLOT)
    (standing,) = await storage.schedules.changes(0, 5)
    assert (standing.asked, standing.last) == (None, SLOT)


async def test_how_a_tick_ended_is_kept(storage: Storage) -> None:
    await storage.schedules.fire([firing()], "x", SLOT)

    await storage.schedules.settle(Tick("sla", SLOT, TickState.FAILED, "timed out"), SLOT)

    assert await storage.schedules.latest("sla", 5) == [Tick("sla", SLOT, TickState.FAILED, "timed out")]


async def test_old_ticks_go_but_never_the_last_of_a_schedule(storage: Storage) -> None:
    slots = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    await storage.schedules.note([Tick("sla", slot, TickState.MISSED) for slot in slots], SLOT)

    assert await storage.schedules.forget(SLOT) == 2
    assert [tick.slot for tick in await storage.schedules.latest("sla", 5)] == slots[-1:]


async def test_a_removed_schedule_takes_its_ticks_along(storage: Storage) -> None:
    await storage.schedules.add(schedule())
    await storage.schedules.fire([firing()], "x", SLOT)

    await storage.schedules.remove("sla")

    assert await storage.schedules.latest("sla", 5) == []
