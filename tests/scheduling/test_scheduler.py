"""What is due is fired once, whatever the clock, the store and other processes do. No test waits for a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.schedule import TickState
from bot.domain.work import Job
from bot.errors import StorageError
from bot.ports import Firing
from bot.scheduling.alarm import Alarm
from bot.scheduling.scheduler import Pace
from bot.storage.schedules import ScheduleRows
from bot.storage.storage import Storage, open_storage
from tests.scheduling.desk import MONDAY, HandClock, Listed, finish, schedule, scheduler, states


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    async with open_storage(tmp_path / "desk.db") as opened:
        yield opened


async def test_it_fires_in_the_local_minute_and_once(storage: Storage) -> None:
    clock, fired = HandClock(), Listed()
    await storage.schedules.add(schedule())
    one = scheduler(storage.schedules, clock, fired)

    await one.look()
    clock.forward(minutes=59, seconds=59)
    await one.look()
    assert fired.keys == []

    clock.forward(seconds=1)
    await one.look()
    await one.look()
    assert fired.keys == ["schedule/sla/2026-11-23T08:00Z"]
    (kept,) = await storage.inbox.unfinished()
    assert (kept.kind, kept.lane) == ("schedule.fire", "schedule/sla")
    told = {"schedule": "sla", "slot": "2026-11-23T08:00:00+00:00", "by_hand": False, "run": "one00001"}
    assert kept.payload == told
    assert await states(storage) == [("11-23 08:00", TickState.CLAIMED)]


async def test_it_sleeps_until_the_next_time_but_never_for_long(storage: Storage) -> None:
    clock = HandClock(MONDAY.replace(hour=7, minute=59, second=59, microsecond=500_000))
    await storage.schedules.add(schedule())
    one = scheduler(storage.schedules, clock, Listed())

    assert await one.look() == timedelta(seconds=0.5)
    clock.forward(hours=-1)
    assert await one.look() == Pace().look


@pytest.mark.parametrize(
    ("day", "before", "slots"),
    [
        ("spring", datetime(2026, 3, 28, 12, tzinfo=UTC), ["03-29 01:30", "03-30 00:30"]),
        ("autumn", datetime(2026, 10, 24, 12, tzinfo=UTC), ["10-25 00:30", "10-26 01:30"]),
    ],
)
async def test_both_clock_changes_fire_a_daily_time_once(
    storage: Storage, day: str, before: datetime, slots: list[str]
) -> None:
    clock, fired = HandClock(before), Listed()
    await storage.schedules.add(schedule(cron="30 2 * * *", created_at=before))
    one = scheduler(storage.schedules, clock, fired)

    for _ in range(42 * 60):
        clock.forward(minutes=1)
        if clock.now.minute % 15 == 0:
            await one.look()
            await finish(storage, fired.jobs, clock)

    assert [slot for slot, _ in await states(storage)] == slots


async def test_a_process_that_was_away_makes_up_for_one_time_within_the_window(storage: Storage) -> None:
    clock, fired = HandClock(), Listed()
    await storage.schedules.add(schedule(cron="*/5 * * * *"))
    clock.forward(hours=3, minutes=7)

    await scheduler(storage.schedules, clock, fired).look()

    assert fired.keys == ["schedule/sla/2026-11-23T10:05Z"]


async def test_what_is_too_late_is_recorded_as_missed(storage: Storage) -> None:
    clock, fired = HandClock(), Listed()
    await storage.schedules.add(schedule())
    clock.forward(hours=1, minutes=11)
    one = scheduler(storage.schedules, clock, fired)

    await one.look()
    (tick,) = await storage.schedules.latest("sla", 5)
    assert fired.keys == []
    assert tick.state is TickState.MISSED
    assert "11 minutes later" in tick.reason

    clock.forward(days=7, minutes=-11)
    await one.look()
    assert fired.keys == ["schedule/sla/2026-11-30T08:00Z"]


async def test_a_restart_fires_nothing_again(storage: Storage) -> None:
    clock, fired = HandClock(), Listed()
    await storage.schedules.add(schedule())
    clock.forward(hours=1)
    await scheduler(storage.schedules, clock, fired).look()
    clock.forward(minutes=2)

    await scheduler(storage.schedules, clock, fired, "two").look()

    assert len(fired.jobs) == 1


async def test_a_run_that_goes_on_has_the_next_one_skipped(storage: Storage) -> None:
    clock, fired = HandClock(), Listed()
    await storage.schedules.add(schedule(cron="* * * * *"))
    one = scheduler(storage.schedules, clock, fired)

    clock.forward(minutes=1)
    await one.look()
    clock.forward(minutes=1)
    await one.look()
    await finish(storage, fired.jobs, clock)
    clock.forward(minutes=1)
    await one.look()

    assert [state for _, state in await states(storage)] == [TickState.CLAIMED, TickState.SKIPPED, TickState.CLAIMED]
    assert (await storage.schedules.latest("sla", 2))[1].reason == "the run before it still goes on"


async def test_a_pause_skips_and_a_resume_catches_nothing_up(storage: Storage) -> None:
    clock, fired = HandClock(), Listed()
    await storage.schedules.add(schedule(cron="*/5 * * * *"))
    one = scheduler(storage.schedules, clock, fired)
    await one.look()
    await storage.schedules.pause("sla")
    clock.forward(minutes=5)
    await one.look()
    assert await states(storage) == [("11-23 07:05", TickState.SKIPPED)]

    clock.forward(minutes=8)
    await storage.schedules.resume("sla", clock())
    await scheduler(storage.schedules, clock, fired, "two").look()
    assert fired.keys == []
    clock.forward(minutes=2)
    await one.look()
    assert fired.keys == ["schedule/sla/2026-11-23T07:15Z"]


async def test_changes_of_another_process_are_seen_at_the_next_look(storage: Storage) -> None:
    clock, fired = HandClock(), Listed()
    one = scheduler(storage.schedules, clock, fired, pace=Pace(batch=2))
    await one.look()

    for number in range(5):
        await storage.schedules.add(schedule(f"s{number}", created_at=clock()))
    await one.look()
    assert set(one.agenda.plans) == {"s0", "s1", "s2", "s3", "s4"}

    await storage.schedules.remove("s2")
    await one.look()
    assert set(one.agenda.plans) == {"s0", "s1", "s3", "s4"}
    clock.forward(hours=1)
    await one.look()
    assert len(fired.jobs) == 4


async def test_one_asked_for_by_hand_runs_once_even_while_paused(storage: Storage) -> None:
    clock, fired, other = HandClock(), Listed(), Listed()
    await storage.schedules.add(schedule())
    await storage.schedules.pause("sla")
    replicas = [scheduler(storage.schedules, clock, fired), scheduler(storage.schedules, clock, other, "two")]
    await storage.schedules.ask("sla", clock())

    for one in replicas * 2:
        await one.look()

    assert fired.keys == ["schedule/sla/2026-11-23T07:00Z/00.000000"]
    assert other.keys == []
    assert fired.jobs[0].payload["by_hand"] is True


async def test_a_clock_put_forward_for_a_while_neither_silences_nor_doubles(storage: Storage) -> None:
    clock, fired = HandClock(), Listed()
    await storage.schedules.add(schedule(cron="0 * * * *"))
    one = scheduler(storage.schedules, clock, fired)
    await one.look()

    clock.forward(days=365)
    await one.look()
    await finish(storage, fired.jobs, clock)
    clock.forward(days=-365)
    await one.look()
    clock.forward(hours=1)
    await one.look()

    assert fired.keys == ["schedule/sla/2027-11-23T07:00Z", "schedule/sla/2026-11-23T08:00Z"]


async def test_a_clock_put_back_does_not_fire_the_same_slot_again(storage: Storage) -> None:
    clock, fired = HandClock(), Listed()
    await storage.schedules.add(schedule())
    one = scheduler(storage.schedules, clock, fired)
    clock.forward(hours=1)
    await one.look()
    await finish(storage, fired.jobs, clock)

    clock.forward(hours=-1)
    await one.look()
    clock.forward(hours=1, minutes=1)
    await one.look()

    assert len(fired.jobs) == 1


async def test_jitter_starts_later_within_its_bound_and_the_same_everywhere(storage: Storage) -> None:
    clock, fired = HandClock(), Listed()
    for number in range(20):
        await storage.schedules.add(schedule(f"s{number}", jitter=300))
    one, two = scheduler(storage.schedules, clock, fired), scheduler(storage.schedules, clock, Listed(), "two")
    await one.look()
    await two.look()
    clock.forward(hours=1)

    begun: list[int] = []
    for _ in range(301):
        await one.look()
        begun.append(len(fired.jobs))
        clock.forward(seconds=1)

    assert begun[-1] == 20
    assert 0 < begun[150] < 20
    assert all("T08:00Z" in key for key in fired.keys)


async def test_a_bad_row_does_not_stop_the_others(
    storage: Storage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, fired = HandClock(), Listed()
    await storage.schedules.add(schedule("zone", zone="Mars/Olympus"))
    await storage.schedules.add(schedule("cron", cron="99 * * * *"))
    await storage.schedules.add(schedule("text", zone="../../etc/passwd"))
    await storage.schedules.add(schedule("good"))
    clock.forward(hours=1)

    await scheduler(storage.schedules, clock, fired).look()

    assert fired.keys == ["schedule/good/2026-11-23T08:00Z"]
    assert sum("schedule left out" in record.message for record in caplog.records) == 3


async def test_three_schedulers_fire_each_of_a_hundred_times_once(storage: Storage) -> None:
    clock, lists = HandClock(), [Listed(), Listed(), Listed()]
    for number in range(20):
        await storage.schedules.add(schedule(f"s{number}", "* * * * *"))
    replicas = [scheduler(storage.schedules, clock, fired, f"r{place}-") for place, fired in enumerate(lists)]

    for _ in range(5):
        clock.forward(minutes=1)
        async with asyncio.TaskGroup() as group:
            for one in replicas:
                group.create_task(one.look())
        await finish(storage, await storage.inbox.unfinished(), clock)

    keys = [key for fired in lists for key in fired.keys]
    assert len(keys) == len(set(keys)) == 100


class _Away(ScheduleRows):
    """A store that takes nothing for a while."""

    fault: Exception | None = None

    async def fire(self, firings: Sequence[Firing], taker: str, at: datetime) -> Sequence[Job]:
        if self.fault:
            raise self.fault
        return await super().fire(firings, taker, at)


@pytest.mark.parametrize("fault", [StorageError("the database is locked"), ValueError("a fault of our own")])
async def test_a_database_that_was_away_loses_no_time(storage: Storage, fault: Exception) -> None:
    clock, fired, store = HandClock(), Listed(), _Away(storage.schedules.database)
    await store.add(schedule())
    stop, rung, rests = asyncio.Event(), asyncio.Event(), asyncio.Semaphore(0)

    async def wait(seconds: float) -> None:
        rests.release()
        await rung.wait()
        rung.clear()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(scheduler(store, clock, fired, wait=wait).run(stop))
        await rests.acquire()
        clock.forward(hours=1)
        store.fault = fault
        rung.set()
        await rests.acquire()
        assert fired.keys == []
        clock.forward(seconds=30)
        store.fault = None
        rung.set()
        await rests.acquire()
        assert fired.keys == ["schedule/sla/2026-11-23T08:00Z"]
        stop.set()


async def test_the_alarm_rings_and_ends() -> None:
    with Alarm() as alarm:
        async with asyncio.timeout(60):
            await alarm.wait(0)
            await alarm.wait(0.01)
        waiting = asyncio.ensure_future(alarm.wait(3600))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
