"""What a turn has put down before it does anything: enough to go on after a crash without planning anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approval import ApprovalItem, ApprovalState
from bot.domain.plan import OpenCall
from bot.domain.run import Outcome


@dataclass(frozen=True, slots=True)
class Intent:
    """One planned call with its exact values; not redacted, so it is dropped once the turn has ended."""

    id: str
    """The call's id, which is its run's."""
    item: ApprovalItem
    refused: Outcome | None = None
    """It is not to run."""
    reason: str = ""
    """Why not."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The plan of one turn, or of an errand, which has its run's id in place of the turn's."""

    turn_id: str
    intents: tuple[Intent, ...] = ()
    question: str = ""
    """What the runs are about, as it was put."""
    open_calls: tuple[OpenCall, ...] = ()
    mode: str = ""
    notices: tuple[str, ...] = ()
    answer: str = ""
    said: str = ""
    """The whole reply where no model is to word it."""
    approval_id: str = ""
    """The question that was put to the asker."""
    settled_id: str = ""
    """The question that this turn answers."""


@dataclass(frozen=True, slots=True)
class Settling:
    """The end of an open question, as somebody wants it."""

    approval_id: str
    state: ApprovalState
    by: str
    at: datetime
