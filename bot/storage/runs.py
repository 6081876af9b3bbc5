"""The intent log and the history of executions: ``ports.RunStore`` (F203-F205)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, func, or_, select, update

from bot.domain.audit import AuditEvent
from bot.domain.run import Document, File, Run, RunState
from bot.domain.run_log import LogEntry
from bot.storage import audit, codec, run_log
from bot.storage.database import Database
from bot.storage.statements import insert_or_replace, insert_rows
from bot.storage.tables import documents, runs
from bot.storage.tables import run_log as log_rows

_END = update(runs).where(runs.c.id == bindparam("run_id"))
_NEWEST = select(runs).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(bindparam("limit"))
_NEWEST_OF_ACTION = _NEWEST.where(runs.c.action == bindparam("action"))
_NEWEST_OF_ASKER = _NEWEST.where(
    or_(
        runs.c.asker == bindparam("asker"),
        and_(runs.c.asker >= bindparam("with_email"), runs.c.asker < bindparam("after")),
    )
)
"""``asker`` is the id, or the id and the e-mail in angle brackets; the character after ``<`` is ``=``."""
_ONE = select(runs).where(runs.c.id == bindparam("run_id"))
_OF_TURN = select(runs).where(runs.c.turn_id == bindparam("turn_id")).order_by(runs.c.started_at, runs.c.id)
_WITH_KEY = (
    select(runs)
    .where(
        runs.c.action == bindparam("action"),
        runs.c.idempotency_key == bindparam("key"),
        runs.c.started_at >= bindparam("since"),
    )
    .order_by(runs.c.started_at, runs.c.id)
    .limit(1)
)
_UNDER_WAY = runs.c.state.in_((RunState.QUEUED.value, RunState.STARTED.value))
_DROP = delete(runs).where(runs.c.id == bindparam("run_id"), runs.c.state == RunState.QUEUED.value)
_WISH = update(runs).where(runs.c.id == bindparam("run_id"), _UNDER_WAY).values(stop_by=bindparam("wisher"))
_WISHES = select(runs.c.id, runs.c.stop_by).where(runs.c.stop_by != "", _UNDER_WAY)
_RESOLVE = (
    update(runs)
    .where(runs.c.id == bindparam("run_id"), runs.c.state == RunState.UNKNOWN.value)
    .values(state=bindparam("new_state"), outcome=bindparam("new_outcome"), detail=bindparam("new_detail"))
)
_FORGET = delete(runs).where(runs.c.id == bindparam("run_id"), ~_UNDER_WAY)
_DOCUMENT = select(documents).where(documents.c.run_id == bindparam("run_id"), documents.c.place == bindparam("place"))
_FILES = select(
    documents.c.run_id, documents.c.place, documents.c.name, documents.c.media_type,
    func.length(documents.c.data).label("size"),
)  # fmt: skip


class Runs:
    """Every execution: recorded before it starts and again when it ends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def started(self, run: Run) -> None:
        """Record that it is about to be sent, whether it was put down before or not."""
        row = _row(run)
        await self._database.write(lambda connection: insert_or_replace(connection, runs, row, keep=("stop_by",)))

    async def finished(
        self,
        run: Run,
        made: Sequence[Document] = (),
        events: Sequence[AuditEvent] = (),
        said: Sequence[LogEntry] = (),
    ) -> None:
        """Record the end with all that belongs to it, at once.

        Of a run that was removed meanwhile with its action, the events alone are kept.
        """
        row = _row(run)

        def end(connection: Connection) -> None:
            audit.put(connection, events)
            if connection.execute(_END, {**row, "run_id": run.id}).rowcount:
                _keep(connection, run.id, made)
                run_log.put(connection, run.id, said)

        await self._database.write(end)

    async def dropped(self, run_id: str) -> None:
        """It was put down and is not to run after all: there is nothing to tell of it."""
        await self._database.write(lambda connection: connection.execute(_DROP, {"run_id": run_id}))

    async def wish(self, run_id: str, name: str) -> bool:
        """Have it stopped in the name of a person, in whichever process it is. False if it is not under way."""
        given = {"run_id": run_id, "wisher": name}
        return await self._database.write(lambda connection: connection.execute(_WISH, given).rowcount == 1)

    async def wishes(self) -> Mapping[str, str]:
        """Runs that are to be stopped, and in whose name."""
        rows = await self._database.read(lambda connection: connection.execute(_WISHES).all())
        return {row.id: row.stop_by for row in rows}

    async def resolve(self, run_id: str, state: RunState, outcome: str, detail: str) -> bool:
        """End the doubt about a run. Of any number of callers one wins; False for the others."""
        given = {"run_id": run_id, "new_state": state.value, "new_outcome": outcome, "new_detail": detail}
        return await self._database.write(lambda connection: connection.execute(_RESOLVE, given).rowcount == 1)

    async def delete(self, run_id: str) -> bool:
        """Remove a run that has ended, with its documents and its log. False if it is under way or not known."""
        return await self._database.write(lambda connection: _delete(connection, run_id))

    async def with_key(self, action: str, key: str, since: datetime) -> Run | None:
        """The first run of that action with that idempotency key since then, however it ended."""
        found = await self._find(_WITH_KEY, action=action, key=key, since=codec.to_micros(since))
        return found[0] if found else None

    async def latest(self, limit: int, action: str = "") -> Sequence[Run]:
        """Newest first, of one action if named."""
        if action:
            return await self._find(_NEWEST_OF_ACTION, limit=limit, action=action)
        return await self._find(_NEWEST, limit=limit)

    async def latest_of(self, asker: str, limit: int) -> Sequence[Run]:
        """The newest that ran for one person, by sender id."""
        return await self._find(_NEWEST_OF_ASKER, asker=asker, with_email=f"{asker} <", after=f"{asker} =", limit=limit)

    async def get(self, run_id: str) -> Run | None:
        """The run of that id."""
        found = await self._find(_ONE, run_id=run_id)
        return found[0] if found else None

    async def of_turn(self, turn_id: str) -> Sequence[Run]:
        """What one turn ran, in the order of starting."""
        return await self._find(_OF_TURN, turn_id=turn_id)

    async def document(self, run_id: str, place: int) -> Document | None:
        """One of a run's documents by its number."""
        given = {"run_id": run_id, "place": place}
        row = await self._database.read(lambda connection: connection.execute(_DOCUMENT, given).one_or_none())
        return Document(row.name, row.media_type, row.data) if row else None

    async def files(self, run_ids: Sequence[str]) -> Sequence[File]:
        """What runs made, without the bytes, in the order of the runs given."""
        query = _FILES.where(documents.c.run_id.in_(run_ids))
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        found = [File(row.run_id, row.place, row.name, row.media_type, row.size) for row in rows]
        return sorted(found, key=lambda file: (list(run_ids).index(file.run_id), file.place))

    async def _find(self, query: Select[tuple[object, ...]], **given: object) -> Sequence[Run]:
        rows = await self._database.read(lambda connection: connection.execute(query, given).all())
        return [run_of(row) for row in rows]


def put(connection: Connection, given: Sequence[Run]) -> None:
    """Put runs down in the transaction of the plan that they belong to."""
    insert_rows(connection, runs, list(map(_row, given)))


def _keep(connection: Connection, run_id: str, made: Sequence[Document]) -> None:
    rows = [
        {"run_id": run_id, "place": place, "name": one.name, "media_type": one.media_type, "data": one.data}
        for place, one in enumerate(made)
    ]
    insert_rows(connection, documents, rows)


def _delete(connection: Connection, run_id: str) -> bool:
    if not connection.execute(_FORGET, {"run_id": run_id}).rowcount:
        return False
    connection.execute(delete(documents).where(documents.c.run_id == run_id))
    connection.execute(delete(log_rows).where(log_rows.c.run_id == run_id))
    return True


def _row(run: Run) -> dict[str, object]:
    return {
        "id": run.id,
        "turn_id": run.turn_id,
        "conversation": run.conversation,
        "action": run.action,
        "name": run.name,
        "question": run.question,
        "inputs": codec.mapping_to_json(run.inputs),
        "trigger": run.trigger,
        "asker": run.asker,
        "state": run.state.value,
        "started_at": codec.to_micros(run.started_at),
        "effect": run.effect,
        "idempotency_key": run.idempotency_key,
        "outcome": run.outcome,
        "output": run.output,
        "status": run.status,
        "seconds": run.seconds,
        "detail": run.detail,
        "stop_by": run.stop_by,
    }


def run_of(row: Row[tuple[object, ...]]) -> Run:
    """The run of a whole row."""
    return Run(
        id=row.id,
        turn_id=row.turn_id,
        conversation=row.conversation,
        action=row.action,
        name=row.name,
        question=row.question,
        inputs=codec.from_json(row.inputs),
        trigger=row.trigger,
        asker=row.asker,
        state=RunState(row.state),
        started_at=codec.from_micros(row.started_at),
        effect=row.effect,
        idempotency_key=row.idempotency_key,
        outcome=row.outcome,
        output=row.output,
        status=row.status,
        seconds=row.seconds,
        detail=row.detail,
        stop_by=row.stop_by,
    )
