"""Where something happens in Slack, and who does it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.message import ConversationId, Platform


@dataclass(frozen=True, slots=True)
class Place:
    """A thread, or a channel where ``thread`` is empty."""

    team: str
    channel: str
    thread: str = ""

    @property
    def conversation(self) -> ConversationId:
        """The engine's name for it: everyone in a thread shares one memory."""
        return ConversationId(Platform.SLACK, f"{self.team}/{self.channel}", self.thread)

    @classmethod
    def of(cls, conversation: ConversationId) -> Place:
        """The place that a conversation of this platform is at."""
        team, _, channel = conversation.channel.partition("/")
        return cls(team, channel, conversation.thread.partition("/")[0])

    def private_to(self, user: str) -> ConversationId:
        """One person's own memory of it, where answers are theirs alone."""
        return ConversationId(Platform.SLACK, f"{self.team}/{self.channel}", f"{self.thread}/{user}")

    @property
    def is_direct(self) -> bool:
        """Direct messages with the bot: nobody else reads them."""
        return self.channel.startswith("D")


def sender_id(team: str, user: str) -> str:
    """The engine's name for a person."""
    return f"slack:{team}:{user}"


def user_of(sender: str) -> tuple[str, str]:
    """Team and user of a sender id."""
    _, team, user = sender.split(":", 2)
    return team, user
