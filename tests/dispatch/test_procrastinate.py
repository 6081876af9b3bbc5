"""The dispatcher of many processes, over a real PostgreSQL."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from bot.adapters.chat.durable import Durable
from bot.dispatch.limits import Limits
from bot.dispatch.procrastinate import Procrastinate
from bot.dispatch.queue_schema import SCHEMA, lay_out
from bot.dispatch.trying import Trying
from bot.domain.work import Job
from bot.errors import StorageError
from bot.ports import GivenUp, Handler
from bot.storage.inbox import InboxRows
from bot.storage.storage import open_storage
from tests.dispatch.contract import AT, DispatcherContract, Process, Work, job, soon
from tests.fakes import Unhurried
from tests.postgres import Cluster

ROOT = Path(__file__).parents[2]


class ClusterDesk:
    """Each process has the connections that a real one would have."""

    def __init__(self, inbox: InboxRows, url: str) -> None:
        self.inbox = inbox
        self.url = url

    @asynccontextmanager
    async def process(
        self, handlers: Mapping[str, Handler], given_up: Mapping[str, GivenUp], drain_seconds: float
    ) -> AsyncIterator[Process]:
        trying = Trying(self.inbox, handlers, lambda: AT, given_up)
        async with Procrastinate.open(self.url, trying, Limits(4, drain_seconds)) as dispatcher:
            process = Process(dispatcher, asyncio.Event(), asyncio.Event())
            running = asyncio.create_task(dispatcher.run(process.stop))
            running.add_done_callback(lambda _: process.ended.set())
            try:
                yield process
            finally:
                process.stop.set()
                await soon(running)


@pytest.fixture
async def desk(postgres_url: str) -> AsyncIterator[ClusterDesk]:
    lay_out(postgres_url)
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"TRUNCATE {SCHEMA}.procrastinate_jobs, {SCHEMA}.procrastinate_workers CASCADE".encode())
    async with open_storage(Path(), postgres_url) as storage:
        yield ClusterDesk(storage.inbox, postgres_url)


class TestProcrastinate(DispatcherContract):
    async def test_what_a_killed_process_was_at_is_done_by_another_in_order(self, desk: ClusterDesk) -> None:
        dying = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.dispatch.hand", desk.url, stdout=asyncio.subprocess.PIPE, cwd=ROOT
        )
        assert dying.stdout
        await Durable(desk.inbox, Nobody()).take(job("a"))
        assert await soon(dying.stdout.readline()) == b"a\n"
        dying.kill()
        await soon(dying.wait())
        work = Work()
        async with desk.process({"test.work": work}, {}, 60) as process:
            await Durable(desk.inbox, process.dispatcher).take(job("b", place=1))
            await work.until(lambda: work.ended == ["a", "b"])
        assert [(each.tries, each.failures, each.cut_off) for each in work.jobs] == [(1, 0, 1), (0, 0, 0)]

    async def test_a_lane_keeps_its_order_in_two_processes(self, desk: ClusterDesk) -> None:
        work, keys = Work(), [f"job-{number:02d}" for number in range(20)]
        handlers = {"test.work": work}
        async with desk.process(handlers, {}, 60) as process, desk.process(handlers, {}, 60) as other:
            for place, key in enumerate(keys):
                await Durable(desk.inbox, (process, other)[place % 2].dispatcher).take(job(key, place=place))
            await work.until(lambda: len(work.ended) == len(keys))
        assert work.ended == work.began == keys

    async def test_a_job_that_never_reached_the_queue_is_done_before_those_that_came_later(
        self, desk: ClusterDesk
    ) -> None:
        await Durable(desk.inbox, Nobody()).take(job("a"))
        async with Procrastinate.open(desk.url, None) as elsewhere:
            await Durable(desk.inbox, elsewhere).take(job("b", place=1))
        work = Work()
        async with desk.process({"test.work": work}, {}, 60):
            await work.until(lambda: work.ended == ["a", "b"])
        assert work.began == ["a", "b"]

    async def test_what_reaches_a_process_that_drains_goes_back_to_the_queue(self, desk: ClusterDesk) -> None:
        await Durable(desk.inbox, Nobody()).take(job("a"))  # found on the way to b
        work = Work(gates={"a": asyncio.Event()})
        async with desk.process({"test.work": work}, {}, 60) as process:
            await Durable(desk.inbox, process.dispatcher).take(job("b", place=1))
            await work.until(lambda: work.began == ["a"])
            process.stop.set()
            work.gates["a"].set()
            await soon(process.ended.wait())
        assert work.began == work.ended == ["a"]
        async with desk.process({"test.work": work}, {}, 60):
            await work.until(lambda: work.ended == ["a", "b"])
        assert [(each.tries, each.failures) for each in work.jobs] == [(0, 0), (0, 0)]

    async def test_the_server_may_be_started_anew(self, desk: ClusterDesk, cluster: Cluster) -> None:
        work = Work()
        async with desk.process({"test.work": work}, {}, 60) as process:
            await Durable(desk.inbox, process.dispatcher).take(job("a"))
            await work.until(lambda: work.ended == ["a"])
            cluster.stop()
            taking = asyncio.create_task(Durable(desk.inbox, process.dispatcher).take(job("b", place=1)))
            cluster.start()
            assert await soon(taking)
            await work.until(lambda: work.ended == ["a", "b"])

    async def test_nothing_stays_in_the_queue(self, desk: ClusterDesk) -> None:
        work = Work(faults={"b": [RuntimeError("once")]})
        async with desk.process({"test.work": work}, {}, 60) as process:
            for key in "abc":
                await Durable(desk.inbox, process.dispatcher).take(job(key, lane=key))
            await work.until(lambda: sorted(work.ended) == ["a", "b", "c"])
            await soon(_emptied(desk.url))


async def _emptied(url: str) -> None:
    """Return once the queue holds nothing. It is asked again and again: the server tells nobody of what goes."""
    count = f"SELECT count(*) FROM {SCHEMA}.procrastinate_jobs".encode()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while await (await connection.execute(count)).fetchone() != (0,):
            await asyncio.sleep(0.05)


class Nobody(Unhurried):
    """Loses what it is to hand out, as a process does that dies at that moment."""

    async def dispatch(self, job: Job) -> None:
        """Not at all."""


def test_of_many_that_start_at_once_one_makes_the_queue(cluster: Cluster) -> None:
    url = cluster.create()
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lay_out, [url] * 4)) == 1


def test_a_queue_that_cannot_be_reached_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="the queue's tables cannot be made") as raised:
        lay_out(f"postgresql://desk:hush@/desk?host={tmp_path}")

    assert "hush" not in str(raised.value)
