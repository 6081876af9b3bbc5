"""Forgets what is older than it is wanted, a family at a time; nothing that is still under way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, delete, select

from bot.domain.run import RunState
from bot.domain.turn import TurnState
from bot.storage import codec
from bot.storage.database import Database
from bot.storage.tables import documents, feedback, journals, messages, run_log, runs, turns

PORTION = 500
"""Rows of a transaction, so that nobody who writes waits long."""
_UNDER_WAY = (RunState.QUEUED.value, RunState.STARTED.value)


class Retention:
    """For the daily clearing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_runs(self, before: datetime) -> int:
        """Runs that ended, with their documents, their logs and the plans of doubtful ones; how many."""
        return await self._all(lambda connection: _forget_runs(connection, codec.to_micros(before)))

    async def forget_turns(self, before: datetime) -> int:
        """Turns that ended, with the messages that led to them and what people thought of them; how many."""
        return await self._all(lambda connection: _forget_turns(connection, codec.to_micros(before)))

    async def _all(self, portion: Callable[[Connection], int]) -> int:
        total = 0
        while found := await self._database.write(portion):
            total += found
        return total


def _forget_runs(connection: Connection, before: int) -> int:
    old = select(runs.c.id, runs.c.turn_id).where(runs.c.started_at < before, runs.c.state.not_in(_UNDER_WAY))
    rows = connection.execute(old.limit(PORTION)).all()
    ids, turn_ids = [row.id for row in rows], [row.turn_id for row in rows]
    for table in (documents, run_log):
        connection.execute(delete(table).where(table.c.run_id.in_(ids)))
    connection.execute(delete(runs).where(runs.c.id.in_(ids)))
    still = select(runs.c.turn_id).where(runs.c.turn_id.in_(turn_ids))
    connection.execute(delete(journals).where(journals.c.turn_id.in_(turn_ids), journals.c.turn_id.not_in(still)))
    return len(ids)


def _forget_turns(connection: Connection, before: int) -> int:
    old = select(turns.c.id).where(turns.c.started_at < before, turns.c.state != TurnState.STARTED.value)
    ids = list(connection.execute(old.limit(PORTION)).scalars())
    connection.execute(delete(messages).where(messages.c.turn_id.in_(ids)))
    connection.execute(delete(feedback).where(feedback.c.turn_id.in_(ids)))
    connection.execute(delete(turns).where(turns.c.id.in_(ids)))
    return len(ids)
