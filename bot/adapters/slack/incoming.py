"""Which messages are for us, each taken once however often Slack delivers it (facts of delivery: retries, doubles)."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.adapters.chat.attachments import LARGEST, Attachment, with_files
from bot.adapters.chat.listening import Listening
from bot.adapters.slack.attachments import read_files
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.people import Profile
from bot.adapters.slack.places import Place
from bot.adapters.slack.turns import Question, answer
from bot.domain.message import ConversationId, Message, Reply
from bot.ports import Watch

_ACCEPTED = frozenset({"", "file_share", "thread_broadcast"})
"""Subtypes that are messages of people; all others are events about messages."""
_NO_PERSON = frozenset({"USLACKBOT", "USLACK", ""})


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message of a person."""

    team: str
    channel: str
    kind: str
    """``channel``, ``group``, ``im`` or ``mpim``."""
    user: str
    text: str
    ts: str
    thread: str
    event_id: str
    mentions_us: bool
    files: tuple[Attachment, ...] = ()

    @property
    def key(self) -> str:
        """What is claimed: a mention comes as two events, and each may come again."""
        return f"slack/{self.team}/{self.channel}/{self.ts}"

    @property
    def place(self) -> Place:
        """Answers go into a thread: the one it is in, else the one that it begins."""
        return Place(self.team, self.channel, self.thread or self.ts)

    @property
    def begins(self) -> bool:
        return not self.thread or self.thread == self.ts


def read(body: Mapping[str, Any], team: str, bot_user: str) -> Incoming | None:
    """The message of an ``event_callback``; None for what no person wrote."""
    event = body.get("event") or {}
    user = str(event.get("user") or "")
    machine = event.get("bot_id") or event.get("bot_profile") or user in {*_NO_PERSON, bot_user}
    if machine or str(event.get("subtype") or "") not in _ACCEPTED or not event.get("ts"):
        return None
    raw = str(event.get("text") or "")
    return Incoming(
        team=team,
        channel=str(event["channel"]),
        kind=str(event.get("channel_type") or ("im" if str(event["channel"]).startswith("D") else "channel")),
        user=user,
        text=plain_text(raw, bot_user),
        ts=str(event["ts"]),
        thread=str(event.get("thread_ts") or ""),
        event_id=str(body.get("event_id") or ""),
        mentions_us=event.get("type") == "app_mention" or f"<@{bot_user}" in raw,
        files=read_files(event),
    )


def plain_text(raw: str, bot_user: str) -> str:
    """What the person wrote: our own mention gone, links as their address, Slack's escapes undone."""
    text = re.sub(rf"<@{re.escape(bot_user)}(\|[^>]*)?>[:,]?", "", raw)
    text = re.sub(r"<(https?://[^|>]+)\|([^>]*)>", lambda m: m[2] if m[1].endswith(m[2]) else f"{m[2]} ({m[1]})", text)
    text = re.sub(r"<mailto:[^|>]+\|([^>]*)>", r"\1", text)
    text = re.sub(r"<(https?://[^>]+|mailto:[^>]+)>", r"\1", text)
    text = re.sub(r"<[#@!][^|>]*\|([^>]*)>", r"\1", text)
    return html.unescape(text).strip()


class Inbox:
    """Takes messages and answers those that are for us."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._pending: dict[str, str] = {}
        """Texts of questions whose turn has not begun."""
        self._claiming: set[str] = set()
        """A mention comes as two events at the same moment; the second need not ask the database."""

    async def take(self, message: Incoming) -> bool:
        """Claim a message and begin to answer it; False if it is not for us or was taken before.

        Returns as soon as it is claimed: Slack wants to know within three seconds, answers take longer.
        """
        if not await self._is_for_us(message) or not await self._claimed(message):
            return False
        self._pending[message.key] = message.text
        self._desk.tasks.spawn(self.answer(message), f"the answer to {message.key}")
        return True

    def replaced(self, message: Incoming) -> bool:
        """Whether a changed text came in time to be the question."""
        in_time = message.key in self._pending
        if in_time:
            self._pending[message.key] = message.text
        return in_time

    async def answer(self, message: Incoming, edited: str = "") -> None:
        """Answer a message that is ours; ``edited`` tells one change of it from another."""
        profile = await self._desk.people.profile(message.team, message.user)
        if profile.is_bot:
            return
        question = Question(
            message.place, profile.sender, message.ts, private=message.channel in self._desk.rules.private
        )

        async def work(watch: Watch) -> Reply:
            text = self._pending.pop(message.key, message.text)
            text = await with_files(text, message.files, partial(self._fetched, message.team))
            return await self._desk.conversations.handle(self._message(message, profile, text, edited), watch)

        await answer(self._desk, question, work)

    async def _fetched(self, team: str, url: str) -> bytes:
        return await self._desk.outbox.fetch(team, url, LARGEST)

    async def _is_for_us(self, message: Incoming) -> bool:
        if message.kind == "im":
            return True
        rules = self._desk.rules
        if not rules.allows(message.channel):
            return False
        if message.mentions_us or (message.begins and rules.mode(message.channel) is Listening.ALL):
            return True
        return not message.begins and await self._desk.conversations.knows(self._conversation(message))

    async def _claimed(self, message: Incoming) -> bool:
        if message.key in self._claiming:
            return False
        self._claiming.add(message.key)
        try:
            return await self._desk.claims.claim(message.key, self._desk.clock())
        finally:
            self._claiming.discard(message.key)

    def _conversation(self, message: Incoming) -> ConversationId:
        """Everyone in a thread shares its memory, unless answers there are private: then each has their own."""
        private = message.channel in self._desk.rules.private
        return message.place.private_to(message.user) if private else message.place.conversation

    def _message(self, message: Incoming, profile: Profile, text: str, edited: str) -> Message:
        return Message(
            id=message.key.removeprefix("slack/") + (f"/{edited}" if edited else ""),
            conversation=self._conversation(message),
            sender=profile.sender,
            text=text,
            sent_at=in_zone(self._desk, profile.zone),
        )


def in_zone(desk: Desk, zone: str) -> datetime:
    """Now, on the asker's own clock where Slack tells their time zone: "Friday" is theirs."""
    now = desk.clock()
    try:
        return now.astimezone(ZoneInfo(zone)) if zone else now
    except (ZoneInfoNotFoundError, ValueError):
        return now
