"""Jobs that are to be done once: ``ports.Inbox``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, or_, select, update

from bot.domain.action import Json
from bot.domain.work import Job
from bot.storage import codec
from bot.storage.database import Database
from bot.storage.statements import insert_each_once, insert_once
from bot.storage.tables import inbox

_WAITING, _BEGUN, _DONE, _FAILED = "waiting", "begun", "done", "failed"
_OPEN = inbox.c.state.in_((_WAITING, _BEGUN))
_ANY = select(inbox.c.key).where(inbox.c.key == bindparam("wanted"))
_ONE = select(inbox).where(inbox.c.key == bindparam("wanted"), _OPEN)
_HERE = inbox.alias()
_AHEAD = (
    select(inbox.c.key)
    .join(_HERE, _HERE.c.lane == inbox.c.lane)
    .where(_HERE.c.key == bindparam("wanted"), _OPEN)
    .where(or_(inbox.c.at < _HERE.c.at, and_(inbox.c.at == _HERE.c.at, inbox.c.key < _HERE.c.key)))
    .order_by(inbox.c.at, inbox.c.key)
)
_UNSETTLED = select(inbox.c.key).where(inbox.c.lane == bindparam("wanted"), _OPEN).limit(1)
_UNFINISHED = select(inbox).where(_OPEN).order_by(inbox.c.at, inbox.c.key)
_BEGIN = (
    update(inbox)
    .where(inbox.c.key == bindparam("wanted"), _OPEN)
    .values(state=_BEGUN, tries=inbox.c.tries + 1)
)  # fmt: skip
_REVISE = (
    update(inbox)
    .where(inbox.c.key == bindparam("wanted"), inbox.c.state == _WAITING)
    .values(payload=bindparam("given"))
)
_PUT_OFF = (
    update(inbox)
    .where(inbox.c.key == bindparam("wanted"), inbox.c.state == _BEGUN)
    .values(failures=inbox.c.failures + bindparam("failed"), put_off=inbox.c.put_off + bindparam("excused"))
)
_SETTLE = (
    update(inbox)
    .where(inbox.c.key == bindparam("wanted"), _OPEN)
    .values(state=bindparam("ended"), settled_at=bindparam("moment"), failure=bindparam("why"))
)
_BACKLOG = select(func.count(), func.min(inbox.c.at)).select_from(inbox).where(_OPEN)
_LANES = select(inbox.c.lane).where(inbox.c.lane.in_(bindparam("lanes", expanding=True)), _OPEN)
_FORGET = delete(inbox).where(inbox.c.state.in_((_DONE, _FAILED)), inbox.c.settled_at < bindparam("before"))


class InboxRows:
    """One row for each job; it stays a while after the job is settled, so that a late twin is known."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, job: Job, *, begun: bool = False) -> bool:
        """Keep it; False, and nothing kept, if one of that key is known."""
        row = {**_row(job), "state": _BEGUN, "tries": 1} if begun else _row(job)
        return await self._database.write(lambda connection: insert_once(connection, inbox, row))

    async def revise(self, key: str, payload: Mapping[str, Json]) -> bool:
        """Give a job that was not begun yet another payload."""
        given = {"wanted": key, "given": json.dumps(payload)}
        return await self._database.write(lambda connection: connection.execute(_REVISE, given).rowcount == 1)

    async def known(self, key: str) -> bool:
        """Whether a job of that key was kept, done or not."""
        return bool(await self._database.read(lambda connection: connection.execute(_ANY, {"wanted": key}).first()))

    async def latest(self, prefix: str, since: datetime) -> Sequence[str]:
        """The keys that begin so and came in since then, done or not."""
        wanted = (
            select(inbox.c.key)
            .where(inbox.c.at >= codec.to_micros(since), inbox.c.key.startswith(prefix, autoescape=True))
            .order_by(inbox.c.at, inbox.c.key)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [str(row.key) for row in rows]

    async def begin(self, key: str) -> Job | None:
        """The job as it is now, counted as begun once more; None if it is settled or not known."""
        return await self._database.write(lambda connection: _begun(connection, key))

    async def put_off(self, key: str, failed: bool) -> None:
        """The try that was begun is over and another is to come; counted as failed, or as none of the job's doing."""
        given = {"wanted": key, "failed": int(failed), "excused": int(not failed)}
        await self._database.write(lambda connection: connection.execute(_PUT_OFF, given))

    async def settle(self, key: str, at: datetime, failure: str = "") -> None:
        """It is done, or given up for ``failure``."""
        ended = _FAILED if failure else _DONE
        given = {"wanted": key, "ended": ended, "moment": codec.to_micros(at), "why": failure}
        await self._database.write(lambda connection: connection.execute(_SETTLE, given))

    async def unfinished(self) -> Sequence[Job]:
        """What is not settled, in the order in which it came."""
        rows = await self._database.read(lambda connection: connection.execute(_UNFINISHED).all())
        return [_job(row) for row in rows]

    async def ahead(self, key: str) -> Sequence[str]:
        """What is not settled of its lane and came before it, in order."""
        return await self._database.read(lambda connection: list(connection.execute(_AHEAD, {"wanted": key}).scalars()))

    async def unsettled(self, lane: str) -> bool:
        """Whether anything of that lane is not settled."""
        given = {"wanted": lane}
        return bool(await self._database.read(lambda connection: connection.execute(_UNSETTLED, given).first()))

    async def backlog(self) -> tuple[int, datetime | None]:
        """How many jobs are not settled, and when the oldest of them came in."""
        row = await self._database.read(lambda connection: connection.execute(_BACKLOG).one())
        return int(row[0]), None if row[1] is None else codec.from_micros(int(row[1]))

    async def forget(self, before: datetime) -> int:
        """Drop what was settled before any source would send it again; how many."""
        given = {"before": codec.to_micros(before)}
        return await self._database.write(lambda connection: int(connection.execute(_FORGET, given).rowcount))


def put(connection: Connection, job: Job) -> bool:
    """Keep a job in the transaction of something else, such as the tick that it belongs to; False if it is known."""
    return insert_once(connection, inbox, _row(job))


def put_all(connection: Connection, jobs: Sequence[Job]) -> None:
    """Keep those of the jobs that are not known yet, in the transaction of something else."""
    insert_each_once(connection, inbox, [_row(job) for job in jobs])


def unsettled_lanes(connection: Connection, lanes: Iterable[str]) -> frozenset[str]:
    """Those of the lanes in which a job is to be done or under way."""
    return frozenset(connection.execute(_LANES, {"lanes": list(lanes)}).scalars())


def _row(job: Job) -> Mapping[str, object]:
    return {
        "key": job.key,
        "kind": job.kind,
        "lane": job.lane,
        "payload": json.dumps(dict(job.payload)),
        "at": codec.to_micros(job.at),
        "state": _WAITING,
        "tries": 0,
        "settled_at": 0,
        "failure": "",
        "failures": 0,
        "put_off": 0,
    }


def _begun(connection: Connection, key: str) -> Job | None:
    row = connection.execute(_ONE, {"wanted": key}).first()
    if row is None:
        return None
    connection.execute(_BEGIN, {"wanted": key})
    return _job(row)


def _job(row: Row[tuple[object, ...]]) -> Job:
    found = row._mapping
    tries, failures = int(found["tries"]), int(found["failures"])
    return Job(
        found["key"],
        found["kind"],
        found["lane"],
        json.loads(found["payload"]),
        codec.from_micros(int(found["at"])),
        tries,
        failures,
        tries - failures - int(found["put_off"]),
    )
