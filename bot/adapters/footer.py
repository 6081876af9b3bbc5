"""What stands under every answer: the actions used, notices, questions, what waits for a yes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.approval import Approval, ApprovalItem
from bot.domain.message import Reply, Source, Used
from bot.domain.run import File, Outcome, RunState

_MARKS = {
    Outcome.SUCCESS: "✓",
    Outcome.HELD_BACK: "–",
    Outcome.DENIED: "–",
    Outcome.STOPPED: "■",
    Outcome.UNKNOWN: "?",
}


def used_line(reply: Reply) -> str:
    """``Used: Order lookup ✓ 0.4 s · Refund status ✗ timed out after 5 s``; empty when nothing was."""
    return "Used: " + " · ".join(map(_used, reply.used)) if reply.used else ""


def sources_line(reply: Reply) -> str:
    """``Sources: Order 1 (https://shop.example/1) · shop.example (…)``; empty when there are none."""
    said = " · ".join(f"{source.label} ({source.url})" for source in reply.sources)
    return f"Sources: {said}" if said else ""


def run_mark(state: RunState) -> str:
    """One sign for how a run stands."""
    marks = {RunState.DONE: "✓", RunState.STARTED: "◔", RunState.QUEUED: "◔", RunState.UNKNOWN: "?"}
    return marks.get(state, "✗")


def duration(seconds: float) -> str:
    """Tenths below ten seconds, whole seconds above, minutes from one minute on."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def card(approval: Approval) -> str:
    """The question about a write: each action with its exact arguments, and how long it may be answered."""
    minutes = max(1, round((approval.expires_at - approval.created_at).total_seconds() / 60))
    lines = [line for item in approval.items for line in _item(item)]
    return "\n".join(["Please confirm before I run:", *lines, f"Expires in {minutes} minutes."])


def plain(reply: Reply) -> str:
    """The whole reply as text."""
    approval = card(reply.approval) if reply.approval else ""
    reference = f"Reference: {reply.reference}" if reply.reference else ""
    lines = (used_line(reply), sources_line(reply), files_line(reply), *reply.notices, reference)
    under = "\n".join(filter(None, lines))
    return "\n\n".join(filter(None, (reply.text, reply.question, approval, under)))


def files_line(reply: Reply) -> str:
    """``Files: chart.png (24 kB)``, and how to get them in a terminal; empty when there are none."""
    if not reply.files:
        return ""
    names = ", ".join(f"{file.name} ({max(1, round(file.size / 1000))} kB)" for file in reply.files)
    runs = " ".join(dict.fromkeys(f"--run {file.run_id}" for file in reply.files))
    return f"Files: {names}. Save them with: deskhand history {runs} --save FOLDER"


def as_json(reply: Reply, question: str) -> dict[str, Any]:
    """The reply for programs: ``ask --json`` and the HTTP API."""
    return {
        "turn_id": reply.turn_id,
        "conversation": reply.conversation.channel,
        "message": question,
        "reply": plain(reply),
        "text": reply.text,
        "used": [_used_json(used) for used in reply.used],
        "mode": reply.mode,
        "notices": list(reply.notices),
        "question": reply.question or None,
        "approval": _approval_json(reply.approval) if reply.approval else None,
        "files": [_file_json(file) for file in reply.files],
        "reference": reply.reference or None,
    }


def _used(used: Used) -> str:
    mark = _MARKS.get(used.outcome, "✗")
    if used.outcome is Outcome.SUCCESS:
        return f"{used.name} {mark} {duration(used.seconds or 0)}"
    return f"{used.name} {mark} {used.detail or used.label.replace('_', ' ')}"


def _item(item: ApprovalItem) -> Iterator[str]:
    yield f"- {item.name}"
    for name, value in item.arguments.items():
        yield f"    {name.replace('_', ' ')}: {value}"


def _used_json(used: Used) -> Mapping[str, Any]:
    return {
        "run_id": used.run_id,
        "action": used.action,
        "name": used.name,
        "outcome": used.outcome.value,
        "label": used.label,
        "started_at": used.started_at.isoformat() if used.started_at else None,
        "seconds": None if used.seconds is None else round(used.seconds, 4),
        "detail": used.detail or None,
        "sources": [_source_json(source) for source in used.sources],
    }


def _source_json(source: Source) -> Mapping[str, Any]:
    return {"label": source.label, "url": source.url}


def _file_json(file: File) -> Mapping[str, Any]:
    path = f"/api/v1/runs/{file.run_id}/files/{file.place}"
    return {"name": file.name, "media_type": file.media_type, "size": file.size, "path": path}


def _approval_json(approval: Approval) -> Mapping[str, Any]:
    items = [{"action": item.action, "name": item.name, "arguments": dict(item.arguments)} for item in approval.items]
    return {"id": approval.id, "expires_at": approval.expires_at.isoformat(), "items": items}
