"""Questions that wait for a yes or no: ``ports.ApprovalStore``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, select, update

from bot.domain.approval import Approval, ApprovalState
from bot.domain.journal import Settling
from bot.storage import codec
from bot.storage.database import Database
from bot.storage.statements import insert_rows
from bot.storage.tables import approvals

_ONE = select(approvals).where(approvals.c.id == bindparam("approval_id"))
_WAITING = (
    select(approvals)
    .where(
        approvals.c.conversation == bindparam("conversation"),
        approvals.c.asker == bindparam("asker"),
        approvals.c.state == ApprovalState.OPEN.value,
    )
    .order_by(approvals.c.created_at.desc(), approvals.c.id.desc())
    .limit(1)
)
_OPEN_OF = (
    select(approvals)
    .where(
        approvals.c.asker == bindparam("asker"),
        approvals.c.state == ApprovalState.OPEN.value,
        approvals.c.expires_at > bindparam("now"),
    )
    .order_by(approvals.c.created_at, approvals.c.id)
)
_EXPIRED = (
    select(approvals)
    .where(
        approvals.c.conversation >= bindparam("prefix"),
        approvals.c.conversation < bindparam("end"),
        approvals.c.state == ApprovalState.OPEN.value,
        approvals.c.expires_at > bindparam("since"),
        approvals.c.expires_at <= bindparam("until"),
    )
    .order_by(approvals.c.expires_at, approvals.c.id)
)
# One statement: however many ask at once, the row leaves OPEN for one of them.
_DECIDE = (
    update(approvals)
    .where(approvals.c.id == bindparam("approval_id"), approvals.c.state == ApprovalState.OPEN.value)
    .values(state=bindparam("new_state"), decided_by=bindparam("by"), decided_at=bindparam("moment"))
    .returning(*approvals.c)
)


class Approvals:
    """Each is answered at most once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, approval: Approval) -> None:
        """Keep the question. Raises StorageError if its id is known."""
        await self._database.write(lambda connection: put(connection, approval))

    async def get(self, approval_id: str) -> Approval | None:
        """The approval of that id, whatever its state."""
        given = {"approval_id": approval_id}
        row = await self._database.read(lambda connection: connection.execute(_ONE, given).first())
        return _approval(row) if row else None

    async def waiting(self, conversation: str, asker: str) -> Approval | None:
        """The newest open one that this person has in this conversation; past its expiry too."""
        given = {"conversation": conversation, "asker": asker}
        row = await self._database.read(lambda connection: connection.execute(_WAITING, given).first())
        return _approval(row) if row else None

    async def open_of(self, asker: str, now: datetime) -> Sequence[Approval]:
        """What waits for this person anywhere and has not expired, oldest first."""
        given = {"asker": asker, "now": codec.to_micros(now)}
        rows = await self._database.read(lambda connection: connection.execute(_OPEN_OF, given).all())
        return [_approval(row) for row in rows]

    async def expired(self, prefix: str, since: datetime, until: datetime) -> Sequence[Approval]:
        """Open ones that ran out after ``since``, by ``until``, in conversations that begin so, oldest first."""
        times = {"since": codec.to_micros(since), "until": codec.to_micros(until)}
        given = {"prefix": prefix, "end": prefix + chr(0x10FFFF), **times}
        rows = await self._database.read(lambda connection: connection.execute(_EXPIRED, given).all())
        return [_approval(row) for row in rows]

    async def decide(self, approval_id: str, state: ApprovalState, by: str, at: datetime) -> Approval | None:
        """Move it out of ``OPEN``. One caller of any number wins; the others get None."""
        if state is ApprovalState.OPEN:
            raise ValueError("a decision does not leave an approval open")
        settling = Settling(approval_id, state, by, at)
        return await self._database.write(lambda connection: settle(connection, settling))


def put(connection: Connection, approval: Approval) -> None:
    """Keep a question in the transaction of something else."""
    insert_rows(connection, approvals, [_row(approval)])


def settle(connection: Connection, settling: Settling) -> Approval | None:
    """End an open question in the transaction of something else; None if it was not open any more."""
    given = {
        "approval_id": settling.approval_id,
        "new_state": settling.state.value,
        "by": settling.by,
        "moment": codec.to_micros(settling.at),
    }
    row = connection.execute(_DECIDE, given).first()
    return _approval(row) if row else None


def _row(approval: Approval) -> dict[str, object]:
    return {
        "id": approval.id,
        "conversation": approval.conversation,
        "asker": approval.asker,
        "asked_by": codec.sender_to_json(approval.asked_by) if approval.asked_by else "",
        "items": codec.items_to_json(approval.items),
        "question": approval.question,
        "created_at": codec.to_micros(approval.created_at),
        "expires_at": codec.to_micros(approval.expires_at),
        "state": approval.state.value,
        "decided_by": approval.decided_by,
        "decided_at": None if approval.decided_at is None else codec.to_micros(approval.decided_at),
    }


def _approval(row: Row[tuple[object, ...]]) -> Approval:
    return Approval(
        id=row.id,
        conversation=row.conversation,
        asker=row.asker,
        items=codec.items_from_json(row.items),
        asked_by=codec.sender_from_json(row.asked_by) if row.asked_by else None,
        question=row.question,
        created_at=codec.from_micros(row.created_at),
        expires_at=codec.from_micros(row.expires_at),
        state=ApprovalState(row.state),
        decided_by=row.decided_by,
        decided_at=None if row.decided_at is None else codec.from_micros(row.decided_at),
    )
