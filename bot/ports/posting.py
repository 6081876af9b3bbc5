"""Posts that answer nobody: results of schedules and webhooks, in a channel, a thread or to one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.domain.message import ConversationId
from bot.domain.post import Address, Delivery, Fired
from bot.domain.run import Document

__all__ = ["Address", "Outgoing", "Posted", "Poster", "Posting"]


@dataclass(frozen=True, slots=True)
class Posting:
    """One message on its way."""

    key: str
    """Its own name, kept with the message where the platform can, so that a lost answer causes no second message."""
    address: Address
    text: str
    """Markdown, masked."""
    files: tuple[Document, ...] = ()
    again: bool = False
    """It may be there already: look for it first."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a post is now."""

    conversation: ConversationId
    """What people answer there goes on under this id."""
    link: str = ""


class Poster(Protocol):
    """One platform's way to post of its own accord."""

    async def post(self, posting: Posting) -> Posted:
        """Post it once. Raises PostRefused if it never will be, PostUnreachable if another try may help."""
        ...

    async def read_address(self, text: str) -> Address:
        """What people write for a place, such as ``#support`` or a link to it. Raises PostRefused, with the mend."""
        ...


class Outgoing(Protocol):
    """Takes over what came of a schedule or a webhook, and has it posted."""

    async def hand_over(self, fired: Fired, delivery: Delivery) -> None:
        """Once this returns, each post is on disk and will be made once, whatever becomes of this process.

        The same firing again posts nothing more. Without targets only the streak of failures is kept.
        Raises StorageError.
        """
        ...
