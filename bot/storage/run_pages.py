"""Runs a page at a time: ``ports.RunPages``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, or_, select

from bot.domain.run import Run
from bot.ports import Sought
from bot.storage.database import Database
from bot.storage.runs import run_of
from bot.storage.tables import runs


class RunPages:
    """The history as lists show it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, sought: Sought, limit: int) -> Sequence[Run] | None:
        """Newest first, those that follow the run ``sought.cursor``; None if there is no such run."""
        return await self._database.read(lambda connection: _page(connection, sought, limit))


def _page(connection: Connection, sought: Sought, limit: int) -> Sequence[Run] | None:
    query = select(runs).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
    if sought.cursor:
        last = connection.execute(select(runs.c.started_at).where(runs.c.id == sought.cursor)).first()
        if last is None:
            return None
        earlier = and_(runs.c.started_at == last.started_at, runs.c.id < sought.cursor)
        query = query.where(or_(runs.c.started_at < last.started_at, earlier))
    wanted = {runs.c.action: sought.action, runs.c.state: sought.state, runs.c.trigger: sought.trigger}
    query = query.where(*(column == value for column, value in wanted.items() if value))
    return [run_of(row) for row in connection.execute(query).all()]
