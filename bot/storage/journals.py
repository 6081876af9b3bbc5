"""Plans that were put down before anything was done: ``ports.Journals``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, delete, exists, select

from bot.domain.approval import Approval
from bot.domain.audit import AuditEvent
from bot.domain.journal import Intent, Journal, Settling
from bot.domain.run import Outcome, Run, RunState
from bot.storage import approvals, audit, codec, runs
from bot.storage.database import Database
from bot.storage.statements import insert_once
from bot.storage.tables import journals
from bot.storage.tables import runs as run_rows

_ONE = select(journals.c.body).where(journals.c.turn_id == bindparam("wanted"))
_DOUBTFUL = and_(run_rows.c.turn_id == journals.c.turn_id, run_rows.c.state == RunState.UNKNOWN.value)
_CLOSE = delete(journals).where(journals.c.turn_id == bindparam("wanted"), ~exists().where(_DOUBTFUL))
"""What a person may want to have run again needs its values; nothing else is kept."""


class Journals:
    """One row for each turn under way."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(
        self,
        journal: Journal,
        queued: Sequence[Run],
        asked: Approval | None = None,
        settling: Settling | None = None,
        events: Sequence[AuditEvent] = (),
    ) -> bool:
        """Put it all down at once. False, and nothing kept, if the question to be settled was settled before."""
        row = {"turn_id": journal.turn_id, "body": _to_json(journal)}

        def put_down(connection: Connection) -> bool:
            if settling and not approvals.settle(connection, settling):
                return False
            insert_once(connection, journals, row)
            if asked:
                approvals.put(connection, asked)
            runs.put(connection, queued)
            audit.put(connection, events)
            return True

        return await self._database.write(put_down)

    async def of(self, turn_id: str) -> Journal | None:
        """What the turn put down, if it got so far."""
        given = {"wanted": turn_id}
        body = await self._database.read(lambda connection: connection.execute(_ONE, given).scalar())
        return _from_json(turn_id, body) if body else None

    async def close(self, turn_id: str) -> None:
        """It has ended. Kept as long as a run of it is in doubt."""
        await self._database.write(lambda connection: close(connection, turn_id))


def close(connection: Connection, turn_id: str) -> None:
    """In the transaction of what ends the turn."""
    connection.execute(_CLOSE, {"wanted": turn_id})


def _to_json(journal: Journal) -> str:
    return codec.to_json(
        {
            "items": codec.items_to_json([intent.item for intent in journal.intents]),
            "fates": [[one.id, one.refused.value if one.refused else "", one.reason] for one in journal.intents],
            "open": codec.open_calls_to_json(journal.open_calls),
            "notices": list(journal.notices),
            "words": [journal.question, journal.mode, journal.answer, journal.said],
            "approvals": [journal.approval_id, journal.settled_id],
        }
    )


def _from_json(turn_id: str, body: str) -> Journal:
    told = codec.from_json(body)
    items = codec.items_from_json(told["items"])
    intents = tuple(
        Intent(call_id, item, Outcome(refused) if refused else None, reason)
        for item, (call_id, refused, reason) in zip(items, told["fates"], strict=True)
    )
    question, mode, answer, said = told["words"]
    open_calls, notices = codec.open_calls_from_json(told["open"]), tuple(told["notices"])
    return Journal(turn_id, intents, question, open_calls, mode, notices, answer, said, *told["approvals"])
