"""Events as they arrive at an app. Field lists: docs.slack.dev/reference/events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulators.slack.model import Channel, Message
from tests.simulators.slack.protocol import JSON, AppConfig, without_none

if TYPE_CHECKING:
    from tests.simulators.slack.workspace import Workspace


def wrapped(workspace: Workspace, event: JSON, config: AppConfig) -> JSON:
    """The ``event_callback`` around an event."""
    authorization = {"enterprise_id": None, "team_id": workspace.team, "user_id": workspace.bot.id, "is_bot": True}
    shared = workspace.channels.get(str(event.get("channel")))
    return {
        "token": config.verification_token, "team_id": workspace.team, "context_team_id": workspace.team,
        "context_enterprise_id": None, "api_app_id": config.app_id, "event": event, "type": "event_callback",
        "event_id": workspace.core.ids.new("Ev"), "event_time": int(workspace.core.clock.now()),
        "authorizations": [{**authorization, "is_enterprise_install": False}],
        "is_ext_shared_channel": bool(shared and shared.shared), "event_context": workspace.core.ids.new("4-"),
    }  # fmt: skip


def message(workspace: Workspace, found: Message) -> JSON:
    """A new message."""
    channel = workspace.channels[found.channel]
    told = {**found.as_json(workspace.files), "channel": channel.id, "channel_type": channel.kind}
    told["event_ts"] = found.ts
    parent = workspace.find(found.channel, found.thread_ts) if found.thread_ts else None
    if parent and parent.ts != found.ts:
        told["parent_user_id"] = parent.user
    if found.bot_id:
        told["bot_profile"] = {"id": found.bot_id, "app_id": found.app_id, "name": workspace.name_of(found.user)}
    return told


def mention(workspace: Workspace, found: Message) -> JSON:
    """The same message, as a mention."""
    told = message(workspace, found)
    return {key: value for key, value in told.items() if key not in ("channel_type", "subtype")} | {
        "type": "app_mention"
    }


def changed(workspace: Workspace, found: Message, previous: JSON) -> JSON:
    """A message was edited; by a person it carries ``edited``."""
    return _hidden(workspace, "message_changed", found.channel) | {
        "message": found.as_json(workspace.files), "previous_message": previous,
    }  # fmt: skip


def deleted(workspace: Workspace, found: Message) -> JSON:
    """A message is gone."""
    previous = found.as_json(workspace.files)
    return _hidden(workspace, "message_deleted", found.channel) | {
        "deleted_ts": found.ts, "previous_message": previous,
    }  # fmt: skip


def _hidden(workspace: Workspace, subtype: str, channel: str) -> JSON:
    ts = workspace.core.ids.ts()
    kind = workspace.channels[channel].kind
    return {"type": "message", "subtype": subtype, "hidden": True, "channel": channel, "ts": ts, "event_ts": ts,
            "channel_type": kind}  # fmt: skip


def membership(workspace: Workspace, name: str, channel: Channel, user: str) -> JSON:
    """``member_joined_channel`` or ``member_left_channel``."""
    kind = "C" if channel.kind == "channel" else "G"
    return {"type": name, "user": user, "channel": channel.id, "channel_type": kind, "team": workspace.team,
            "event_ts": workspace.core.ids.ts()}  # fmt: skip


def reaction(workspace: Workspace, name: str, found: Message, user: str, emoji: str) -> JSON:
    """``reaction_added`` or ``reaction_removed``."""
    item = {"type": "message", "channel": found.channel, "ts": found.ts}
    return {"type": name, "user": user, "reaction": emoji, "item_user": found.user, "item": item,
            "event_ts": workspace.core.ids.ts()}  # fmt: skip


def home_opened(workspace: Workspace, user: str, channel: Channel, tab: str) -> JSON:
    """``app_home_opened``, with the Home that is there already."""
    home = workspace.homes.get(user)
    view = workspace.view_json(home) if home and tab == "home" else None
    return without_none({"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab, "view": view,
                         "event_ts": workspace.core.ids.ts()})  # fmt: skip


def session_stopped(workspace: Workspace, channel: str, thread: str, user: str, streams: list[str]) -> JSON:
    """A person pressed Stop."""
    return {"type": "agent_session_stopped", "channel": channel, "thread_ts": thread, "user": user,
            "streaming_message_ts": streams, "event_ts": workspace.core.ids.ts()}  # fmt: skip


def context_changed(workspace: Workspace, user: str, dm: Channel, channel: str | None) -> JSON:
    """What the person looks at beside the agent."""
    entity = {"type": "slack#/types/channel_id", "value": channel, "team_id": workspace.team}
    return {"type": "app_context_changed", "user": user, "channel": dm.id,
            "context": {"entities": [entity]} if channel else {}, "event_ts": workspace.core.ids.ts()}  # fmt: skip


def assistant_thread(workspace: Workspace, name: str, user: str, root: Message, channel: str | None) -> JSON:
    """The old side panel's events."""
    context = without_none({"channel_id": channel, "team_id": workspace.team if channel else None})
    thread = {"user_id": user, "context": context, "channel_id": root.channel, "thread_ts": root.ts}
    return {"type": name, "assistant_thread": thread, "event_ts": workspace.core.ids.ts()}
