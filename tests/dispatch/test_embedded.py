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
from bot.errors import StorageError
from bot.ports import GivenUp, Handler, PromptDispatcher
from bot.storage.inbox import InboxRows
from bot.storage.storage import open_storage
from tests.dispatch.contract import AT, DispatcherContract, Process, Work, job, soon


class EmbeddedDesk:
    """Pauses pass at once and are noted."""

    def __init__(self, inbox: InboxRows) -> None:
        self.inbox = inbox
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
    async with open_storage(tmp_path / "desk.db") as storage:
        yield EmbeddedDesk(storage.inbox)


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
            await _reads_on(process.dispatcher)
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


async def _reads_on(dispatcher: PromptDispatcher) -> None:
    """Until the jobs of the process before were read."""
    while not dispatcher.begins_at_once(job("any", lane="free")):
        await asyncio.sleep(0)
