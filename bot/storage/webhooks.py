"""Webhooks and the requests that started runs: ``ports.Webhooks`` and ``ports.Arrivals``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from bot.domain.webhook import Arrival, Webhook
from bot.domain.work import Job
from bot.storage import codec
from bot.storage.database import Database
from bot.storage.inbox import put
from bot.storage.statements import insert_once, insert_or_replace
from bot.storage.tables import arrivals, inbox, webhooks

MOST_WAITING = 1_000
"""Jobs of one lane that wait; beyond it no request is taken."""

_ONE = select(webhooks).where(webhooks.c.id == bindparam("wanted"))
_ALL = select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id)
_PAUSE = update(webhooks).where(webhooks.c.id == bindparam("wanted")).values(paused=bindparam("off"))
_REMOVE = delete(webhooks).where(webhooks.c.id == bindparam("wanted"))
_EXCHANGE = (
    update(webhooks)
    .where(webhooks.c.id == bindparam("wanted"), webhooks.c.signing == bindparam("old"))
    .values(signing=bindparam("new"))
)
_KNOWN = select(arrivals).where(arrivals.c.source == bindparam("of"), arrivals.c.id == bindparam("wanted"))
_OF_RUN = select(arrivals).where(arrivals.c.run_id == bindparam("run"))
_LATEST = select(func.max(arrivals.c.at)).where(arrivals.c.source == bindparam("of"))
_FORGET_OF = delete(arrivals).where(arrivals.c.source == bindparam("of"))
_FORGET = delete(arrivals).where(arrivals.c.at < bindparam("before"))
_OPEN = inbox.c.state.in_(("waiting", "begun"))
_WAITING = select(inbox.c.key).where(inbox.c.lane == bindparam("of"), _OPEN).limit(MOST_WAITING)
_OPEN_JOB = select(inbox.c.key).where(inbox.c.key == bindparam("wanted"), _OPEN)


class WebhookRows:
    """One row for each webhook."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, webhook_id: str) -> Webhook | None:
        """The webhook of that id."""
        row = await self._database.read(lambda connection: connection.execute(_ONE, {"wanted": webhook_id}).first())
        return _webhook(row) if row else None

    async def all(self) -> Sequence[Webhook]:
        """Oldest first."""
        rows = await self._database.read(lambda connection: connection.execute(_ALL).all())
        return [_webhook(row) for row in rows]

    async def put(self, webhook: Webhook) -> None:
        """Keep it, in place of the one with its id."""
        row = _row(webhook)
        await self._database.write(lambda connection: insert_or_replace(connection, webhooks, row))

    async def pause(self, webhook_id: str, *, paused: bool) -> bool:
        """Stop taking its calls, or take them again; False if there is none of that id."""
        given = {"wanted": webhook_id, "off": paused}
        return await self._database.write(lambda connection: connection.execute(_PAUSE, given).rowcount == 1)

    async def remove(self, webhook_id: str) -> bool:
        """Delete it for good; False if there was none of that id."""
        return await self._database.write(lambda connection: _removed(connection, webhook_id))

    async def exchange(self, webhook_id: str, old: str, new: str) -> bool:
        """Put ``new`` in place of the sealed signing secret ``old``, unless another took its place meanwhile."""
        given = {"wanted": webhook_id, "old": old, "new": new}
        return await self._database.write(lambda connection: connection.execute(_EXCHANGE, given).rowcount == 1)


class ArrivalRows:
    """One row for each request that started a run; it stays long enough that a late twin is known."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, arrival: Arrival, job: Job) -> Arrival | None:
        """Keep request and job together, on disk once this returns, and give it back; the earlier one if it is known.

        None, and nothing kept, while ``MOST_WAITING`` jobs of that lane wait.
        """
        return await self._database.write(lambda connection: _taken(connection, arrival, job))

    async def promised(self, run_id: str) -> Arrival | None:
        """The request that a run was promised to, while its job is not settled."""
        return await self._database.read(lambda connection: _promised(connection, run_id))

    async def latest(self, source: str) -> datetime | None:
        """When the last one came."""
        micros = await self._database.read(lambda connection: connection.scalar(_LATEST, {"of": source}))
        return codec.from_micros(micros) if micros else None

    async def forget(self, before: datetime) -> int:
        """Drop those that came before; how many."""
        given = {"before": codec.to_micros(before)}
        return await self._database.write(lambda connection: int(connection.execute(_FORGET, given).rowcount))


def _taken(connection: Connection, arrival: Arrival, job: Job) -> Arrival | None:
    known = connection.execute(_KNOWN, {"of": arrival.source, "wanted": arrival.id}).first()
    if known:
        return _arrival(known)
    if len(connection.execute(_WAITING, {"of": job.lane}).all()) >= MOST_WAITING:
        return None
    row = {**asdict(arrival), "at": codec.to_micros(arrival.at)}
    if not insert_once(connection, arrivals, row):  # two processes at the same moment: the other one was first
        return _arrival(connection.execute(_KNOWN, {"of": arrival.source, "wanted": arrival.id}).one())
    put(connection, job)
    return arrival


def _promised(connection: Connection, run_id: str) -> Arrival | None:
    row = connection.execute(_OF_RUN, {"run": run_id}).first()
    arrival = _arrival(row) if row else None
    waits = arrival and connection.execute(_OPEN_JOB, {"wanted": arrival.key}).first()
    return arrival if waits else None


def _removed(connection: Connection, webhook_id: str) -> bool:
    connection.execute(_FORGET_OF, {"of": webhook_id})
    return connection.execute(_REMOVE, {"wanted": webhook_id}).rowcount == 1


def _row(webhook: Webhook) -> Mapping[str, object]:
    return {
        "id": webhook.id,
        "action": webhook.action,
        "secret_hash": webhook.secret_hash,
        "created_at": codec.to_micros(webhook.created_at),
        "paths": codec.mapping_to_json(webhook.paths),
        "given": codec.mapping_to_json(webhook.values),
        "signing": webhook.signing,
        "allow_writes": webhook.allow_writes,
        "paused": webhook.paused,
        "delivery": codec.delivery_to_json(webhook.delivery),
    }


def _webhook(row: Row[tuple[object, ...]]) -> Webhook:
    return Webhook(
        id=row.id,
        action=row.action,
        secret_hash=row.secret_hash,
        created_at=codec.from_micros(row.created_at),
        paths=codec.from_json(row.paths),
        values=codec.from_json(row.given),
        signing=row.signing,
        allow_writes=bool(row.allow_writes),
        paused=bool(row.paused),
        delivery=codec.delivery_from_json(row.delivery),
    )


def _arrival(row: Row[tuple[object, ...]]) -> Arrival:
    return Arrival(row.source, row.id, row.digest, row.run_id, codec.from_micros(row.at))
