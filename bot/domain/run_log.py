"""What a run says of itself while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EntryKind(StrEnum):
    STEP = "step"
    """Something of ours: it began, it ended, it was stopped."""
    INFO = "info"
    """What the action printed."""
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry; masked."""

    at: datetime
    kind: EntryKind
    text: str


@dataclass(frozen=True, slots=True)
class PlacedEntry:
    """An entry as it is kept."""

    place: int
    """Its number in the log of its run, from 1; what follows it is asked for by this."""
    entry: LogEntry


class Resolution(StrEnum):
    """What a person found out about a run whose end is not known."""

    DONE = "done"
    NOT_DONE = "not-done"
    AGAIN = "again"
    """It was not done, and is to be done now."""
