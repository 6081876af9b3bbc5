"""Where something happens in Discord, and who does it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.message import ConversationId, Platform

DIRECT = "@me"
"""Stands for the guild of direct messages, as in Discord's own addresses."""


@dataclass(frozen=True, slots=True)
class Place:
    """A thread, or a channel where ``thread`` is empty. A thread has the id of the message that it begins at."""

    guild: str
    """Empty in direct messages."""
    channel: str
    """For a thread the channel or forum that it belongs to."""
    thread: str = ""

    @property
    def conversation(self) -> ConversationId:
        """The engine's name for it: everyone in a thread shares one memory."""
        return ConversationId(Platform.DISCORD, f"{self.guild or DIRECT}/{self.channel}", self.thread)

    @property
    def target(self) -> int:
        """The channel id that messages go to."""
        return int(self.thread or self.channel)

    @property
    def is_direct(self) -> bool:
        """Direct messages with the bot: nobody else reads them."""
        return not self.guild

    @classmethod
    def of(cls, conversation: ConversationId) -> Place:
        """Undo ``conversation``. Raises ValueError for another platform's."""
        if conversation.platform is not Platform.DISCORD:
            raise ValueError(f"{conversation} is not in Discord")
        guild, _, channel = conversation.channel.partition("/")
        return cls("" if guild == DIRECT else guild, channel, conversation.thread)


def sender_id(user: int | str) -> str:
    """The engine's name for a person: the same in every guild."""
    return f"{Platform.DISCORD}:{user}"


def user_of(sender: str) -> str:
    """The user id of a sender id of ours."""
    return sender.rpartition(":")[2].rpartition("/")[2]
