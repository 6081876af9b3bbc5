"""From message to reply: the record that the next turn remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.message import Line, Used
from bot.domain.plan import OpenCall


class TurnState(StrEnum):
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Remembered:
    """An action's result as later turns see it: masked and cut to a budget."""

    action: str
    name: str
    arguments: Mapping[str, object]
    outcome: str
    output: str
    datapoint: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and its one reply."""

    id: str
    message_id: str
    conversation: str
    speaker: str
    """Display name of who asked, else their id."""
    speaker_id: str
    text: str
    started_at: datetime
    state: TurnState = TurnState.STARTED
    mode: str = ""
    reply: str = ""
    used: tuple[Used, ...] = ()
    results: tuple[Remembered, ...] = ()
    open_calls: tuple[OpenCall, ...] = ()
    """What the reply asked for; the next message continues it."""
    approval_id: str = ""
    seconds: float | None = None
    reference: str = ""
    background: tuple[Line, ...] = ()
    """What people wrote there before we were called in with this message."""


@dataclass(frozen=True, slots=True)
class Context:
    """What planner and composer may know about a conversation, oldest turn first, cut to a budget."""

    conversation: str
    text: str
    """The new message."""
    speaker: str
    speaker_email: str
    now: datetime
    turns: tuple[Turn, ...] = ()
    datapoints: Mapping[str, str] | None = None
    background: tuple[Line, ...] = ()
    """What people wrote there before we were called in: data, as outputs are."""

    @property
    def open_calls(self) -> tuple[OpenCall, ...]:
        """The calls that the last reply asked a value for."""
        return self.turns[-1].open_calls if self.turns else ()
