"""What every dispatcher keeps to, whatever carries the names of its jobs.

A driver's tests take ``DispatcherContract`` over and give it a ``desk``: how its dispatcher is opened and its process
is ended. No test waits for a time: each waits for what must come, and fails by ``soon``'s limit if it does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from bot.adapters.chat.durable import Durable
from bot.dispatch.limits import CUT_OFF, FAILURES
from bot.domain.work import Job
from bot.errors import TryLater
from bot.ports import GivenUp, Handler, PromptDispatcher
from bot.storage.inbox import InboxRows

T = TypeVar("T")
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


async def soon(awaited: Awaitable[T]) -> T:
    """The limit is generous: a loaded machine is slow, a broken dispatcher never comes."""
    async with asyncio.timeout(120):
        return await awaited


@dataclass(slots=True)
class Process:
    """One process that works."""

    dispatcher: PromptDispatcher
    stop: asyncio.Event
    """Set, it drains."""
    ended: asyncio.Event


class Desk(Protocol):
    """A driver and the database that outlives its processes."""

    inbox: InboxRows

    def process(
        self, handlers: Mapping[str, Handler], given_up: Mapping[str, GivenUp], drain_seconds: float
    ) -> AbstractAsyncContextManager[Process]:
        """A process from its start; leaving the block stops it and waits."""
        ...


@dataclass(slots=True)
class Work:
    """A handler under the test's eyes: tells what began and ended, and waits where it is told to."""

    began: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    faults: dict[str, list[Exception]] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, job: Job) -> None:
        await self._tell(self.began, job)
        if gate := self.gates.get(job.key):
            await gate.wait()
        if faults := self.faults.get(job.key):
            raise faults.pop(0)
        await self._tell(self.ended, job)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with self.changed:
            await soon(self.changed.wait_for(condition))

    async def _tell(self, where: list[str], job: Job) -> None:
        async with self.changed:
            if where is self.began:
                self.jobs.append(job)
            where.append(job.key)
            self.changed.notify_all()


def job(key: str, lane: str = "lane", kind: str = "test.work", place: int = 0) -> Job:
    return Job(key, kind, lane, {"said": f"words of {key}"}, AT.replace(microsecond=place))


class DispatcherContract:
    """Taken over by the tests of each driver."""

    async def test_a_job_is_done_once_and_settled(self, desk: Desk) -> None:
        work = Work()
        async with desk.process({"test.work": work}, {}, 60) as process:
            assert await Durable(desk.inbox, process.dispatcher).take(job("a"))
            await work.until(lambda: work.ended == ["a"])
        assert work.jobs[0].payload == {"said": "words of a"}
        assert await desk.inbox.begin("a") is None

    async def test_a_twin_is_ignored_before_while_and_after_it_is_done(self, desk: Desk) -> None:
        work = Work(gates={"a": asyncio.Event()})
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.inbox, process.dispatcher)
            assert sum(await asyncio.gather(*(durable.take(job("a")) for _ in range(50)))) == 1
            await work.until(lambda: work.began == ["a"])
            assert not await durable.take(job("a"))
            work.gates["a"].set()
            await work.until(lambda: work.ended == ["a"])
            assert not await durable.take(job("a"))
            await durable.take(job("b"))
            await work.until(lambda: "b" in work.ended)
        assert work.began == ["a", "b"]

    async def test_jobs_of_a_lane_are_done_in_the_order_in_which_they_came(self, desk: Desk) -> None:
        work, keys = Work(), [f"job-{number:02d}" for number in range(20)]
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.inbox, process.dispatcher)
            for place, key in enumerate(keys):
                await durable.take(job(key, place=place))
            await work.until(lambda: len(work.ended) == len(keys))
        assert work.ended == work.began == keys

    async def test_the_next_of_a_lane_waits_and_another_lane_does_not(self, desk: Desk) -> None:
        work = Work(gates={"a1": asyncio.Event()})
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.inbox, process.dispatcher)
            for number, (key, lane) in enumerate((("a1", "a"), ("a2", "a"), ("b1", "b"))):
                await durable.take(job(key, lane, place=number))
            await work.until(lambda: work.ended == ["b1"])
            assert "a2" not in work.began
            work.gates["a1"].set()
            await work.until(lambda: work.ended == ["b1", "a1", "a2"])

    async def test_what_an_earlier_process_left_is_done_at_the_start_and_knows_that_it_was_begun(
        self, desk: Desk
    ) -> None:
        for place, key in enumerate(("cut off", "never begun")):
            await desk.inbox.add(job(key, place=place))
        await desk.inbox.begin("cut off")
        work = Work()
        async with desk.process({"test.work": work}, {}, 60):
            await work.until(lambda: work.ended == ["cut off", "never begun"])
        assert [(each.tries, each.failures, each.cut_off) for each in work.jobs] == [(1, 0, 1), (0, 0, 0)]

    async def test_a_failed_job_is_tried_again_and_holds_its_lane(self, desk: Desk) -> None:
        work = Work(faults={"a": [RuntimeError("once")]})
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.inbox, process.dispatcher)
            for place, key in enumerate(("a", "b")):
                await durable.take(job(key, place=place))
            await work.until(lambda: work.ended == ["a", "b"])
        assert work.began == ["a", "a", "b"]
        assert [(each.tries, each.failures) for each in work.jobs] == [(0, 0), (1, 1), (0, 0)]

    async def test_a_job_put_off_comes_again_and_did_not_fail(self, desk: Desk) -> None:
        work = Work(faults={"a": [TryLater("not yet", 0.01), TryLater("not yet", 0.01)]})
        async with desk.process({"test.work": work}, {}, 60) as process:
            await Durable(desk.inbox, process.dispatcher).take(job("a"))
            await work.until(lambda: work.ended == ["a"])
        assert [(each.tries, each.failures, each.cut_off) for each in work.jobs] == [(0, 0, 0), (1, 0, 0), (2, 0, 0)]

    async def test_a_job_that_keeps_failing_is_given_up_and_its_lane_goes_on(self, desk: Desk) -> None:
        await desk.inbox.add(job("a"))
        for _ in range(FAILURES - 1):
            await desk.inbox.begin("a")
            await desk.inbox.put_off("a", failed=True)
        await desk.inbox.add(job("b", place=1))
        work, told = Work(faults={"a": [RuntimeError("always")]}), Work()
        async with desk.process({"test.work": work}, {"test.work": told}, 60):
            await work.until(lambda: work.ended == ["b"])
        assert work.began == ["a", "b"]
        assert told.ended == ["a"]
        assert not await desk.inbox.unfinished()

    async def test_tries_cut_off_are_no_failures_up_to_a_bound(self, desk: Desk) -> None:
        for place, (key, times) in enumerate((("often", CUT_OFF - 1), ("poison", CUT_OFF))):
            await desk.inbox.add(job(key, key, place=place))
            for _ in range(times):
                await desk.inbox.begin(key)
        work, told = Work(), Work()
        async with desk.process({"test.work": work}, {"test.work": told}, 60):
            await work.until(lambda: work.ended == ["often"])
            await told.until(lambda: told.ended == ["poison"])
        assert work.began == ["often"]

    async def test_a_question_revised_in_time_is_done_as_revised_and_later_as_it_was(self, desk: Desk) -> None:
        work = Work(gates={"a": asyncio.Event()})
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.inbox, process.dispatcher)
            for place, key in enumerate(("a", "b")):
                await durable.take(job(key, place=place))
            await work.until(lambda: work.began == ["a"])
            assert not await durable.revise("a", {"said": "too late"})
            assert await durable.revise("b", {"said": "in time"})
            work.gates["a"].set()
            await work.until(lambda: work.ended == ["a", "b"])
        assert [each.payload["said"] for each in work.jobs] == ["words of a", "in time"]

    async def test_drain_lets_work_under_way_end_and_begins_nothing_new(self, desk: Desk) -> None:
        work = Work(gates={"a": asyncio.Event()})
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.inbox, process.dispatcher)
            for place, key in enumerate(("a", "b")):
                await durable.take(job(key, place=place))
            await work.until(lambda: work.began == ["a"])
            process.stop.set()
            work.gates["a"].set()
            await soon(process.ended.wait())
        assert work.ended == ["a"]
        assert [each.key for each in await desk.inbox.unfinished()] == ["b"]

    async def test_a_job_put_off_while_the_process_drains_is_for_the_next_one(self, desk: Desk) -> None:
        work = Work(gates={"a": asyncio.Event()}, faults={"a": [TryLater("not yet", 0.01)]})
        async with desk.process({"test.work": work}, {}, 600) as process:
            await Durable(desk.inbox, process.dispatcher).take(job("a"))
            await work.until(lambda: work.began == ["a"])
            process.stop.set()
            work.gates["a"].set()
            await soon(process.ended.wait())
        assert work.began == ["a"]
        async with desk.process({"test.work": work}, {}, 60):
            await work.until(lambda: work.ended == ["a"])
        assert [(each.tries, each.failures, each.cut_off) for each in work.jobs] == [(0, 0, 0), (1, 0, 0)]

    async def test_a_lane_expects_something_from_the_moment_it_comes_in_until_it_is_done(self, desk: Desk) -> None:
        work = Work(gates={"a": asyncio.Event()})
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.inbox, process.dispatcher)
            taking = asyncio.create_task(durable.take(job("a")))
            await asyncio.sleep(0)
            elsewhere = Durable(desk.inbox, process.dispatcher)
            assert await durable.expects("lane"), "its write is under way"
            await taking
            assert await elsewhere.expects("lane")
            await work.until(lambda: work.began == ["a"])
            assert await elsewhere.expects("lane")
            assert not await elsewhere.expects("lane/stop")
            work.gates["a"].set()
            await work.until(lambda: work.ended == ["a"])
        assert not await durable.expects("lane")

    async def test_what_takes_longer_than_the_drain_is_cut_off_and_done_by_the_next_process(self, desk: Desk) -> None:
        work = Work(gates={"a": asyncio.Event()})
        async with desk.process({"test.work": work}, {}, 0) as process:
            await Durable(desk.inbox, process.dispatcher).take(job("a"))
            await work.until(lambda: work.began == ["a"])
        assert work.ended == []
        work.gates["a"].set()
        async with desk.process({"test.work": work}, {}, 60):
            await work.until(lambda: work.ended == ["a"])
        assert [each.tries for each in work.jobs] == [0, 1]
