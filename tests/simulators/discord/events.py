"""What the gateway tells of each change, and which intent it takes to hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulators.discord import access, shapes, telling
from tests.simulators.discord.model import Channel, Interaction, Member, Message, User
from tests.simulators.discord.protocol import JSON, Intents

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core
    from tests.simulators.discord.guild import Guild


@dataclass(frozen=True)
class Event:
    """One dispatch on its way to every session that may hear it."""

    name: str
    data: JSON
    guild: str | None
    intent: int = 0


def _in_channel(core: Core, channel: Channel, name: str, data: JSON, guild_intent: int, dm_intent: int) -> None:
    """An event of what happens inside a channel: only for a bot that sees it."""
    if not access.sees(core, core.bot.id, channel):
        return
    told = {**data, "guild_id": channel.guild} if channel.guild else data
    core.gateway.dispatch(Event(name, told, channel.guild, guild_intent if channel.guild else dm_intent))


def message_created(core: Core, message: Message) -> None:
    """A new message."""
    _of_message(core, message, "MESSAGE_CREATE", telling.for_gateway(core, message))


def message_changed(core: Core, message: Message) -> None:
    """Edited by its author, or completed with a preview or thread."""
    _of_message(core, message, "MESSAGE_UPDATE", telling.for_gateway(core, message))


def message_deleted(core: Core, message: Message) -> None:
    """A message is gone."""
    _of_message(core, message, "MESSAGE_DELETE", {"id": message.id, "channel_id": message.channel})


def _of_message(core: Core, message: Message, name: str, data: JSON) -> None:
    channel = core.channels[message.channel]
    _in_channel(core, channel, name, data, Intents.GUILD_MESSAGES, Intents.DM_MESSAGES)


def reaction(core: Core, name: str, message: Message, user: User, emoji: str) -> None:
    """``MESSAGE_REACTION_ADD`` or ``MESSAGE_REACTION_REMOVE``."""
    channel = core.channels[message.channel]
    told: JSON = {
        "user_id": user.id, "channel_id": message.channel, "message_id": message.id, "burst": False, "type": 0,
        "emoji": {"id": None, "name": emoji, "animated": False}, "message_author_id": message.author.id,
    }  # fmt: skip
    if channel.guild and name.endswith("ADD"):
        told["member"] = shapes.member(core.guilds[channel.guild].members[user.id])
    _in_channel(core, channel, name, told, Intents.GUILD_REACTIONS, Intents.DM_REACTIONS)


def typing(core: Core, channel: Channel, user: User) -> None:
    """Somebody is typing."""
    told: JSON = {"channel_id": channel.id, "user_id": user.id, "timestamp": int(core.clock.now())}
    if channel.guild and user.id in core.guilds[channel.guild].members:
        told["member"] = shapes.member(core.guilds[channel.guild].members[user.id])
    _in_channel(core, channel, "TYPING_START", told, Intents.GUILD_TYPING, Intents.DM_TYPING)


def channel_event(core: Core, name: str, channel: Channel) -> None:
    """``CHANNEL_CREATE``, ``_UPDATE`` or ``_DELETE``; guild channels only."""
    core.gateway.dispatch(Event(name, shapes.channel(core, channel), channel.guild, Intents.GUILDS))


def thread_created(core: Core, channel: Channel, *, newly: bool = True) -> None:
    """A thread appeared: new, or the bot was added to it."""
    told = shapes.channel(core, channel)
    _thread(core, channel, "THREAD_CREATE", {**told, "newly_created": True} if newly else told)


def thread_changed(core: Core, channel: Channel) -> None:
    """A thread was archived, locked, renamed or tagged."""
    _thread(core, channel, "THREAD_UPDATE", shapes.channel(core, channel))


def thread_deleted(core: Core, channel: Channel) -> None:
    """A thread is gone."""
    told = {"id": channel.id, "guild_id": channel.guild, "parent_id": channel.parent, "type": channel.kind}
    _thread(core, channel, "THREAD_DELETE", told)


def thread_joined(core: Core, channel: Channel, user: str) -> None:
    """Somebody was added to a thread."""
    assert channel.thread
    added = [shapes.thread_member(channel, user, channel.thread)]
    count = len(channel.thread.members)
    told = {"id": channel.id, "guild_id": channel.guild, "member_count": count, "added_members": added}
    _thread(core, channel, "THREAD_MEMBERS_UPDATE", told)


def _thread(core: Core, channel: Channel, name: str, told: JSON) -> None:
    if access.sees(core, core.bot.id, channel):
        core.gateway.dispatch(Event(name, told, channel.guild, Intents.GUILDS))


def guild_available(core: Core, guild: Guild) -> None:
    """The bot was invited, or an outage is over."""
    core.gateway.dispatch(Event("GUILD_CREATE", shapes.guild_create(core, guild), guild.id, Intents.GUILDS))


def guild_gone(core: Core, guild: Guild, *, outage: bool) -> None:
    """The bot was removed; ``unavailable`` only when the guild is out of order."""
    told: JSON = {"id": guild.id, "unavailable": True} if outage else {"id": guild.id}
    core.gateway.dispatch(Event("GUILD_DELETE", told, guild.id, Intents.GUILDS))


def member_changed(core: Core, guild: Guild, member: Member) -> None:
    """A member's roles changed. Of itself an app hears without the intent too."""
    told = {**shapes.member(member), "guild_id": guild.id}
    own = member.user.id == core.bot.id
    intent = Intents.GUILDS if own else Intents.GUILD_MEMBERS
    core.gateway.dispatch(Event("GUILD_MEMBER_UPDATE", told, guild.id, intent))


def role_event(core: Core, guild: Guild, name: str, told: JSON) -> None:
    """``GUILD_ROLE_CREATE``, ``_UPDATE`` or ``_DELETE``."""
    core.gateway.dispatch(Event(name, {"guild_id": guild.id, **told}, guild.id, Intents.GUILDS))


def interaction(core: Core, made: Interaction) -> None:
    """A person did something with the app; no intent is needed."""
    guild = core.channels[made.channel].guild
    core.gateway.dispatch(Event("INTERACTION_CREATE", made.body, guild))
