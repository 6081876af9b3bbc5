"""What happens to an app from outside: channels close, the app is removed, tokens are revoked, other bots talk."""

from __future__ import annotations

from tests.simulators.slack import events
from tests.simulators.slack.model import Channel, Message, User
from tests.simulators.slack.workspace import Workspace


def archive(workspace: Workspace, channel: Channel) -> None:
    """Nobody can write there any more."""
    channel.archived = True
    event = {"type": "channel_archive", "channel": channel.id, "user": "", "event_ts": workspace.core.ids.ts()}
    workspace.emit("channel_archive", event)
    workspace.core.changes.tell()


def invite_bot(workspace: Workspace, channel: Channel, inviter: User | None = None) -> None:
    """The bot is a member from now on. Slack names the inviter where there was one."""
    channel.members.add(workspace.bot.id)
    event = events.membership(workspace, "member_joined_channel", channel, workspace.bot.id)
    workspace.emit("member_joined_channel", {**event, "inviter": inviter.id} if inviter else event)


def remove_bot(workspace: Workspace, channel: Channel) -> None:
    """The bot is thrown out of a channel."""
    channel.members.discard(workspace.bot.id)
    event = events.membership(workspace, "member_left_channel", channel, workspace.bot.id)
    workspace.emit("member_left_channel", event)
    left = "channel_left" if channel.kind == "channel" else "group_left"
    event = {"type": left, "channel": channel.id, "actor_id": "", "event_ts": workspace.core.ids.ts()}
    workspace.emit(left, event)


def revoke(workspace: Workspace) -> None:
    """Every token of the app in this workspace is dead; the app is told."""
    _kill(workspace, "token_revoked")
    tokens = {"oauth": [], "bot": [workspace.bot.id]}
    workspace.emit("tokens_revoked", {"type": "tokens_revoked", "tokens": tokens})


def uninstall(workspace: Workspace) -> None:
    """The app is removed: its tokens die and both events go out, in no order."""
    _kill(workspace, "account_inactive")
    workspace.emit("app_uninstalled", {"type": "app_uninstalled"})
    tokens = {"oauth": [], "bot": [workspace.bot.id]}
    workspace.emit("tokens_revoked", {"type": "tokens_revoked", "tokens": tokens})


def _kill(workspace: Workspace, fault: str) -> None:
    for each in workspace.core.installations.values():
        if each.team == workspace.team:
            each.fault = fault


def rate_limit_events(workspace: Workspace) -> None:
    """More than 30,000 events in an hour: an envelope without an inner event."""
    core = workspace.core
    core.send("events_api", {
        "token": core.config.verification_token, "type": "app_rate_limited", "team_id": workspace.team,
        "minute_rate_limited": int(core.clock.now()), "api_app_id": core.config.app_id,
    })  # fmt: skip


def unfurl(workspace: Workspace, message: Message, title: str) -> None:
    """Slack adds a preview of a link: ``message_changed`` without ``edited``."""
    previous = message.as_json(workspace.files)
    message.attachments = [{"title": title, "text": title, "from_url": "https://example.com/"}]
    workspace.change(message, previous)


def other_bot(workspace: Workspace, name: str) -> User:
    """Another app's bot user."""
    for user in workspace.users.values():
        if user.name == name:
            return user
    return workspace.add_user(name, is_bot=True)


def bot_says(workspace: Workspace, name: str, channel: Channel, text: str, *, classic: bool = False) -> Message:
    """Another bot writes; ``classic`` ones have the subtype ``bot_message``."""
    user = other_bot(workspace, name)
    message = Message(
        channel.id, workspace.core.ids.ts(), user.id, text, workspace.team, bot_id=f"B{user.id[1:]}",
        app_id="A0OTHER", subtype="bot_message" if classic else None,
    )  # fmt: skip
    return workspace.post(message)
