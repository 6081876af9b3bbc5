"""Posts that answer nobody: results of schedules and webhooks, in a channel, a thread or to one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.message import ConversationId
from bot.domain.post import Address, Delivery, Fired, Post, Streak
from bot.domain.run import Document

__all__ = ["Address", "Outgoing", "PostStore", "Posted", "Poster", "Posting"]


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


class PostStore(Protocol):
    """Posts as they are kept, apart from the runs that they tell of."""

    async def keep(self, posts: Sequence[Post], streak: Streak | None = None) -> None:
        """In one transaction: those that are not known yet, each with its job, and how the streak stands now."""
        ...

    async def get(self, key: str) -> Post | None: ...

    async def queued(self, firing: str) -> Sequence[Post]:
        """What of one firing is still to be posted."""
        ...

    async def last(self, origin: str) -> Post | None:
        """The newest post of results of that origin that was sent or will be."""
        ...

    async def latest(self, origin: str, limit: int) -> Sequence[Post]:
        """Newest first, words to the owner among them."""
        ...

    async def settle(self, post: Post, word: Post | None = None) -> None:
        """In one transaction: what became of it, and a word to its owner if one is owed."""
        ...

    async def streak(self, origin: str) -> Streak: ...
