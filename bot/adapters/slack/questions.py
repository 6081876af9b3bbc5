"""A question on its way: where its answer goes, whom it is for, and what it looks like there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.adapters.slack.past import Mark
from bot.adapters.slack.places import Place, user_of
from bot.adapters.slack.rendering.cards.post import Post
from bot.adapters.slack.rendering.cards.reply import reply_post
from bot.domain.message import Reply
from bot.domain.person import Sender
from bot.ports import Watch

_LONG = 2_000
"""Characters from which on rendering takes more than some milliseconds."""

Work = Callable[[Watch], Awaitable[Reply]]
_ONCE = Mark()


@dataclass(frozen=True, slots=True)
class Question:
    """Where an answer goes, and whom it is for."""

    place: Place
    asker: Sender
    """Known by id at least: who they are is looked up beside the first sign of work."""
    message_ts: str = ""
    """The message that asks; empty for a click or command."""
    private: bool = False
    """Only the asker sees the answer, until they share it."""
    mark: Mark = _ONCE
    """Of the answer."""
    replied: bool = False
    """Its thread is known to have replies."""

    @property
    def user(self) -> str:
        return user_of(self.asker.id)[1]

    @property
    def aside(self) -> Place:
        """Where the asker alone is told: in a thread without replies Slack shows that to nobody, and says ok."""
        return self.place if self.replied else replace(self.place, thread="")


def speaks(reply: Reply) -> bool:
    """A reply that only asks for a yes says so on the card; one message is enough."""
    return bool(reply.used or reply.question or not reply.approval)


async def rendered(reply: Reply, private: bool) -> Post:
    """Long texts take a while to take apart; nobody else waits for that."""
    if len(reply.text) <= _LONG:
        return reply_post(reply, private=private)
    return await asyncio.to_thread(reply_post, reply, private=private)
