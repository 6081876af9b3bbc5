"""What all parts of the Discord adapter share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.adapters.chat.durable import Durable
from bot.adapters.chat.tasks import Tasks
from bot.adapters.discord.config import Rules
from bot.adapters.discord.linking import Linking
from bot.adapters.discord.outbox import Outbox
from bot.adapters.discord.people import People
from bot.ports import Claims, Clock, Conversations, NewId, Sealing


@dataclass(frozen=True, slots=True)
class Desk:
    """Built once by the application."""

    conversations: Conversations
    outbox: Outbox
    people: People
    linking: Linking
    claims: Claims
    durable: Durable
    sealing: Sealing
    tasks: Tasks
    rules: Rules
    clock: Clock
    new_id: NewId
    sleep: Callable[[float], Awaitable[None]]
    fetch: Callable[[str], Awaitable[bytes]]
    """A file of a message. Raises DiscordUnreachable or DiscordRefused."""
