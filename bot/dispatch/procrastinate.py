"""Jobs done by any number of processes, handed out by procrastinate through PostgreSQL: ``ports.Dispatcher``.

The queue carries names only; what is to be done, and how often it was tried, stays in the inbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException, JobAborted
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job as QueueJob
from procrastinate.worker import Worker

from bot.dispatch.limits import Limits
from bot.dispatch.queue_schema import SEARCH_PATH, lay_out
from bot.dispatch.trying import Trying
from bot.dispatch.watch import Watch
from bot.domain.work import Job
from bot.errors import StorageError

CONNECTIONS = 4
"""Of one process, at most; one more listens, and one watches."""
POLL_SECONDS = 1.0
"""How often a worker looks for jobs that nobody announced: those that were put off."""
_FOR_EVER = 86_400.0
"""Seconds until a worker that ended without a word is forgotten; ``Watch`` takes its jobs up long before."""
_PAUSE = 1.0

log = logging.getLogger(__name__)


class _Again(Exception):
    """There is more to do about a job, after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:g} s")
        self.seconds = seconds


class _Holding(BaseRetryStrategy):
    """A job that is put off keeps its place, so that no later one of its lane overtakes it. So does one cut off."""

    def get_retry_decision(self, *, exception: BaseException, job: QueueJob) -> RetryDecision | None:
        """Every job comes again that did not return."""
        if isinstance(exception, (asyncio.CancelledError, JobAborted)):
            return RetryDecision(retry_in={"seconds": 0})
        pause = exception.seconds if isinstance(exception, _Again) else _PAUSE
        return RetryDecision(retry_in={"milliseconds": round(pause * 1000)})


class Procrastinate:
    """Hands jobs to the queue; with ``trying`` it does them as well. Get one from ``Procrastinate.open``."""

    def __init__(self, url: str, app: App, trying: Trying | None, limits: Limits) -> None:
        self._app = app
        self._trying = trying
        self._limits = limits
        self._watch = Watch(url)
        self._draining = False
        self._do = app.task(name="do", retry=_Holding())(self._attempt)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, trying: Trying | None, limits: Limits | None = None) -> AsyncIterator[Procrastinate]:
        """Connect to PostgreSQL, and make the queue's tables if need be. Raises StorageError."""
        await asyncio.to_thread(lay_out, url)
        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        connector = PsycopgConnector(
            conninfo=url, kwargs={"options": SEARCH_PATH}, min_size=1, max_size=CONNECTIONS, timeout=5.0
        )
        app = App(connector=connector)
        try:
            await app.open_async()
        except ConnectorException as error:
            raise StorageError("the queue in PostgreSQL cannot be reached; see that the server runs") from error
        try:
            yield cls(url, app, trying, limits or Limits())
        finally:
            await app.close_async()

    def begins_at_once(self, job: Job) -> bool:
        """Never: it goes by way of the queue."""
        return False

    def release(self, job: Job) -> None:
        """Nothing was held for it."""

    async def dispatch_begun(self, job: Job) -> None:
        """Like any other: whoever begins it counts that."""
        await self.dispatch(job)

    async def dispatch(self, job: Job) -> None:
        """Have a job that the inbox keeps done soon, by whichever process has time.

        If the queue does not answer, the job is found in the inbox later.
        """
        try:
            await self._do.configure(lock=job.lane).defer_async(key=job.key)
        except ConnectorException:
            log.warning("the queue does not answer: the job waits in the inbox", extra={"job": job.key})

    async def run(self, stop: asyncio.Event) -> None:
        """Do jobs until ``stop``, then let those under way end; what takes too long is cut off and done elsewhere."""
        if self._trying is None:
            await stop.wait()
            return
        watching = asyncio.create_task(self._watch.run(), name="queue watch")
        try:
            while not stop.is_set():
                await self._work(stop)
                with suppress(TimeoutError):  # it ended of its own: the server is away
                    await asyncio.wait_for(stop.wait(), _PAUSE)
        finally:
            watching.cancel()
            await asyncio.wait((watching,))

    async def _work(self, stop: asyncio.Event) -> None:
        """One worker, until ``stop`` or until it loses the server."""
        worker = Worker(
            self._app,
            concurrency=self._limits.side_by_side,
            fetch_job_polling_interval=POLL_SECONDS,
            shutdown_graceful_timeout=self._limits.drain_seconds,
            delete_jobs="always",
            install_signal_handlers=False,
            stalled_worker_timeout=_FOR_EVER,
            worker_middleware=[self._shown],
        )
        stopping = asyncio.create_task(self._stopped(worker, stop))
        try:
            await worker.run()  # type: ignore[no-untyped-call]
        except ConnectorException as error:
            log.warning("the queue is away: %s", error)
        finally:
            stopping.cancel()

    async def _shown(self, call: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
        """No job begins before others can see that its worker lives."""
        assert worker.worker_id is not None
        await self._watch.show(worker.worker_id)
        return await call()

    async def _attempt(self, key: str) -> None:
        """Try a job, after those that came before it in its lane and were queued after it."""
        assert self._trying is not None
        for each in (*await self._trying.inbox.ahead(key), key):
            if self._draining:  # a look at the queue that was under way may bring one more: it is for others
                raise _Again(0)
            pause = await self._trying.attempt(each)
            if pause is not None:
                raise _Again(pause)

    async def _stopped(self, worker: Worker, stop: asyncio.Event) -> None:
        await stop.wait()
        self._draining = True
        worker.stop()  # type: ignore[no-untyped-call]
