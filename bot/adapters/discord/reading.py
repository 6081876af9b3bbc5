"""Reads a message of the gateway: who says what to whom, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import discord

from bot.adapters.chat.attachments import Attachment
from bot.adapters.discord.people import Member, member_of
from bot.adapters.discord.places import Place
from bot.adapters.discord.rendering.thread_name import thread_name

_ACCEPTED = frozenset({discord.MessageType.default, discord.MessageType.reply})
"""All other types are notices of Discord's."""
_THREADS_BEGIN_IN = frozenset({discord.ChannelType.text, discord.ChannelType.news})
_USERS = re.compile(r"<@!?(\d+)>")
_ROLES = re.compile(r"<@&(\d+)>")
_CHANNELS = re.compile(r"<#(\d+)>")
_EMOJI = re.compile(r"<a?:(\w+):\d+>")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message of a person."""

    id: str
    guild: str
    channel: str
    """For a thread its parent."""
    thread: str
    category: str
    member: Member
    text: str
    files: tuple[Attachment, ...] = ()
    in_forum: bool = False
    in_our_thread: bool = False
    """We began the thread that it is in."""
    may_branch: bool = False
    """A thread can begin at it."""
    calls_us: bool = False
    """It mentions us, or answers a message of ours."""
    calls_others: bool = False
    """It mentions other people or answers one of them, and not us."""
    called: frozenset[str] = frozenset()
    """Whom it mentions or answers, by id; not us."""
    replies_to: str = ""
    """The message that it answers."""

    @property
    def key(self) -> str:
        """Of its job: the gateway may deliver it again."""
        return f"{TAKEN}{self.where}/{self.id}"

    @property
    def where(self) -> str:
        """The id of the channel or thread that it was written in."""
        return self.thread or self.channel

    @property
    def begins(self) -> bool:
        """It is the first of a thread, or can be."""
        return not self.thread or self.thread == self.id

    @property
    def place(self) -> Place:
        """Where its answer belongs: the thread that it is in or begins; direct messages have none."""
        return Place(self.guild, self.channel, (self.thread or self.id) if self.guild else "")

    @property
    def places(self) -> tuple[str, ...]:
        """From near to far, for rules."""
        return tuple(filter(None, (self.thread, self.channel, self.category, self.guild)))

    @property
    def title(self) -> str:
        """The name of the thread that begins at it."""
        return thread_name(self.text)


TAKEN = "discord/m/"
"""What keys of kept messages begin with; the channel and the message follow."""
SPARED = "/spared"
"""What follows that in the claim that a person answered."""
DIRECT = "discord/dm/"
"""What keys of direct messages that we have been in begin with; Discord lists them nowhere."""


def read(message: discord.Message, channel: Any, parent: Any, us: int, member: Member | None = None) -> Incoming | None:
    """The message of a person; None for what no person wrote, or nothing can be read of.

    ``channel`` is the one that the message is in, ``parent`` that of a thread, else the same. ``member`` is its
    author where the message itself does not tell the roles.
    """
    if message.author.bot or message.webhook_id or message.type not in _ACCEPTED:
        return None
    thread = channel if isinstance(channel, discord.Thread) else None
    text = _titled(plain_text(message, us), thread, parent, message)
    guild = getattr(channel, "guild", None)
    answered = _answered(message)
    calls_us = us == answered or any(each.id == us for each in message.mentions)
    called = {each.id for each in message.mentions if not each.bot} | ({answered} if answered else set())
    called -= {us, message.author.id}
    files = tuple(_file(each) for each in message.attachments[:10])
    if not text and not files:
        return None
    return Incoming(
        id=str(message.id),
        guild=str(guild.id) if guild else "",
        channel=str(thread.parent_id if thread else channel.id),
        thread=str(thread.id) if thread else "",
        category=str(getattr(parent, "category_id", None) or ""),
        member=member or member_of(message.author),
        text=text,
        files=files,
        in_forum=isinstance(parent, discord.ForumChannel),
        may_branch=getattr(channel, "type", None) in _THREADS_BEGIN_IN,
        in_our_thread=bool(thread and thread.owner_id == us),
        calls_us=calls_us,
        calls_others=bool(called) and not calls_us,
        called=frozenset(map(str, called)),
        replies_to=str(message.reference.message_id or "") if message.reference else "",
    )


def plain_text(message: discord.Message, us: int) -> str:
    """What the person wrote: our own mention gone, those of others as names."""
    people = {each.id: each.display_name for each in message.mentions}
    roles = {each.id: each.name for each in message.role_mentions}
    channels: dict[int, str] = {each.id: getattr(each, "name", "") or "" for each in message.channel_mentions}
    text = re.sub(rf"<@!?{us}>[:,]?", "", message.content)
    text = _USERS.sub(lambda found: f"@{people.get(int(found[1]), 'somebody')}", text)
    text = _ROLES.sub(lambda found: f"@{roles.get(int(found[1]), 'some role')}", text)
    text = _CHANNELS.sub(lambda found: f"#{channels.get(int(found[1]), 'some channel')}", text)
    return _EMOJI.sub(r":\1:", text).strip()


def _titled(text: str, thread: discord.Thread | None, parent: Any, message: discord.Message) -> str:
    """The first message of a forum post is asked with its title."""
    if thread and thread.id == message.id and isinstance(parent, discord.ForumChannel):
        return f"{thread.name}\n\n{text}".strip()
    return text


def _answered(message: discord.Message) -> int:
    """Who wrote what it is a reply to; 0 where that is gone."""
    answered = message.reference.resolved if message.reference else None
    return answered.author.id if isinstance(answered, discord.Message) else 0


def _file(file: discord.Attachment) -> Attachment:
    return Attachment(file.filename, file.content_type or "", file.size, file.url)
