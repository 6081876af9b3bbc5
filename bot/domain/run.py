"""One execution of an action, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.action import Json, Value


class Outcome(StrEnum):
    """How a call ended, whatever the action calls it."""

    SUCCESS = "success"
    ERROR = "error"
    TIMED_OUT = "timed_out"
    STOPPED = "stopped"
    """A person stopped it while it ran."""
    DENIED = "denied"
    UNKNOWN = "unknown"
    """A write that was cut off by a crash: it may be done or not, so it is never tried again unasked."""
    HELD_BACK = "held_back"
    """Did not run because the action that it waits for did not end as it must (Q2)."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that a run made: a chart, a table, a text."""

    name: str
    """Without folders, fit to be shown and saved."""
    media_type: str
    data: bytes = field(repr=False)

    @property
    def is_text(self) -> bool:
        """Whether its bytes are UTF-8 text."""
        return self.media_type.startswith("text/") or self.media_type == "application/json"

    @property
    def is_picture(self) -> bool:
        """Whether a browser or chat can show it in place."""
        return self.media_type in ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True, slots=True)
class File:
    """Where a document of a run is kept, and what is worth knowing before it is fetched."""

    run_id: str
    place: int
    """Its number among the documents of that run, from 0."""
    name: str
    media_type: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What one call gave. Every failure of a call ends as one of these."""

    call_id: str
    action: str
    name: str
    outcome: Outcome
    label: str
    """The first named outcome that held, else the plain outcome."""
    output: str
    """What the model and people read: printed text or the answer's body. Data, never orders."""
    started_at: datetime
    seconds: float
    status: int | None = None
    """HTTP status of an API call; exit code of a script."""
    detail: str = ""
    """One clause for people when it did not succeed."""
    notes: tuple[str, ...] = ()
    """Facts worth recording: tries made, output cut, idempotent repeat."""
    documents: tuple[Document, ...] = ()

    @property
    def succeeded(self) -> bool:
        return self.outcome is Outcome.SUCCESS


class RunState(StrEnum):
    QUEUED = "queued"
    """It will run; nothing was sent yet."""
    STARTED = "started"
    DONE = "done"
    ERROR = "error"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    """It was sent and nobody knows what became of it."""


@dataclass(frozen=True, slots=True)
class Run:
    """The record of one execution (F203-F205). Inputs and output are masked and redacted before they get here."""

    id: str
    turn_id: str
    conversation: str
    action: str
    name: str
    question: str
    inputs: Mapping[str, Value]
    trigger: str
    """What made it run: ``chat``, ``manual``, ``schedule``, ``webhook``."""
    asker: str
    """Who asked: id, and e-mail where known."""
    state: RunState
    started_at: datetime
    effect: str = "read"
    idempotency_key: str = ""
    outcome: str = ""
    output: str = ""
    status: int | None = None
    seconds: float | None = None
    detail: str = ""
    stop_by: str = ""
    """Who wants it stopped; empty while nobody does."""

    @property
    def under_way(self) -> bool:
        """Whether it may still be stopped."""
        return self.state in (RunState.QUEUED, RunState.STARTED)

    @property
    def asker_id(self) -> str:
        """The sender id alone."""
        return self.asker.partition(" <")[0]


@dataclass(frozen=True, slots=True)
class Asker:
    """What an execution may know about who asked, for the built-in variables (F042-F047)."""

    email: str = ""
    name: str = ""
    groups: str = "Everyone"
    """Comma-separated."""


@dataclass(frozen=True, slots=True)
class Response:
    """What an outcome condition may look at: ``response.status``, ``response.body`` (F111)."""

    status: int
    body: Json
    headers: Mapping[str, str]
