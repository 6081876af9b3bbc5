"""What people think of answers: ``ports.FeedbackStore``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from bot.domain.feedback import Feedback
from bot.storage import codec
from bot.storage.database import Database
from bot.storage.statements import insert_or_replace
from bot.storage.tables import feedback

_OF_TURN = select(feedback).where(feedback.c.turn_id == bindparam("turn_id")).order_by(feedback.c.at, feedback.c.by)


class FeedbackRows:
    """One row for each person and turn."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, given: Feedback) -> None:
        """Keep it in place of what the same person said of the same turn before."""
        row = {
            "turn_id": given.turn_id,
            "by": given.by,
            "good": given.good,
            "at": codec.to_micros(given.at),
            "reason": given.reason,
            "words": given.words,
        }
        await self._database.write(lambda connection: insert_or_replace(connection, feedback, row))

    async def of_turn(self, turn_id: str) -> Sequence[Feedback]:
        """What everybody said of one turn, oldest first."""
        given = {"turn_id": turn_id}
        rows = await self._database.read(lambda connection: connection.execute(_OF_TURN, given).all())
        return [Feedback(r.turn_id, r.by, r.good, codec.from_micros(r.at), r.reason, r.words) for r in rows]
