"""Where something happens in Slack, and who does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def team_of(body: Mapping[str, Any]) -> str:
    """The workspace that we are installed in, which for shared channels is not always that of the person."""
    authorizations = body.get("authorizations") or ()
    first = authorizations[0] if authorizations else {}
    installed = first.get("team_id") or (body.get("view") or {}).get("app_installed_team_id")
    message = body.get("message") or {}
    ours = message.get("team") if message.get("app_id") == body.get("api_app_id") else ""
    named = (body.get("team") or {}).get("id") or body.get("team_id") or (body.get("user") or {}).get("team_id")
    return str(installed or ours or named or first.get("enterprise_id") or "")
