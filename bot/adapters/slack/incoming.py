"""Messages of people as Slack's events tell of them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.adapters.chat.attachments import Attachment
from bot.adapters.slack.attachments import read_files
from bot.adapters.slack.desk import Rules
from bot.adapters.slack.places import Place
from bot.domain.action import Json
from bot.domain.message import ConversationId

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
        """Its name: a mention comes as two events, and each may come again."""
        return f"slack/{self.team}/{self.channel}/{self.ts}"

    @property
    def place(self) -> Place:
        """Answers go into a thread: the one it is in, else the one that it begins."""
        return Place(self.team, self.channel, self.thread or self.ts)

    @property
    def begins(self) -> bool:
        return not self.thread or self.thread == self.ts

    def conversation(self, rules: Rules) -> ConversationId:
        """Everyone in a thread shares its memory, unless answers there are private: then each has their own."""
        private = self.channel in rules.private
        return self.place.private_to(self.user) if private else self.place.conversation

    def kept(self) -> dict[str, Json]:
        """As the payload of a job."""
        words = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**words, "files": [asdict(file) for file in self.files]}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Incoming:
        """Undo ``kept``."""
        return cls(**{**payload, "files": tuple(Attachment(**each) for each in payload["files"])})


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
        mentions_us=event.get("type") == "app_mention" or bool(re.search(_mention(bot_user), raw)),
        files=read_files(event),
    )


def plain_text(raw: str, bot_user: str) -> str:
    """What the person wrote: our own mention gone, links as their address, Slack's escapes undone."""
    text = re.sub(rf"{_mention(bot_user)}[:,]?", "", raw)
    return html.unescape(_links_named(text) if "<" in text else text).strip()


def _mention(user: str) -> str:
    """As a pattern. The id is all of it: somebody else's may begin like ours."""
    return rf"<@{re.escape(user)}(\|[^>]*)?>"


def _links_named(text: str) -> str:
    text = re.sub(r"<(https?://[^|>]+)\|([^>]*)>", lambda m: m[2] if m[1].endswith(m[2]) else f"{m[2]} ({m[1]})", text)
    text = re.sub(r"<mailto:[^|>]+\|([^>]*)>", r"\1", text)
    text = re.sub(r"<(https?://[^>]+|mailto:[^>]+)>", r"\1", text)
    return re.sub(r"<[#@!][^|>]*\|([^>]*)>", r"\1", text)


def in_zone(at: datetime, zone: str) -> datetime:
    """A moment on the asker's own clock where Slack tells their time zone: "Friday" is theirs."""
    try:
        return at.astimezone(ZoneInfo(zone)) if zone else at
    except (ZoneInfoNotFoundError, ValueError):
        return at
