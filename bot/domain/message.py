"""What people say to the service and what it says back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.approval import Approval
from bot.domain.person import Sender
from bot.domain.run import File, Outcome

MOST_SOURCES = 10
"""Pages that one reply names."""
_STOP = re.compile(r"\W*(stop|abort|cancel)( (it|that|this|please|now))*\W*", re.IGNORECASE)


def asks_to_stop(text: str) -> bool:
    """Whether a message says no more than "stop": it must not wait for what it is to stop."""
    return bool(_STOP.fullmatch(text))


class Platform(StrEnum):
    """Where a conversation takes place."""

    SLACK = "slack"
    DISCORD = "discord"
    WEB = "web"
    TERMINAL = "terminal"


class Origin(StrEnum):
    """What made a message: all of them enter by the same door."""

    CHAT = "chat"
    SCHEDULE = "schedule"
    WEBHOOK = "webhook"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class ConversationId:
    """The unit of order and of memory: a thread, a direct message, a web chat."""

    platform: Platform
    channel: str
    thread: str = ""

    def __str__(self) -> str:
        return f"{self.platform}:{self.channel}:{self.thread}"

    @classmethod
    def parse(cls, text: str) -> ConversationId:
        """Undo ``str()``. Raises ValueError for a platform that does not exist."""
        platform, _, rest = text.partition(":")
        channel, _, thread = rest.partition(":")
        return cls(Platform(platform), channel, thread)


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody wrote in a thread before we were called into it."""

    speaker: str
    text: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came in. ``id`` is the platform's own and is unique within the platform."""

    id: str
    conversation: ConversationId
    sender: Sender
    text: str
    sent_at: datetime
    """Aware; its zone is the reader's where the platform tells it, else UTC."""
    origin: Origin = Origin.CHAT
    background: tuple[Line, ...] = ()
    """What it may be about, oldest first; told when we are first called in. It is read, it asks us for nothing."""


@dataclass(frozen=True, slots=True)
class Source:
    """A page that an answer rests on (F242)."""

    label: str
    """What people read, from the page's owner: data like any other."""
    url: str


def distinct(sources: Iterable[Source], most: int) -> tuple[Source, ...]:
    """The first of them, no page twice. Looks at no more than it needs."""
    found: dict[str, Source] = {}
    for source in sources:
        found.setdefault(source.url, source)
        if len(found) == most:
            break
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Used:
    """One action named in a reply: the attribution that F105 asks for."""

    run_id: str
    action: str
    """Slug."""
    name: str
    """The name that people read."""
    outcome: Outcome
    label: str
    """The named outcome of the action's own list, such as ``not_found``, or the plain outcome."""
    seconds: float | None
    """How long it ran; None when it did not."""
    detail: str = ""
    """One short clause for people when it did not succeed, such as ``timed out after 5 s``."""
    started_at: datetime | None = None
    sources: tuple[Source, ...] = ()
    """Where people may look for themselves; http and https only."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer to a message."""

    turn_id: str
    conversation: ConversationId
    text: str
    """The answer itself, Markdown, masked. The parts below are rendered after it by each face."""
    used: tuple[Used, ...] = ()
    mode: str = ""
    """Who chose and composed, such as ``offline`` or ``gpt-5-mini``; shown where it is not a model."""
    notices: tuple[str, ...] = ()
    """Short plain sentences: offline mode, demo data, the cap reached, an action held back."""
    approval: Approval | None = None
    """Waits for the asker's yes or no."""
    settled: Approval | None = None
    """What waited until this turn answered it: its card has had its day."""
    question: str = ""
    """The one thing that is missing, when the turn cannot go on without it."""
    files: tuple[File, ...] = ()
    """What the actions made: charts, tables. Each face fetches what it can show."""
    reference: str = ""
    """Set when something of ours failed: what to quote to an operator."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """The pages of all that was used."""
        return distinct((source for used in self.used for source in used.sources), MOST_SOURCES)
