"""Messages, each stored once, and the turns they led to: ``ports.TurnStore``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Boolean, Connection, Row, bindparam, select, update

from bot.domain.message import ConversationId, Message, Origin, Platform
from bot.domain.turn import Turn, TurnState
from bot.storage import codec, journals
from bot.storage.database import Database
from bot.storage.statements import insert_once, insert_or_replace, insert_rows
from bot.storage.tables import messages, turns

_RECENT = (
    select(turns)
    .where(turns.c.conversation == bindparam("conversation"), turns.c.state != TurnState.STARTED.value)
    .order_by(turns.c.started_at.desc(), turns.c.id.desc())
    .limit(bindparam("limit"))
)
_ANY = select(turns.c.id).where(turns.c.conversation == bindparam("conversation")).limit(1)
_ONE = select(turns).where(turns.c.id == bindparam("turn_id"))
_CUT_OFF = (
    select(messages)
    .join(turns, turns.c.id == messages.c.turn_id)
    .where(messages.c.platform == bindparam("wanted"), turns.c.state == TurnState.STARTED.value)
    .order_by(messages.c.sent_at, messages.c.turn_id)
)
_OF_MESSAGE = (
    select(turns)
    .where(turns.c.conversation == bindparam("conversation"), turns.c.message_id == bindparam("message_id"))
    .order_by(turns.c.id.desc())
    .limit(1)
)
_WISH = (
    update(turns)
    .where(
        (turns.c.conversation == bindparam("place")) | bindparam("everywhere", type_=Boolean),
        turns.c.speaker_id == bindparam("asker"),
        turns.c.state == TurnState.STARTED.value,
        turns.c.started_at >= bindparam("since"),
    )
    .values(stop_by=bindparam("wisher"))
)
_WISHES = select(turns.c.id, turns.c.stop_by).where(turns.c.stop_by != "", turns.c.state == TurnState.STARTED.value)


class Turns:
    """The inbox and what became of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, message: Message, turn_id: str) -> bool:
        """Store message and turn in one transaction. False, and nothing stored, if the message is known.

        A message is known by its platform and its id there.
        """
        message_row, turn_row = _message_row(message, turn_id), _turn_row(_opening(message, turn_id))

        def store(connection: Connection) -> bool:
            if not insert_once(connection, messages, message_row):
                return False
            insert_rows(connection, turns, [turn_row])
            return True

        return await self._database.write(store)

    async def finish(self, turn: Turn) -> None:
        """Record how the turn ended; what it put down to go on after a crash is dropped."""
        row = _turn_row(turn)

        def end(connection: Connection) -> None:
            insert_or_replace(connection, turns, row)
            journals.close(connection, turn.id)

        await self._database.write(end)

    async def recent(self, conversation: str, limit: int) -> Sequence[Turn]:
        """The last ended turns, oldest first."""
        given = {"conversation": conversation, "limit": limit}
        rows = await self._database.read(lambda connection: connection.execute(_RECENT, given).all())
        return [_turn(row) for row in reversed(rows)]

    async def knows(self, conversation: str) -> bool:
        """Whether any turn began there, ended or not."""
        given = {"conversation": conversation}
        return bool(await self._database.read(lambda connection: connection.execute(_ANY, given).first()))

    async def get(self, turn_id: str) -> Turn | None:
        """The turn of that id."""
        given = {"turn_id": turn_id}
        row = await self._database.read(lambda connection: connection.execute(_ONE, given).first())
        return _turn(row) if row else None

    async def of_message(self, conversation: str, message_id: str) -> Turn | None:
        """The turn that a message led to."""
        given = {"conversation": conversation, "message_id": message_id}
        row = await self._database.read(lambda connection: connection.execute(_OF_MESSAGE, given).first())
        return _turn(row) if row else None

    async def wish(self, conversation: str, asker: str, name: str, since: datetime) -> bool:
        """Have a person's turns there stopped that began since then and have not ended; False where there are none.

        No conversation means all of them.
        """
        where = {"place": conversation, "everywhere": not conversation}
        given = {**where, "asker": asker, "wisher": name, "since": codec.to_micros(since)}
        return await self._database.write(lambda connection: connection.execute(_WISH, given).rowcount > 0)

    async def wishes(self) -> Mapping[str, str]:
        """Turns that are to be stopped, and in whose name."""
        rows = await self._database.read(lambda connection: connection.execute(_WISHES).all())
        return {row.id: row.stop_by for row in rows}

    async def cut_off(self, platform: Platform) -> Sequence[Message]:
        """The messages there whose turns began and did not end, oldest first."""
        given = {"wanted": platform.value}
        rows = await self._database.read(lambda connection: connection.execute(_CUT_OFF, given).all())
        return [_message(row) for row in rows]


def _opening(message: Message, turn_id: str) -> Turn:
    sender = message.sender
    return Turn(
        id=turn_id,
        message_id=message.id,
        conversation=str(message.conversation),
        speaker=sender.display_name or sender.id,
        speaker_id=sender.id,
        text=message.text,
        started_at=message.sent_at,
        background=message.background,
    )


def _message_row(message: Message, turn_id: str) -> dict[str, object]:
    return {
        "platform": message.conversation.platform.value,
        "id": message.id,
        "conversation": str(message.conversation),
        "sender": codec.sender_to_json(message.sender),
        "text": message.text,
        "sent_at": codec.to_micros(message.sent_at),
        "zone": codec.zone_of(message.sent_at),
        "origin": message.origin.value,
        "turn_id": turn_id,
    }


def _message(row: Row[tuple[object, ...]]) -> Message:
    told = row._mapping
    return Message(
        told["id"],
        ConversationId.parse(told["conversation"]),
        codec.sender_from_json(told["sender"]),
        told["text"],
        codec.in_zone(codec.from_micros(told["sent_at"]), told["zone"]),
        Origin(told["origin"]),
    )


def _turn_row(turn: Turn) -> dict[str, object]:
    return {
        "id": turn.id,
        "message_id": turn.message_id,
        "conversation": turn.conversation,
        "speaker": turn.speaker,
        "speaker_id": turn.speaker_id,
        "text": turn.text,
        "started_at": codec.to_micros(turn.started_at),
        "state": turn.state.value,
        "mode": turn.mode,
        "reply": turn.reply,
        "used": codec.used_to_json(turn.used),
        "results": codec.results_to_json(turn.results),
        "open_calls": codec.open_calls_to_json(turn.open_calls),
        "approval_id": turn.approval_id,
        "seconds": turn.seconds,
        "reference": turn.reference,
        "background": codec.lines_to_json(turn.background),
    }


def _turn(row: Row[tuple[object, ...]]) -> Turn:
    return Turn(
        id=row.id,
        message_id=row.message_id,
        conversation=row.conversation,
        speaker=row.speaker,
        speaker_id=row.speaker_id,
        text=row.text,
        started_at=codec.from_micros(row.started_at),
        state=TurnState(row.state),
        mode=row.mode,
        reply=row.reply,
        used=codec.used_from_json(row.used),
        results=codec.results_from_json(row.results),
        open_calls=codec.open_calls_from_json(row.open_calls),
        approval_id=row.approval_id,
        seconds=row.seconds,
        reference=row.reference,
        background=codec.lines_from_json(row.background),
    )
