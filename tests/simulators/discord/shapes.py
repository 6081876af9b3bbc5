"""Users, members, roles, channels, threads and guilds as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulators.discord import access
from tests.simulators.discord.model import Channel, Member, Role, Thread, User
from tests.simulators.discord.protocol import JSON, Kinds, timestamp

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core
    from tests.simulators.discord.guild import Guild

_REQUIRE_TAG = 1 << 4


def user(found: User) -> JSON:
    """A user, without what only consent tells."""
    return {
        "id": found.id, "username": found.name, "global_name": None if found.bot else found.display,
        "discriminator": "0", "avatar": None, "avatar_decoration_data": None, "bot": found.bot, "system": False,
        "public_flags": 0, "primary_guild": None, "collectibles": None,
    }  # fmt: skip


def own_user(found: User) -> JSON:
    """The bot, as it sees itself."""
    return {**user(found), "verified": True, "mfa_enabled": True, "flags": 0, "email": None, "locale": "en-US"}


def bare_member(found: Member) -> JSON:
    """A member without the user, as messages carry it."""
    return {
        "roles": list(found.roles), "joined_at": timestamp(found.joined), "deaf": False, "mute": False, "flags": 0,
        "nick": found.nick, "avatar": None, "pending": False, "premium_since": None,
        "communication_disabled_until": None,
    }  # fmt: skip


def member(found: Member) -> JSON:
    """A member."""
    return {**bare_member(found), "user": user(found.user)}


def role(found: Role) -> JSON:
    """A role."""
    told: JSON = {
        "id": found.id, "name": found.name, "color": 0, "hoist": False, "position": found.position, "flags": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}, "icon": None,
        "unicode_emoji": None,
        "permissions": str(found.permissions), "managed": found.managed_by is not None,
        "mentionable": found.mentionable,
    }  # fmt: skip
    return {**told, "tags": {"bot_id": found.managed_by}} if found.managed_by else told


def channel(core: Core, found: Channel) -> JSON:
    """Any channel; a thread in a thread's form."""
    if found.is_dm:
        recipients = [user(core.users[each]) for each in found.recipients]
        return {"id": found.id, "type": found.kind, "last_message_id": found.last_message, "recipients": recipients,
                "flags": 0}  # fmt: skip
    if found.thread:
        return thread(core, found, found.thread)
    over = [
        {"id": each, "type": kind, "allow": str(allow), "deny": str(deny)}
        for each, (kind, allow, deny) in found.overwrites.items()
    ]
    told: JSON = {
        "id": found.id, "type": found.kind, "name": found.name, "guild_id": found.guild, "position": found.position,
        "permission_overwrites": over, "nsfw": False, "parent_id": found.parent, "topic": found.topic,
        "last_message_id": found.last_message, "rate_limit_per_user": 0, "flags": 0,
        "default_auto_archive_duration": 4320,
    }  # fmt: skip
    if found.kind == Kinds.FORUM:
        tags = [{"id": t.id, "name": t.name, "moderated": t.moderated, "emoji_id": None, "emoji_name": None}
                for t in found.tags]  # fmt: skip
        told |= {"available_tags": tags, "flags": _REQUIRE_TAG if found.requires_tag else 0, "default_sort_order": None,
                 "default_reaction_emoji": None, "default_forum_layout": 0,
                 "default_thread_rate_limit_per_user": 0}  # fmt: skip
    return told


def thread(core: Core, found: Channel, state: Thread) -> JSON:
    """A thread."""
    told: JSON = {
        "id": found.id, "type": found.kind, "name": found.name, "guild_id": found.guild, "parent_id": found.parent,
        "owner_id": state.owner, "last_message_id": found.last_message, "rate_limit_per_user": 0, "flags": 0,
        "message_count": state.sent, "total_message_sent": state.sent, "member_count": len(state.members),
        "thread_metadata": {
            "archived": state.archived, "locked": state.locked, "auto_archive_duration": state.minutes,
            "archive_timestamp": timestamp(state.archived_at), "create_timestamp": timestamp(state.created),
            "invitable": True,
        },
    }  # fmt: skip
    if found.parent and core.channels[found.parent].kind == Kinds.FORUM:
        told["applied_tags"] = list(state.tags)
    if core.bot.id in state.members:
        told["member"] = thread_member(found, core.bot.id, state)
    return told


def thread_member(found: Channel, user_id: str, state: Thread) -> JSON:
    """Somebody in a thread."""
    return {"id": found.id, "user_id": user_id, "join_timestamp": timestamp(state.created), "flags": 1}


def guild(core: Core, found: Guild) -> JSON:
    """What ``GET /guilds/{guild}`` tells."""
    return {
        "id": found.id, "name": found.name, "icon": None, "splash": None, "discovery_splash": None, "banner": None,
        "owner_id": found.owner, "region": "deprecated", "afk_channel_id": None, "afk_timeout": 300,
        "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0,
        "roles": [role(each) for each in found.roles.values()], "emojis": [], "stickers": [], "features": ["COMMUNITY"],
        "application_id": None, "system_channel_id": None, "system_channel_flags": 0, "rules_channel_id": None,
        "max_members": 500_000, "vanity_url_code": None, "description": None, "premium_tier": 0,
        "premium_subscription_count": 0, "preferred_locale": "en-GB", "public_updates_channel_id": None,
        "nsfw_level": 0, "premium_progress_bar_enabled": False, "safety_alerts_channel_id": None,
        "incidents_data": None,
    }  # fmt: skip


def guild_create(core: Core, found: Guild) -> JSON:
    """What the gateway tells of a guild: with channels, open threads and members."""
    here = [each for each in core.channels.values() if each.guild == found.id and not each.deleted]
    open_threads = [t for t in here if t.thread and not t.thread.archived and access.sees(core, core.bot.id, t)]
    own = found.members[core.bot.id]
    others = [member(each) for each in found.members.values() if each is not own]
    return {
        **guild(core, found), "joined_at": timestamp(own.joined), "large": False, "unavailable": False,
        "member_count": len(found.members), "voice_states": [], "members": [member(own), *others], "presences": [],
        "channels": [channel(core, each) for each in here if not each.thread],
        "threads": [channel(core, each) for each in open_threads], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [],
    }  # fmt: skip
