"""The engine as adapters know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.action import ActionSpec
from bot.domain.approval import Approval
from bot.domain.message import ConversationId, Message, Platform, Reply
from bot.domain.overview import Overview
from bot.domain.person import Sender
from bot.domain.run import Document
from bot.domain.turn import Turn
from bot.ports.basics import Watch


@dataclass(frozen=True, slots=True)
class Edited:
    """The question that took the place of another one, or why it did not."""

    approval: Approval | None
    problem: str = ""
    """In words for the person who tried; about the whole question."""
    faults: Mapping[tuple[int, str], str] = field(default_factory=dict)
    """What is wrong with single values, by the place of the call and the name of its parameter."""


class Conversations(Protocol):
    """The engine as adapters know it."""

    async def handle(self, message: Message, watch: Watch) -> Reply:
        """Answer one message. The same message again gives the same reply and runs nothing."""
        ...

    async def decide(
        self, approval_id: str, approved: bool, by: Sender, watch: Watch, at: datetime | None = None
    ) -> Reply:
        """Carry out or drop what waits. Anyone but the asker gets a refusal and nothing changes.

        ``at`` is when they decided: a yes that was given in time counts, however late it is carried out.
        """
        ...

    async def edit(self, approval_id: str, given: Sequence[Mapping[str, str]], by: Sender) -> Edited:
        """Put a changed question in the place of one that waits: values by name for each of its calls."""
        ...

    async def feedback(self, turn_id: str, good: bool, by: Sender, reason: str = "", words: str = "") -> None:
        """Keep what a person thinks of an answer."""
        ...

    async def actions(self) -> Mapping[str, ActionSpec]:
        """The actions that may be asked for, by slug."""
        ...

    async def overview(self, by: Sender) -> Overview:
        """What this person can ask for, what ran for them, what waits for them."""
        ...

    async def waiting(self, approval_id: str, by: Sender) -> Approval | None:
        """What still waits under that id, if ``by`` may decide it."""
        ...

    async def request(self, approval_id: str, by: Sender) -> Approval | None:
        """What was asked under that id, whatever became of it, if ``by`` may decide it."""
        ...

    async def expired(self, platform: Platform, since: datetime, until: datetime) -> Sequence[Approval]:
        """What was asked there and ran out in that time with nobody having answered, oldest first."""
        ...

    async def turn(self, turn_id: str, by: Sender) -> Turn | None:
        """A turn that ``by`` asked for; None for everyone else."""
        ...

    async def knows(self, conversation: ConversationId) -> bool:
        """Whether anything there was ever answered, or will be."""
        ...

    async def stop(self, conversation: ConversationId | None, by: Sender) -> Sequence[str]:
        """Stop what is under way for ``by`` there, or anywhere; the names. Their turns answer with what they have."""
        ...

    async def document(self, run_id: str, place: int, by: Sender) -> Document | None:
        """A file that a run for ``by`` made; None for everyone else."""
        ...
