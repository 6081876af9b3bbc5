"""What happens to an app from outside: channels vanish, threads close, guilds fail, other bots talk."""

from __future__ import annotations

from tests.simulators.discord import events, posting, threads
from tests.simulators.discord.core import Core
from tests.simulators.discord.guild import Guild
from tests.simulators.discord.model import Channel, Message, User
from tests.simulators.discord.protocol import JSON, Types


def delete_channel(core: Core, channel: Channel) -> None:
    """A channel, with its threads, or one thread is gone."""
    for each in [t for t in core.channels.values() if t.parent == channel.id and not t.deleted]:
        each.deleted = True
    if channel.thread:
        events.thread_deleted(core, channel)
    else:
        events.channel_event(core, "CHANNEL_DELETE", channel)
    channel.deleted = True
    core.changes.tell()


def archive(core: Core, thread: Channel, *, locked: bool = False) -> None:
    """A thread is closed; a locked one can be opened by moderators only."""
    assert thread.thread
    thread.thread.archived, thread.thread.locked = True, locked
    thread.thread.archived_at = core.clock.now()
    events.thread_changed(core, thread)
    core.changes.tell()


def add_to_thread(core: Core, thread: Channel) -> None:
    """A person adds the bot to a private thread."""
    threads.join(core, thread, core.bot)


def remove_bot(guild: Guild) -> None:
    """The bot is thrown out of a guild."""
    guild.members.pop(guild.core.bot.id)
    events.guild_gone(guild.core, guild, outage=False)


def outage(guild: Guild) -> None:
    """A guild is out of order; the bot is still a member."""
    guild.out = True
    events.guild_gone(guild.core, guild, outage=True)


def recover(guild: Guild) -> None:
    """The outage is over."""
    guild.out = False
    events.guild_available(guild.core, guild)


def preview(core: Core, message: Message, title: str) -> None:
    """Discord adds a preview of a link: an update that nobody made, with no new ``edited_timestamp``."""
    message.embeds = [{"type": "article", "title": title, "url": "https://example.com/"}]
    core.changed(message)


def other_bot(guild: Guild, name: str) -> User:
    """Another app's bot user."""
    for member in guild.members.values():
        if member.user.name == name:
            return member.user
    user = guild.core.add_user(name, bot=True)
    guild.join(user)
    return user


def bot_says(guild: Guild, name: str, where: Channel | str, text: str) -> Message:
    """Another bot writes."""
    return _say(guild, guild.place(where), other_bot(guild, name), text, {})


def webhook_says(guild: Guild, name: str, where: Channel | str, text: str) -> Message:
    """A webhook writes: its author is no member, and has the webhook's id."""
    user = guild.core.add_user(name, bot=True)
    return _say(guild, guild.place(where), user, text, {"webhook": user.id})


def joins(guild: Guild, user: User, where: Channel | str) -> Message:
    """The notice that somebody joined the guild."""
    return posting.system(guild.core, guild.place(where), Types.JOIN, user)


def _say(guild: Guild, channel: Channel, user: User, text: str, more: JSON) -> Message:
    core = guild.core
    made = Message(core.ids.new(), channel.id, user, text, **more)
    core.call(made, None)
    return core.post(made)
