"""What all parts of the Slack adapter share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.adapters.chat.listening import Listening
from bot.adapters.chat.tasks import Tasks
from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.people import People
from bot.adapters.slack.places import Place
from bot.adapters.slack.responses import Responses
from bot.adapters.slack.sealing import Sealing
from bot.adapters.slack.streaming import Streams
from bot.ports import Claims, Clock, Conversations, NewId, Suggestions


class Streaming(StrEnum):
    """Where answers grow in sight of their asker; where they do not, cards tell all readers of the work."""

    OFF = "off"
    DIRECT = "direct"
    """In direct messages: there the asker is the only reader."""
    ALL = "all"
    """In channels too, where nobody but the asker sees anything until the answer is whole."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Where we answer and how; channels by id."""

    listening: dict[str, Listening] = field(default_factory=dict)
    """Channels that differ from mentions only."""
    allowed: frozenset[str] = frozenset()
    """Channels that we answer in; empty for all that we are a member of."""
    private: frozenset[str] = frozenset()
    """Channels in which only the asker sees the answer, until they share it."""
    patience: float = 0.3
    """Seconds of work until cards are shown: on a turn that is done by then they would only flicker."""
    streaming: Streaming = Streaming.DIRECT
    refresh: float = 60.0
    """Seconds until the status line is told again: Slack takes it away after two minutes."""

    def mode(self, channel: str) -> Listening:
        return self.listening.get(channel, Listening.MENTIONS)

    def streams(self, place: Place) -> bool:
        return self.streaming is Streaming.ALL or (self.streaming is Streaming.DIRECT and place.is_direct)

    def allows(self, channel: str) -> bool:
        return not self.allowed or channel in self.allowed


@dataclass(frozen=True, slots=True)
class Desk:
    """Built once by the application."""

    conversations: Conversations
    outbox: Outbox
    people: People
    claims: Claims
    tasks: Tasks
    rules: Rules
    clock: Clock
    new_id: NewId
    monotonic: Callable[[], float]
    responses: Responses
    suggestions: Suggestions
    sealing: Sealing
    began: datetime
    """When this process did; what was half done before that is nobody's any more."""
    streams: Streams = field(default_factory=Streams, kw_only=True)
