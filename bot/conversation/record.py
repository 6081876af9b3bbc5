"""What is known of a turn while it runs, and what is kept of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.conversation.approval import Answered
from bot.conversation.live import LiveTurn
from bot.conversation.redaction import redacted_arguments, redacted_text
from bot.domain.action import ActionSpec
from bot.domain.approval import Approval
from bot.domain.message import ConversationId, Message, Reply
from bot.domain.plan import ActionCall, Plan
from bot.domain.run import ActionResult
from bot.domain.turn import Remembered, Turn, TurnState
from bot.ports import Masker


@dataclass(slots=True)
class TurnSoFar:
    """A turn on its way: each step of the line adds what it found."""

    id: str
    message: Message
    masker: Masker
    started_at: datetime
    live: LiveTurn
    decision: Answered | None = None
    plan: Plan = field(default_factory=Plan)
    approval: Approval | None = None
    settled: Approval | None = None
    results: tuple[ActionResult, ...] = ()
    resumed: bool = False
    """An earlier process began it and was cut off."""

    def reply(self, text: str) -> Reply:
        """A reply in our own words, no model asked."""
        return Reply(self.id, self.message.conversation, text, mode="rules")

    def failed(self, text: str) -> Reply:
        """An apology that says what ran and gives the reference to quote."""
        ran = ", ".join(result.name for result in self.results if result.seconds)
        done = f" These actions had already run: {ran}." if ran else " Nothing was run."
        return Reply(self.id, self.message.conversation, text + done, mode="rules", reference=self.id)


def recorded(turn: TurnSoFar, reply: Reply, now: datetime) -> Turn:
    """The record of an ended turn."""
    message = turn.message
    return Turn(
        id=turn.id,
        message_id=message.id,
        conversation=str(message.conversation),
        speaker=message.sender.display_name or message.sender.id,
        speaker_id=message.sender.id,
        text=message.text,
        started_at=turn.started_at,
        state=TurnState.FAILED if reply.reference else TurnState.DONE,
        mode=reply.mode,
        reply="\n\n".join(filter(None, (reply.text, reply.question))),
        used=reply.used,
        results=_remembered(turn),
        open_calls=turn.plan.open_calls,
        approval_id=turn.approval.id if turn.approval else "",
        seconds=(now - turn.started_at).total_seconds(),
        reference=reply.reference,
        background=message.background,
    )


def repeated(turn: Turn, conversation: ConversationId, approval: Approval | None) -> Reply:
    """The reply that a message was given before."""
    return Reply(turn.id, conversation, turn.reply, turn.used, turn.mode, approval=approval, reference=turn.reference)


def _remembered(turn: TurnSoFar) -> tuple[Remembered, ...]:
    calls = {call.id: call for call in turn.plan.calls}
    return tuple(_remember(result, calls[result.call_id]) for result in turn.results if result.call_id in calls)


def _remember(result: ActionResult, call: ActionCall) -> Remembered:
    spec: ActionSpec = call.spec
    hidden = spec.safety.redact_fields
    return Remembered(
        action=result.action,
        name=result.name,
        arguments=redacted_arguments(call.arguments, hidden),
        outcome=result.label,
        output=redacted_text(result.output, hidden),
        datapoint=spec.output_datapoint if result.succeeded else "",
    )
