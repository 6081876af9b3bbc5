"""What every Web API method asks for: token, scopes, arguments, rate. Source: docs.slack.dev/reference/methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Rule:
    """One method's demands. Of ``scopes`` any one will do."""

    per_minute: int
    scopes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    token: Literal["bot", "app", "none"] = "bot"
    json: bool = True
    """Form-only methods do not see a JSON body."""
    by_channel: bool = False
    burst: int = 0
    """Calls allowed at once; the tier's whole minute when nothing is said."""


TIER1, TIER2, TIER3, TIER4, SPECIAL = 1, 20, 50, 100, 600
_CHAT = ("chat:write",)
_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_MESSAGE = Rule(60, _CHAT, ("channel",), by_channel=True, burst=5)
"""About one a second and channel; short bursts are tolerated."""

RULES: dict[str, Rule] = {
    "auth.test": Rule(SPECIAL),
    "auth.revoke": Rule(TIER3),
    "apps.connections.open": Rule(TIER4, ("connections:write",), token="app"),
    "oauth.v2.access": Rule(TIER4, token="none", json=False),
    "bots.info": Rule(TIER3, ("users:read",), json=False),
    "team.info": Rule(TIER3, ("team:read",), json=False),
    "chat.postMessage": _MESSAGE,
    "chat.postEphemeral": Rule(TIER4, _CHAT, ("channel", "user")),
    "chat.update": Rule(TIER3, _CHAT, ("channel", "ts")),
    "chat.delete": Rule(TIER3, _CHAT, ("channel", "ts")),
    "chat.getPermalink": Rule(SPECIAL, (), ("channel", "message_ts"), json=False),
    "chat.scheduleMessage": Rule(TIER3, _CHAT, ("channel", "post_at")),
    "chat.startStream": Rule(TIER2, _CHAT, ("channel",)),
    "chat.appendStream": Rule(TIER4, _CHAT, ("channel", "ts")),
    "chat.stopStream": Rule(TIER2, _CHAT, ("channel", "ts")),
    "assistant.threads.setStatus": Rule(
        SPECIAL, ("chat:write", "assistant:write"), ("channel_id", "thread_ts", "status")
    ),
    "assistant.threads.setSuggestedPrompts": Rule(TIER3, ("assistant:write",), ("channel_id", "prompts")),
    "assistant.threads.setTitle": Rule(TIER3, ("assistant:write",), ("channel_id", "thread_ts", "title"), json=False),
    "agents.sessions.setStatus": Rule(TIER4, ("chat:write", "assistant:write"), ("channel_id", "status")),
    "agents.sessions.rename": Rule(TIER4, ("chat:write", "assistant:write"), ("channel_id", "title")),
    "blocks.validate": Rule(TIER4),
    "conversations.info": Rule(TIER3, _READ, ("channel",), json=False),
    "conversations.list": Rule(TIER2, _READ, json=False),
    "conversations.members": Rule(TIER4, _READ, ("channel",), json=False),
    "conversations.open": Rule(TIER3, ("im:write", "mpim:write")),
    "conversations.join": Rule(TIER3, ("channels:join",), ("channel",)),
    "conversations.history": Rule(TIER3, _HISTORY, ("channel",), json=False),
    "conversations.replies": Rule(TIER3, _HISTORY, ("channel", "ts"), json=False),
    "users.info": Rule(TIER4, ("users:read",), ("user",), json=False),
    "users.list": Rule(TIER2, ("users:read",), json=False),
    "users.lookupByEmail": Rule(TIER3, ("users:read.email",), ("email",), json=False),
    "usergroups.list": Rule(TIER2, ("usergroups:read",), json=False),
    "usergroups.users.list": Rule(TIER2, ("usergroups:read",), ("usergroup",), json=False),
    "reactions.add": Rule(TIER3, ("reactions:write",), ("channel", "timestamp", "name")),
    "reactions.remove": Rule(TIER2, ("reactions:write",), ("channel", "timestamp", "name")),
    "reactions.get": Rule(TIER3, ("reactions:read",), ("channel", "timestamp"), json=False),
    "views.open": Rule(TIER4, (), ("view", "trigger_id")),
    "views.push": Rule(TIER4, (), ("view", "trigger_id")),
    "views.update": Rule(TIER4, (), ("view",)),
    "views.publish": Rule(TIER4, (), ("user_id", "view")),
    "files.getUploadURLExternal": Rule(TIER4, ("files:write",), ("filename", "length"), json=False),
    "files.completeUploadExternal": Rule(TIER4, ("files:write",), ("files",)),
    "files.info": Rule(TIER4, ("files:read",), ("file",), json=False),
    "files.delete": Rule(TIER3, ("files:write",), ("file",)),
}

EVENT_SCOPES: dict[str, str] = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "channel_archive": "channels:read",
    "assistant_thread_started": "assistant:write",
    "assistant_thread_context_changed": "assistant:write",
}
"""Events that are delivered only with a scope; the others need none."""

SUFFIX = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
"""How scopes and subscriptions name the kinds of conversation."""
