"""Posts that answer nobody: results of schedules and webhooks, in a channel, a thread or to one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.domain.message import ConversationId, Platform
from bot.domain.run import Document


@dataclass(frozen=True, slots=True)
class Address:
    """Where a post goes."""

    platform: Platform
    channel: str
    """The channel's id on its platform, with the workspace where there are several; a person's id if ``person``."""
    thread: str = ""
    person: bool = False
    """A direct message."""


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
