"""The dispatcher of the one process, over a real database file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.adapters.chat.durable import Durable
from bot.dispatch.embedded import Embedded
from bot.dispatch.limits import FAILURES, PAUSES, Limits
from bot.dispatch.trying import Trying
from bot.domain.work import Job
from bot.errors import StorageError, TryLater
from bot.ports import GivenUp, Handler, PromptDispatcher
from bot.storage.database import Database, SqliteDatabase
from bot.storage.inbox import InboxRows
from bot.storage.storage import open_storage
from tests.dispatch.contract import AT, DispatcherContract, Process, Work, job, soon


class FaultyInbox(InboxRows):
    """New jobs wait for their gates to be kept; what is ``refused`` is not kept at all."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.refused: set[str] = set()
        self.gates: dict[str, asyncio.Event] = {}

    async def add(self, job: Job, *, begun: bool = False) -> bool:
        if gate := self.gates.get(job.key):
            await gate.wait()
        if job.key in self.refused:
            raise StorageError("The database is locked.")
        return await super().add(job, begun=begun)


class EmbeddedDesk:
    """Pauses pass at once and are noted."""

    def __init__(self, database: Database) -> None:
        self.inbox = InboxRows(database)
        self.faulty = FaultyInbox(database)
        self.pauses: list[float] = []

    @asynccontextmanager
    async def process(
        self, handlers: Mapping[str, Handler], given_up: Mapping[str, GivenUp], drain_seconds: float
    ) -> AsyncIterator[Process]:
        trying = Trying(self.inbox, handlers, lambda: AT, given_up)
        dispatcher = Embedded(trying, Limits(side_by_side=4, drain_seconds=drain_seconds), self._sleep)
        process = Process(dispatcher, asyncio.Event(), asyncio.Event())
        running = asyncio.create_task(dispatcher.run(process.stop))
        running.add_done_callback(lambda _: process.ended.set())
        try:
            yield process
        finally:
            process.stop.set()
            await soon(running)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[EmbeddedDesk]:
    path = tmp_path / "desk.db"
    async with open_storage(path):
        pass  # its tables are made
    async with SqliteDatabase.open(path) as database:
        yield EmbeddedDesk(database)


class TestEmbedded(DispatcherContract):
    async def test_pauses_grow_until_it_is_given_up(self, desk: EmbeddedDesk) -> None:
        work, told = Work(faults={"a": [RuntimeError("always") for _ in range(FAILURES)]}), Work()
        await desk.inbox.add(job("a"))
        async with desk.process({"test.work": work}, {"test.work": told}, 60):
            await told.until(lambda: told.ended == ["a"])
        assert desk.pauses == [*PAUSES, *PAUSES[-1:] * (FAILURES - 1 - len(PAUSES))]

    async def test_no_more_jobs_at_a_time_than_it_may(self, desk: EmbeddedDesk) -> None:
        keys = [f"job-{number}" for number in range(12)]
        gate = asyncio.Event()
        work = Work(gates=dict.fromkeys(keys, gate))
        for key in keys:
            await desk.inbox.add(job(key, lane=key))
        async with desk.process({"test.work": work}, {}, 60):
            await work.until(lambda: len(work.began) == 4)
            assert not work.ended
            gate.set()
            await work.until(lambda: len(work.ended) == len(keys))

    async def test_a_job_of_no_known_kind_stays_and_its_lane_goes_on(self, desk: EmbeddedDesk) -> None:
        work = Work()
        await desk.inbox.add(job("a", kind="strange"))
        await desk.inbox.add(job("b", place=1))
        async with desk.process({"test.work": work}, {}, 60):
            await work.until(lambda: work.ended == ["b"])
        assert [each.key for each in await desk.inbox.unfinished()] == ["a"]

    async def test_a_handler_that_cancels_itself_has_failed(self, desk: EmbeddedDesk) -> None:
        ended = asyncio.Event()

        async def handler(given: object) -> None:
            if not desk.pauses:
                raise asyncio.CancelledError
            ended.set()

        await desk.inbox.add(job("a"))
        async with desk.process({"test.work": handler}, {}, 60):
            await soon(ended.wait())
        assert desk.pauses == [PAUSES[0]]

    async def test_what_begins_at_once_is_kept_as_begun_and_changed_no_more(self, desk: EmbeddedDesk) -> None:
        work = Work(gates={"a": asyncio.Event()})
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.inbox, process.dispatcher)
            await _ready(process.dispatcher)
            await durable.take(job("a"))
            assert not await durable.revise("a", {"said": "too late"})
            await durable.take(job("b", place=1))
            assert await durable.revise("b", {"said": "in time"})
            work.gates["a"].set()
            await work.until(lambda: work.ended == ["a", "b"])
        assert [(each.payload, each.tries) for each in work.jobs] == [
            ({"said": "words of a"}, 0),
            ({"said": "in time"}, 0),
        ]

    async def test_of_simultaneous_jobs_of_a_lane_the_first_begins_at_once(self, desk: EmbeddedDesk) -> None:
        work = Work(gates={"a": asyncio.Event()})
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.inbox, process.dispatcher)
            await _ready(process.dispatcher)
            await asyncio.gather(durable.take(job("a")), durable.take(job("b", place=1)))
            assert not await durable.revise("a", {"said": "too late"})
            assert await durable.revise("b", {"said": "in time"})
            work.gates["a"].set()
            await work.until(lambda: work.ended == ["a", "b"])
        assert [each.payload["said"] for each in work.jobs] == ["words of a", "in time"]

    async def test_of_simultaneous_jobs_no_more_begin_at_once_than_it_may(self, desk: EmbeddedDesk) -> None:
        keys, gate = [f"job-{number}" for number in range(12)], asyncio.Event()
        work = Work(gates=dict.fromkeys(keys, gate))
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.inbox, process.dispatcher)
            await _ready(process.dispatcher)
            await asyncio.gather(*(durable.take(job(key, lane=key)) for key in keys))
            await work.until(lambda: len(work.began) == 4)
            assert [each.key for each in await desk.inbox.unfinished() if each.tries] == sorted(work.began)
            gate.set()
            await work.until(lambda: len(work.ended) == len(keys))
        assert {each.tries for each in work.jobs} == {0}

    async def test_what_could_not_be_kept_holds_neither_lane_nor_slot(self, desk: EmbeddedDesk) -> None:
        """Another of its lane came meanwhile; there are four slots."""
        work = Work()
        desk.faulty.refused = {f"lost-{number}" for number in range(5)}
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(desk.faulty, process.dispatcher)
            await _ready(process.dispatcher)
            for number in range(5):
                lane = f"lane-{number}"
                lost = job(f"lost-{number}", lane)
                desk.faulty.gates[lost.key] = asyncio.Event()
                losing = asyncio.create_task(durable.take(lost))
                await asyncio.sleep(0)
                await durable.take(job(f"kept-{number}", lane))
                desk.faulty.gates[lost.key].set()
                with pytest.raises(StorageError):
                    await losing
            await work.until(lambda: len(work.ended) == 5)
            assert not await durable.take(job("kept-0", lane="another")), "it is known"
            for number in range(5):
                await durable.take(job(f"more-{number}", lane=f"more-{number}"))
            await work.until(lambda: len(work.ended) == 10)

    async def test_what_is_cut_off_while_it_is_acknowledged_is_done_all_the_same(self, desk: EmbeddedDesk) -> None:
        work, telling = Work(), asyncio.Event()

        async def acknowledge() -> None:
            telling.set()
            await asyncio.Event().wait()

        async with desk.process({"test.work": work}, {}, 60) as process:
            await _ready(process.dispatcher)
            durable = Durable(desk.inbox, process.dispatcher)
            taking = asyncio.create_task(durable.take(job("a"), acknowledge))
            await soon(telling.wait())
            taking.cancel()
            await work.until(lambda: work.ended == ["a"])

    async def test_a_job_overtakes_none_of_its_lane_that_is_being_kept(self, desk: EmbeddedDesk) -> None:
        """The first came when all slots were taken; by the time of the second one is free."""
        gates = {key: asyncio.Event() for key in "abcd"}
        work, inbox = Work(gates=gates), desk.faulty
        async with desk.process({"test.work": work}, {}, 60) as process:
            durable = Durable(inbox, process.dispatcher)
            await _ready(process.dispatcher)
            await asyncio.gather(*(durable.take(job(key, lane=key)) for key in gates))
            written = inbox.gates["first"] = inbox.gates["second"] = asyncio.Event()
            first = asyncio.create_task(durable.take(job("first")))
            await asyncio.sleep(0)
            gates["a"].set()
            await work.until(lambda: work.ended == ["a"])
            await _ready(process.dispatcher)
            second = asyncio.create_task(durable.take(job("second", place=1)))
            await asyncio.sleep(0)
            written.set()
            await asyncio.gather(first, second)
            await work.until(lambda: work.ended == ["a", "first", "second"])
            for gate in gates.values():
                gate.set()

    async def test_a_pause_is_not_waited_for_once_the_process_is_to_end(self, desk: EmbeddedDesk) -> None:
        work = Work(gates={"a": asyncio.Event()}, faults={"a": [TryLater("not yet", 15)]})
        async with desk.process({"test.work": work}, {}, 60) as process:
            await Durable(desk.inbox, process.dispatcher).take(job("a"))
            await work.until(lambda: work.began == ["a"])
            process.stop.set()
            work.gates["a"].set()
            await soon(process.ended.wait())
        assert desk.pauses == []
        assert [each.cut_off for each in await desk.inbox.unfinished()] == [0]

    async def test_what_was_kept_as_begun_counts_as_cut_off_when_its_process_dies(self, desk: EmbeddedDesk) -> None:
        await desk.inbox.add(job("a"), begun=True)
        work = Work()
        async with desk.process({"test.work": work}, {}, 60):
            await work.until(lambda: work.ended == ["a"])
        assert [(each.tries, each.cut_off) for each in work.jobs] == [(1, 1)]

    async def test_nothing_begins_at_once_before_the_older_jobs_were_read(self, desk: EmbeddedDesk) -> None:
        assert not Embedded(Trying(desk.inbox, {}, lambda: AT)).begins_at_once(job("a"))


async def test_jobs_that_cannot_be_read_are_told_as_an_error_of_the_database(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    async with open_storage(path) as storage:
        with closing(sqlite3.connect(path)) as other:
            other.execute("ALTER TABLE inbox RENAME TO away")

        with pytest.raises(StorageError, match="no such table"):
            await Embedded(Trying(storage.inbox, {}, lambda: AT)).run(asyncio.Event())


async def _ready(dispatcher: PromptDispatcher) -> None:
    """Until the jobs of the process before were read, and a slot is free."""
    any_job = job("any", lane="free")
    while not dispatcher.begins_at_once(any_job):
        await asyncio.sleep(0)
    dispatcher.release(any_job)
