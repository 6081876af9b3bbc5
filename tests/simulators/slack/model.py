"""What a workspace is made of."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.simulators.slack.protocol import JSON, without_none

ChannelType = Literal["channel", "group", "im", "mpim"]
_SCOPES = (
    "app_mentions:read chat:write chat:write.public commands im:history im:read im:write channels:history"
    " groups:history mpim:history mpim:read channels:read groups:read users:read users:read.email usergroups:read"
    " reactions:read reactions:write files:read files:write assistant:write team:read"
)
BOT_SCOPES = frozenset(_SCOPES.split())
"""All that a well-installed app would have; tests take away."""


@dataclass
class User:
    """A person or a bot."""

    id: str
    name: str
    team: str
    email: str | None = None
    real_name: str = ""
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    """Of another organisation, through Slack Connect."""
    deleted: bool = False
    time_zone: str = "Europe/London"

    def as_json(self, with_email: bool) -> JSON:
        """As ``users.info`` tells it."""
        profile = without_none({
            "real_name": self.real_name, "display_name": self.name, "team": self.team,
            "email": self.email if with_email and not self.is_stranger else None,
        })  # fmt: skip
        return {
            "id": self.id, "team_id": self.team, "name": self.name, "real_name": self.real_name, "profile": profile,
            "tz": self.time_zone, "is_bot": self.is_bot, "deleted": self.deleted, "is_restricted": self.is_guest,
            "is_ultra_restricted": False, "is_stranger": self.is_stranger, "is_app_user": False,
        }  # fmt: skip


@dataclass
class Channel:
    """A channel, a private group or a direct message."""

    id: str
    name: str
    kind: ChannelType = "channel"
    members: set[str] = field(default_factory=set)
    archived: bool = False
    shared: bool = False
    topic: str = ""

    def as_json(self, bot: str) -> JSON:
        """As ``conversations.info`` tells it."""
        told: JSON = {
            "id": self.id, "is_channel": self.kind == "channel", "is_group": self.kind == "group",
            "is_im": self.kind == "im", "is_mpim": self.kind == "mpim", "is_archived": self.archived,
            "is_private": self.kind != "channel", "is_ext_shared": self.shared, "is_member": bot in self.members,
            "created": 1700000000, "num_members": len(self.members),
        }  # fmt: skip
        if self.kind == "im":
            return {**told, "user": next(iter(sorted(self.members - {bot})), bot)}
        return {**told, "name": self.name, "topic": {"value": self.topic}, "purpose": {"value": ""}}


@dataclass
class Stream:
    """A message that is being written."""

    began: float
    recipient: str | None
    display: str = "timeline"
    state: Literal["live", "done", "expired", "stopped"] = "live"
    text: str = ""
    first: str = ""
    """What the others in a channel see until it ends."""
    plan: str = ""
    tasks: dict[str, JSON] = field(default_factory=dict)
    blocks: list[JSON] = field(default_factory=list)


@dataclass
class Message:
    """One message; changed in place, as people see it change."""

    channel: str
    ts: str
    user: str
    text: str
    team: str
    blocks: list[JSON] = field(default_factory=list)
    attachments: list[JSON] = field(default_factory=list)
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    client_msg_id: str | None = None
    only_for: str | None = None
    """An ephemeral message's one reader."""
    edited: JSON | None = None
    metadata: JSON | None = None
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    markdown: str = ""
    """The source where it was sent as ``markdown_text``."""
    stream: Stream | None = None
    truncated: bool = False
    broadcast: bool = False
    versions: list[str] = field(default_factory=list)
    """What the text was before each edit."""

    @property
    def root(self) -> str:
        """The thread that it is in or would start."""
        return self.thread_ts or self.ts

    def as_json(self, files: Mapping[str, File]) -> JSON:
        """As events and history tell it."""
        told = without_none({
            "type": "message", "user": self.user, "text": self.text, "ts": self.ts, "team": self.team,
            "thread_ts": self.thread_ts, "subtype": self.subtype, "bot_id": self.bot_id, "app_id": self.app_id,
            "client_msg_id": self.client_msg_id, "edited": self.edited, "metadata": self.metadata,
        })  # fmt: skip
        for key, value in (("blocks", self.blocks), ("attachments", self.attachments)):
            told |= {key: value} if value else {}
        if self.files:
            told["files"] = [files[each].as_json() for each in self.files]
        if self.reactions:
            told["reactions"] = [{"name": n, "users": u, "count": len(u)} for n, u in self.reactions.items()]
        return told


@dataclass
class File:
    """An uploaded file; ``content`` is none until its bytes came."""

    id: str
    name: str
    length: int
    user: str
    url: str
    title: str = ""
    content: bytes | None = None
    shared: bool = False

    def as_json(self) -> JSON:
        """As messages carry it."""
        return {
            "id": self.id, "name": self.name, "title": self.title or self.name, "size": self.length, "user": self.user,
            "filetype": self.name.rpartition(".")[2], "mimetype": _media_type(self.name), "url_private": self.url,
            "url_private_download": self.url,
            "mode": "hosted",
        }  # fmt: skip


@dataclass
class View:
    """A modal or a Home."""

    id: str
    user: str
    view: JSON
    hash: str
    root: str
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)

    def as_json(self, team: str, app: str, bot: str) -> JSON:
        """As the Web API and payloads tell it."""
        defaults = {"private_metadata": "", "callback_id": "", "state": {"values": {}}, "external_id": ""}
        return {
            **defaults, **self.view, "id": self.id, "team_id": team, "hash": self.hash, "root_view_id": self.root,
            "previous_view_id": self.previous, "app_id": app, "app_installed_team_id": team, "bot_id": bot,
        }  # fmt: skip


@dataclass
class Installation:
    """A bot token: of which workspace, with which scopes, until when."""

    token: str
    team: str
    scopes: frozenset[str] = BOT_SCOPES
    expires: float | None = None
    refresh: str | None = None
    fault: str = ""
    """Why the token is no longer good, in Slack's word."""


@dataclass(frozen=True)
class Call:
    """One recorded request and its answer."""

    method: str
    arguments: JSON
    team: str
    answer: JSON
    status: int
    at: float

    @property
    def error(self) -> str:
        """Slack's word for the refusal; empty when it was well."""
        return str(self.answer.get("error", "")) if self.status == 200 else str(self.status)


@dataclass(frozen=True)
class Alarm:
    """Something that would have called people who were not to be called."""

    where: str
    """The method and the JSON pointer."""
    live: str
    text: str


@dataclass(frozen=True)
class Trigger:
    """A ``trigger_id``: good once, for three seconds."""

    user: str
    expires: float
    view: str | None = None


@dataclass
class ResponseUrl:
    """A ``response_url``: five posts in thirty minutes."""

    channel: str
    user: str
    expires: float
    message: Message | None = None
    thread_ts: str | None = None
    left: int = 5
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Consent:
    """A person agreed; the code may be exchanged once, in ten minutes."""

    team: str
    user: str
    scopes: frozenset[str]
    expires: float
    redirect_uri: str = ""
    used: bool = False


def _media_type(name: str) -> str:
    """Slack looks into the file; its ending will do here."""
    if name.endswith((".log", ".md", ".yaml", ".yml")):
        return "text/plain"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
