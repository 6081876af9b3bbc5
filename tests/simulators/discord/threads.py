"""Threads and forum posts: how they begin, for people and bots alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulators.discord import events, posting
from tests.simulators.discord.model import Channel, Message, Thread, User
from tests.simulators.discord.protocol import Flags, Kinds, Types, refused

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core

MINUTES = (60, 1440, 4320, 10080)
DEFAULT_MINUTES = 4320


def begin(
    core: Core, parent: Channel, owner: User, name: str, *, key: str | None = None, kind: int | None = None,
    minutes: int = DEFAULT_MINUTES,
) -> Channel:  # fmt: skip
    """A new thread with its owner inside. The app hears of it only by ``announce``."""
    announcement = parent.kind == Kinds.ANNOUNCEMENT
    public = Kinds.ANNOUNCEMENT_THREAD if announcement else Kinds.PUBLIC_THREAD
    now = core.clock.now()
    state = Thread(owner.id, now, now, minutes=minutes, created=now, members={owner.id})
    made = Channel(
        key or core.ids.new(), public if kind is None else kind, name, parent.guild, parent.id, thread=state
    )  # fmt: skip
    core.channels[made.id] = made
    return made


def check_room(core: Core, parent: Channel) -> None:
    """A guild has only so many active threads."""
    active = [
        each for each in core.channels.values()
        if each.guild == parent.guild and each.thread and not each.thread.archived and not each.deleted
    ]  # fmt: skip
    if len(active) >= core.config.max_active_threads:
        raise refused(160006)


def from_message(core: Core, message: Message, owner: User, name: str, minutes: int = DEFAULT_MINUTES) -> Channel:
    """A thread at a message; both have the same id. A notice that refers to the message stands first in it."""
    parent = core.channels[message.channel]
    made = begin(core, parent, owner, name, key=message.id, minutes=minutes)
    message.thread = made.id
    message.flags |= Flags.HAS_THREAD
    events.thread_created(core, made)
    reference = posting.reply_to(message, parent)
    posting.system(core, made, Types.THREAD_STARTER, message.author, reference=reference)
    core.changed(message)
    return made


def alone(core: Core, parent: Channel, owner: User, name: str, kind: int, minutes: int = DEFAULT_MINUTES) -> Channel:
    """A thread at no message. A public one is announced in the channel."""
    made = begin(core, parent, owner, name, kind=kind, minutes=minutes)
    events.thread_created(core, made)
    if kind != Kinds.PRIVATE_THREAD:
        reference = {"type": 0, "channel_id": made.id, "guild_id": made.guild}
        posting.system(core, parent, Types.THREAD_CREATED, owner, content=name, reference=reference, thread=made.id)
    core.changes.tell()
    return made


def join(core: Core, thread: Channel, user: User) -> None:
    """Somebody is in a thread from now on; a private one appears to them."""
    assert thread.thread
    if user.id in thread.thread.members:
        return
    thread.thread.members.add(user.id)
    if user.id == core.bot.id:
        events.thread_created(core, thread, newly=False)
    events.thread_joined(core, thread, user.id)
    core.changes.tell()
