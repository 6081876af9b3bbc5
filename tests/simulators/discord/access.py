"""Who may do what where: roles, overwrites and threads put together. docs.discord.com, permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulators.discord.model import Channel
from tests.simulators.discord.protocol import ALL_PERMISSIONS, PERMISSIONS, Kinds, permissions, refused

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core
    from tests.simulators.discord.guild import Guild

_IN_DM = permissions(
    "view_channel", "send_messages", "add_reactions", "embed_links", "attach_files", "read_message_history",
    "use_application_commands",
)  # fmt: skip


def in_guild(guild: Guild, user: str) -> int:
    """What the roles of a member allow, before any channel."""
    member = guild.members.get(user)
    if member is None:
        return 0
    bits = guild.everybody.permissions
    for each in member.roles:
        bits |= guild.roles[each].permissions
    whole = user == guild.owner or bits & PERMISSIONS["administrator"]
    return ALL_PERMISSIONS if whole else bits


def of(core: Core, user: str, channel: Channel) -> int:
    """What a user may do in a channel; a thread follows its parent."""
    if channel.guild is None:
        return _IN_DM if user in (*channel.recipients, core.bot.id) else 0
    guild = core.guilds[channel.guild]
    base = in_guild(guild, user)
    if base == ALL_PERMISSIONS or not base:
        return base
    place = core.channels[channel.parent] if channel.thread and channel.parent else channel
    for allow, deny in _layers(guild, user, place):
        base = base & ~deny | allow
    return base if base & PERMISSIONS["view_channel"] else 0


def _layers(guild: Guild, user: str, channel: Channel) -> list[tuple[int, int]]:
    """Overwrites: of everybody, of all roles together, of the member."""
    over = channel.overwrites
    roles = [over[each] for each in guild.members[user].roles if each in over]
    allow = deny = 0
    for _, allowed, denied in roles:
        allow, deny = allow | allowed, deny | denied
    none = (0, 0, 0)
    return [over.get(guild.id, none)[1:], (allow, deny), over.get(user, none)[1:]]


def may(core: Core, user: str, channel: Channel, *names: str) -> bool:
    """Whether the user has all of these there."""
    have = of(core, user, channel)
    return all(have & PERMISSIONS[each] for each in names)


def sees(core: Core, user: str, channel: Channel) -> bool:
    """Whether the user sees the channel; a private thread only from inside."""
    if not may(core, user, channel, "view_channel"):
        return False
    private = channel.kind == Kinds.PRIVATE_THREAD and channel.thread is not None
    if not private or (channel.thread and user in channel.thread.members):
        return True
    return may(core, user, channel, "manage_threads")


def require(core: Core, channel: Channel, *names: str) -> None:
    """Refuse the bot what it may not do."""
    if not sees(core, core.bot.id, channel):
        raise refused(50001)
    if not may(core, core.bot.id, channel, *names):
        raise refused(50013)


def speaking(channel: Channel) -> str:
    """The permission to send there; in threads it is another one."""
    return "send_messages_in_threads" if channel.thread else "send_messages"
