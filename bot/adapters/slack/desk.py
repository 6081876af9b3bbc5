"""What all parts of the Slack adapter share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.people import People
from bot.adapters.slack.streaming import Streams
from bot.ports import Claims, Clock, Conversations, NewId

log = logging.getLogger(__name__)


class Listening(StrEnum):
    """What of a channel is for us."""

    MENTIONS = "mentions"
    """Messages that mention us, and threads in which we answered."""
    ALL = "all"
    """Every message that begins a thread, too."""


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
    streaming: bool = False
    """Let answers grow in sight of the asker where Slack can."""

    def mode(self, channel: str) -> Listening:
        return self.listening.get(channel, Listening.MENTIONS)

    def allows(self, channel: str) -> bool:
        return not self.allowed or channel in self.allowed


class Tasks:
    """Work that outlives the listener that began it: Slack wants its acknowledgement at once.

    ``async with Tasks() as tasks``; leaving waits for all of it.
    """

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Tasks:
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._group.__aexit__(*error)

    def spawn(self, work: Coroutine[Any, Any, None], what: str) -> None:
        """Do ``work``; what goes wrong in it is logged and disturbs nobody else."""
        self._group.create_task(_guarded(work, what))


async def _guarded(work: Coroutine[Any, Any, None], what: str) -> None:
    try:
        await work
    except Exception:
        log.exception("%s failed", what)


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
    streams: Streams = field(default_factory=Streams, kw_only=True)
