"""What Discord is made of."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.simulators.discord.protocol import JSON, Flags, Kinds, Types


@dataclass
class User:
    """A person, a bot or a webhook."""

    id: str
    name: str
    display: str = ""
    bot: bool = False
    email: str | None = None
    verified: bool = True
    accepts_dms: bool = True
    locale: str = "en-GB"

    @property
    def mention(self) -> str:
        """How others mention this user."""
        return f"<@{self.id}>"


@dataclass
class Role:
    """A role of a guild."""

    id: str
    name: str
    permissions: int
    position: int
    mentionable: bool = False
    managed_by: str | None = None
    """The bot whose own role this is."""

    @property
    def mention(self) -> str:
        """How people mention everybody with this role."""
        return f"<@&{self.id}>"


@dataclass
class Member:
    """A user in a guild."""

    user: User
    roles: list[str]
    joined: float
    nick: str | None = None


@dataclass
class Tag:
    """A tag of a forum."""

    id: str
    name: str
    moderated: bool = False


@dataclass
class Thread:
    """What makes a channel a thread."""

    owner: str
    archived_at: float
    """When ``archived`` last changed."""
    active_at: float
    archived: bool = False
    locked: bool = False
    minutes: int = 4320
    """Of silence until it is archived."""
    created: float = 0.0
    members: set[str] = field(default_factory=set)
    tags: list[str] = field(default_factory=list)
    sent: int = 0
    """Messages in it, the first one of a post not counted."""


@dataclass
class Channel:
    """A channel of a guild, a thread, or direct messages."""

    id: str
    kind: int
    name: str
    guild: str | None = None
    parent: str | None = None
    position: int = 0
    topic: str | None = None
    overwrites: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """By role or member: its type (0 role, 1 member), what is allowed, what is denied."""
    tags: list[Tag] = field(default_factory=list)
    requires_tag: bool = False
    recipients: list[str] = field(default_factory=list)
    thread: Thread | None = None
    last_message: str | None = None
    deleted: bool = False

    @property
    def mention(self) -> str:
        """How people mention the channel."""
        return f"<#{self.id}>"

    @property
    def is_dm(self) -> bool:
        """Direct messages have no guild."""
        return self.kind == Kinds.DM

    def tag(self, name: str) -> Tag:
        """The tag of that name."""
        return next(each for each in self.tags if each.name == name)


@dataclass
class Attachment:
    """An uploaded file."""

    id: str
    channel: str
    name: str
    content: bytes
    description: str | None = None
    ephemeral: bool = False

    @property
    def media_type(self) -> str:
        """Discord looks into the file; its ending will do here."""
        if self.name.endswith((".log", ".md", ".yaml", ".yml", ".txt")):
            return "text/plain; charset=utf-8"
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"


@dataclass
class Message:
    """One message; changed in place, as people see it change."""

    id: str
    channel: str
    author: User
    content: str = ""
    type: int = Types.DEFAULT
    embeds: list[JSON] = field(default_factory=list)
    components: list[JSON] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: int = 0
    reference: JSON | None = None
    nonce: str | None = None
    edited_at: float | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    mentions: list[str] = field(default_factory=list)
    """Users that it really mentions, as ``allowed_mentions`` left them."""
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    webhook: str | None = None
    application: str | None = None
    interaction: JSON | None = None
    """``interaction_metadata`` of what it answers."""
    only_for: str | None = None
    """An ephemeral message's one reader."""
    thread: str | None = None
    deleted: bool = False
    tts: bool = False
    late_edits: list[float] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    """What it said before each edit."""

    @property
    def v2(self) -> bool:
        """Made of components only."""
        return bool(self.flags & Flags.COMPONENTS_V2)

    @property
    def loading(self) -> bool:
        """A deferred answer: the app is thinking."""
        return bool(self.flags & Flags.LOADING)

    @property
    def text(self) -> str:
        """What it says, in whichever form."""
        return "\n".join([self.content, *texts(self.components)]).strip()


@dataclass
class Interaction:
    """Something a person did with the app: a token that is good for three seconds, then for fifteen minutes."""

    id: str
    token: str
    type: int
    user: User
    channel: str
    body: JSON
    at: float
    message: Message | None = None
    """The message whose component was used."""
    callback: int | None = None
    """The type of the first response."""
    answer: JSON | None = None
    original: str | None = None
    """The id of ``@original``."""
    ephemeral: bool = False
    state: Literal["waiting", "acknowledged", "given up"] = "waiting"
    posts: list[str] = field(default_factory=list)
    """Ids of the messages that were made with its token."""

    @property
    def choices(self) -> list[JSON]:
        """What an autocomplete was answered with."""
        found: list[JSON] = ((self.answer or {}).get("data") or {}).get("choices") or []
        return found


@dataclass
class Modal:
    """A form that a person has open."""

    user: str
    data: JSON
    interaction: Interaction

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.data["title"])


@dataclass(frozen=True)
class Call:
    """One request to the API as it came and was answered."""

    route: str
    """Such as ``POST /channels/{channel}/messages``."""
    path: str
    arguments: Mapping[str, str]
    """The parts of the path, by name."""
    body: Any
    files: tuple[str, ...]
    status: int
    answer: Any
    at: float
    """Simulated time."""

    @property
    def code(self) -> int:
        """Discord's code of the refusal; zero when it was well."""
        return int(self.answer.get("code", 0)) if isinstance(self.answer, dict) and self.status >= 400 else 0


@dataclass(frozen=True)
class Alarm:
    """Something that would have called people who were not to be called."""

    where: str
    """The route."""
    live: str
    text: str


@dataclass
class Consent:
    """A person agreed; the code may be exchanged once, in ten minutes."""

    user: str
    scopes: frozenset[str]
    expires: float
    redirect_uri: str
    challenge: str | None = None
    used: bool = False


@dataclass
class Grant:
    """An access token of a person."""

    user: str
    scopes: frozenset[str]
    expires: float
    refresh: str
    revoked: bool = False


def texts(components: list[JSON]) -> list[str]:
    """Every text of components, in order."""
    found: list[str] = []
    for each in components:
        if each["type"] == 10:
            found.append(each["content"])
        inner = [*each.get("components", ()), *([each["accessory"]] if "accessory" in each else [])]
        found += texts(inner)
    return found
