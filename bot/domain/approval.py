"""A write that waits for its asker's yes: the durable record that buttons stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.action import Value
from bot.domain.person import Sender


class ApprovalState(StrEnum):
    """``OPEN`` becomes exactly one of the others, once."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    EXPIRED = "expired"
    REPLACED = "replaced"
    """Its asker changed a value, so another question took its place."""


@dataclass(frozen=True, slots=True)
class ApprovalItem:
    """One call as it will run: action and exact arguments."""

    action: str
    name: str
    arguments: Mapping[str, Value]
    fingerprint: str
    """Hash of the definition that was shown; a changed definition voids the approval."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A question put to one person about exact calls, answered at most once, before it expires."""

    id: str
    conversation: str
    asker: str
    """Sender id of the person whose question it is."""
    items: tuple[ApprovalItem, ...]
    question: str
    """The message that led to it."""
    created_at: datetime
    expires_at: datetime
    state: ApprovalState = ApprovalState.OPEN
    decided_by: str = ""
    decided_at: datetime | None = None
    asked_by: Sender | None = None
    """The asker as they were then: what is confirmed runs with their rights. None in old records."""
