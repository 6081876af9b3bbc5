"""Records as the stores are given them, every field set."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.approval import Approval, ApprovalItem
from bot.domain.message import ConversationId, Line, Message, Origin, Platform, Used
from bot.domain.person import Sender
from bot.domain.plan import OpenCall
from bot.domain.run import Outcome, Run, RunState
from bot.domain.turn import Remembered, Turn, TurnState

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
ROOM = ConversationId(Platform.SLACK, "C1", "17.42")
HARD_TEXT = 'Zoë said: "it\'s\n\tfine" \\ 😀 {"a": [1]} -- \x01 ; DROP TABLE turns'


def minutes(count: float) -> datetime:
    """Noon and that many minutes."""
    return NOON + timedelta(minutes=count)


def message(message_id: str = "m1", **changes: Any) -> Message:
    sender = Sender("U1", "Zoë", "zoe@example.com", ("Support", "Everyone"), verified=True)
    return replace(Message(message_id, ROOM, sender, HARD_TEXT, NOON, Origin.CHAT), **changes)


def turn(turn_id: str = "t1", **changes: Any) -> Turn:
    full = Turn(
        id=turn_id,
        message_id="m1",
        conversation=str(ROOM),
        speaker="Zoë",
        speaker_id="U1",
        text=HARD_TEXT,
        started_at=NOON,
        state=TurnState.DONE,
        mode="offline",
        reply="**Paid** " + HARD_TEXT,
        used=(
            Used("r1", "refund-lookup", "Refund lookup", Outcome.SUCCESS, "found", 0.1 + 0.2, ""),
            Used("r2", "outage", "Outage", Outcome.HELD_BACK, "held_back", None, "waits for Refund lookup"),
        ),
        results=(
            Remembered(
                "refund-lookup", "Refund lookup", {"order_id": "12", "deep": {"a": [1, None]}}, "success", "x", "o"
            ),
        ),
        open_calls=(OpenCall("jira", {"n": 3, "f": 2.5, "b": True, "s": "é"}, ("summary", "steps"), 2),),
        approval_id="a1",
        seconds=1.25,
        reference="E-77",
        background=(Line("Maya", HARD_TEXT, NOON), Line("", "", NOON)),
    )
    return replace(full, **changes)


def run(run_id: str = "r1", **changes: Any) -> Run:
    full = Run(
        id=run_id,
        turn_id="t1",
        conversation=str(ROOM),
        action="refund-lookup",
        name="Refund lookup",
        question=HARD_TEXT,
        inputs={"order_id": "00012", "amount": 12.5, "count": 3, "deep": False},
        trigger="chat",
        asker="U1 zoe@example.com",
        state=RunState.STARTED,
        started_at=NOON,
        effect="write",
        idempotency_key="k-1",
        outcome="success",
        output="é" * 1000 + HARD_TEXT,
        status=404,
        seconds=0.1,
        detail="not found",
    )
    return replace(full, **changes)


def approval(approval_id: str = "a1", **changes: Any) -> Approval:
    items = (
        ApprovalItem("jira", "Create issue", {"summary": HARD_TEXT, "priority": 2, "urgent": True}, "f" * 64),
        ApprovalItem("note", "Send note", {}, "e" * 64),
    )
    return replace(
        Approval(approval_id, str(ROOM), "U1", items, "please file it", NOON, NOON + timedelta(minutes=10)), **changes
    )
