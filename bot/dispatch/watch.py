"""Keeps jobs from being lost with a process: shows that this worker lives, and takes up what dead ones left.

A worker that lives holds an advisory lock, which the server lets go of the moment its process dies; and it writes down
the time. It counts as dead only if it does neither: a slow worker still holds its lock, and one whose connection broke
still writes. So nobody takes a job from a worker that is at it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import psycopg

from bot.dispatch.queue_schema import SEARCH_PATH

PERIOD = 2.0
"""Seconds from one look to the next."""
SILENCE = 5.0
"""Seconds after which a worker that holds no lock is dead."""
_AFTER_START = 10.0
"""Seconds that workers have to take their locks again once the server itself was started."""
_LOCKS = 0x6465_736B
"""The family of advisory locks; within it each worker has its number."""

_BEAT = "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %s"
_TAKE_UP = """
UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1, scheduled_at = now() WHERE id IN (
    SELECT jobs.id FROM procrastinate_jobs AS jobs LEFT JOIN procrastinate_workers AS workers
        ON workers.id = jobs.worker_id
    WHERE jobs.status = 'doing' AND pg_postmaster_start_time() < now() - make_interval(secs => %(after_start)s)
    AND (workers.id IS NULL OR (
        workers.last_heartbeat < now() - make_interval(secs => %(silence)s)
        AND NOT EXISTS (
            SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = %(locks)s
            AND objid = workers.id AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )
    ))
    FOR UPDATE OF jobs SKIP LOCKED
)
"""
# Kept in the inbox, but not in the queue: a process died between the two. Whoever holds the lock adds them for all.
_ALONE = "SELECT pg_try_advisory_xact_lock(%s, 0)"
_FIND = """
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args)
SELECT 'default', 'do', lane, jsonb_build_object('key', key) FROM inbox
WHERE state IN ('waiting', 'begun') AND NOT EXISTS (
    SELECT 1 FROM procrastinate_jobs AS jobs WHERE jobs.args ->> 'key' = inbox.key AND jobs.status IN ('todo', 'doing')
) ORDER BY at, key
"""

log = logging.getLogger(__name__)


class Watch:
    """One of these runs in each process that does jobs, on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._worker: int | None = None
        self._shown: int | None = None
        self._due = asyncio.Event()
        self._alive = asyncio.Condition()

    async def show(self, worker: int) -> None:
        """Returns once others can see that this worker lives."""
        if self._worker != worker:
            self._worker = worker
            self._due.set()
        if self._shown != worker:
            async with self._alive:
                await self._alive.wait_for(lambda: self._shown == worker)

    async def run(self) -> None:
        """Until cancelled; a connection that breaks is made anew."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5, options=SEARCH_PATH
                ) as connection:
                    await self._look_after(connection)
            except psycopg.Error as error:
                log.warning("the queue is not watched: %s", str(error).partition("\n")[0])
            self._shown = None
            await asyncio.sleep(PERIOD / 2)

    async def _look_after(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            self._due.clear()
            if (worker := self._worker) is not None:
                await self._show_life(connection, worker)
            given = {"after_start": _AFTER_START, "silence": SILENCE, "locks": _LOCKS}
            await connection.execute(_TAKE_UP, given)
            await _find_lost(connection)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), PERIOD)

    async def _show_life(self, connection: psycopg.AsyncConnection, worker: int) -> None:
        """The lock may still be that of our own broken connection; that shows life as well."""
        if self._shown != worker:
            await connection.execute("SELECT pg_advisory_unlock_all()")
            await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LOCKS, worker))
        await connection.execute(_BEAT, (worker,))
        async with self._alive:
            self._shown = worker
            self._alive.notify_all()


async def _find_lost(connection: psycopg.AsyncConnection) -> None:
    async with connection.transaction():
        alone = await (await connection.execute(_ALONE, (_LOCKS,))).fetchone()
        if alone and alone[0]:
            await connection.execute(_FIND)
