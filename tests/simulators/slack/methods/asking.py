"""One request to the Web API, and the look-ups that most methods share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.simulators.slack.core import Core
from tests.simulators.slack.model import Channel, Installation, Message, User
from tests.simulators.slack.protocol import JSON, Refused
from tests.simulators.slack.workspace import Workspace

_TS = re.compile(r"\d{1,20}\.\d{6}")


@dataclass(frozen=True)
class Ask:
    """Who asks for what, where. Every look-up refuses in Slack's words."""

    core: Core
    workspace: Workspace
    installation: Installation
    method: str
    arguments: JSON

    def get(self, key: str, default: Any = None) -> Any:
        """An argument."""
        return self.arguments.get(key, default)

    def text(self, key: str) -> str:
        """An argument as text; empty when it is absent."""
        return str(self.arguments.get(key) or "")

    def true(self, key: str) -> bool:
        """An argument as yes or no."""
        return self.arguments.get(key) in (True, 1, "1", "true", "True")

    def has(self, scope: str) -> bool:
        """Whether the token carries the scope."""
        return scope in self.installation.scopes

    def require(self, scope: str) -> None:
        """``missing_scope`` where the token does not carry it."""
        if not self.has(scope):
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.installation.scopes)))

    def channel(self, key: str = "channel") -> Channel:
        """The conversation, where the app may know of it."""
        name = self.text(key)
        found = self.workspace.channels.get(name) or self._named(name)
        member = found and self.workspace.bot.id in found.members
        if found is None or (found.kind != "channel" and not member):
            raise Refused("channel_not_found")
        return found

    def writable(self, key: str = "channel", *, public: bool = False) -> Channel:
        """The conversation, where the app may write now. ``public``: chat:write.public is enough."""
        user = self.workspace.users.get(self.text(key))
        found = self.workspace.dm(user) if user else self.channel(key)
        if found.archived:
            raise Refused("is_archived")
        if found.kind == "im" and not self.core.config.messages_tab:
            raise Refused("messages_tab_disabled")
        open_to_all = public and found.kind == "channel" and self.has("chat:write.public")
        if self.workspace.bot.id not in found.members and not open_to_all:
            raise Refused("not_in_channel")
        return found

    def message(self, channel: Channel, key: str = "ts", error: str = "message_not_found") -> Message:
        """A message that everybody in the conversation may see."""
        found = self.workspace.find(channel.id, self.text(key))
        if found is None or found.only_for:
            raise Refused(error)
        return found

    def thread(self, channel: Channel) -> str | None:
        """The ``thread_ts`` asked for: of a root that exists."""
        ts = self.text("thread_ts")
        if not ts:
            return None
        if not _TS.fullmatch(ts):
            raise Refused("invalid_thread_ts")
        root = self.message(channel, "thread_ts", "thread_not_found")
        if root.root != root.ts:
            raise Refused("invalid_thread_ts")
        return ts

    def user(self, key: str = "user") -> User:
        """The user asked for."""
        found = self.workspace.users.get(self.text(key))
        if found is None:
            raise Refused("user_not_found")
        return found

    def _named(self, name: str) -> Channel | None:
        if not name.startswith("#"):
            return None
        return next((c for c in self.workspace.channels.values() if c.name == name[1:] and c.kind == "channel"), None)


Method = Callable[[Ask], JSON]
