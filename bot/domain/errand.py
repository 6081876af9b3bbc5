"""A run that no message asked for: by hand, by a schedule, by a webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.action import Value
from bot.domain.message import Origin
from bot.domain.person import Sender


@dataclass(frozen=True, slots=True)
class Errand:
    """One action to be run once with given values."""

    run_id: str
    """The id of its run, made when it was put down. The same id again is the same errand."""
    action: str
    """Slug."""
    arguments: Mapping[str, Value]
    """Typed; defaults are filled in where one is left out."""
    origin: Origin
    asker: Sender
    """Who answers for it; what it does, it does with their rights."""
    title: str = ""
    """What the run is for, in the words of whoever reads its record."""
    conversation: str = ""
    """Where it belongs to, as ``str(ConversationId)`` or the schedule's or webhook's own name."""
