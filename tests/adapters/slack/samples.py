"""Small records to build cards from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.domain.action import ActionSpec, ActionState, Effect, HttpCall, Parameter, ParameterType, Value
from bot.domain.approval import Approval, ApprovalItem
from bot.domain.message import ConversationId, Platform, Reply, Source, Used
from bot.domain.run import Outcome, Run, RunState

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ROOM = ConversationId(Platform.SLACK, "C1", "1.2")


def used(
    name: str,
    outcome: Outcome = Outcome.SUCCESS,
    detail: str = "",
    run_id: str = "r1",
    sources: tuple[Source, ...] = (),
) -> Used:
    return Used(run_id, "act", name, outcome, outcome.value, 0.42, detail, START, sources)


def a_reply(
    text: str,
    used: tuple[Used, ...] = (),
    notices: tuple[str, ...] = (),
    question: str = "",
    reference: str = "",
) -> Reply:
    return Reply("turn", ROOM, text, used, notices=notices, question=question, reference=reference)


def an_item(name: str, **arguments: Value) -> ApprovalItem:
    return ApprovalItem("act", name, arguments, "fingerprint")


def an_approval(text: str, *items: ApprovalItem, asker: str = "UASKER1") -> Approval:
    shown = items or (an_item(text, day=text, urgent=True, amount=3),)
    return Approval("ap1", str(ROOM), asker, shown, text, START, START + timedelta(minutes=15))


def a_spec(text: str, method: str = "POST", endpoint: str = "https://api.example.com/{id}") -> ActionSpec:
    parameters = (
        Parameter("day", ParameterType.STRING, choices=("Monday", "Friday")),
        Parameter("urgent", ParameterType.BOOLEAN),
        Parameter("amount", ParameterType.NUMBER),
    )
    return ActionSpec("act", text, text, Effect.WRITE, HttpCall(method, endpoint), parameters)


def an_action(text: str, enabled: bool = False) -> ActionState:
    return ActionState(a_spec(text), enabled, text)


def a_run(text: str, state: RunState = RunState.ERROR) -> Run:
    return Run(
        "r1", "turn", str(ROOM), "act", text, text, {}, "chat", "UASKER1", state, START, detail=text, seconds=1.5
    )
