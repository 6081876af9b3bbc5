"""What all parts of the Discord adapter share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.adapters.chat.tasks import Tasks
from bot.adapters.discord.config import Rules
from bot.adapters.discord.linking import Linking
from bot.adapters.discord.outbox import Outbox
from bot.adapters.discord.people import People
from bot.adapters.discord.places import Place
from bot.ports import Claims, Clock, Conversations, NewId


@dataclass(frozen=True, slots=True)
class Desk:
    """Built once by the application."""

    conversations: Conversations
    outbox: Outbox
    people: People
    linking: Linking
    claims: Claims
    tasks: Tasks
    rules: Rules
    clock: Clock
    new_id: NewId
    sleep: Callable[[float], Awaitable[None]]
    edits: Callable[[str, str, Place], Awaitable[bool]]
    """Answer a changed question, by what its button is about, for a user id. False if it is not that person's."""
    fetch: Callable[[str], Awaitable[bytes]]
    """A file of a message. Raises DiscordUnreachable or DiscordRefused."""
