"""The words of Discord's protocol: refusals, snowflakes, flags, intents, permissions and the app itself."""

from __future__ import annotations

import datetime
import itertools
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.simulators.slack.clock import Clock

JSON = dict[str, Any]

_EPOCH_MS = 1_420_070_400_000
_MANY = 1 << 22

PERMISSIONS = {
    "kick_members": 1 << 1, "administrator": 1 << 3, "manage_channels": 1 << 4, "manage_guild": 1 << 5,
    "add_reactions": 1 << 6, "view_channel": 1 << 10, "send_messages": 1 << 11, "manage_messages": 1 << 13,
    "embed_links": 1 << 14, "attach_files": 1 << 15, "read_message_history": 1 << 16, "mention_everyone": 1 << 17,
    "manage_roles": 1 << 28, "manage_webhooks": 1 << 29, "use_application_commands": 1 << 31,
    "manage_threads": 1 << 34, "create_public_threads": 1 << 35, "create_private_threads": 1 << 36,
    "send_messages_in_threads": 1 << 38,
}  # fmt: skip
ALL_PERMISSIONS = sum(PERMISSIONS.values())
INVITED_WITH = 309_237_763_136
"""View, send, send in threads, open public threads, embed, attach, read history, react."""


def permissions(*names: str) -> int:
    """The bits of some permissions."""
    return sum(PERMISSIONS[each] for each in names)


EVERYBODY = permissions(
    "add_reactions", "view_channel", "send_messages", "embed_links", "attach_files", "read_message_history",
    "mention_everyone", "use_application_commands", "create_public_threads", "create_private_threads",
    "send_messages_in_threads",
)  # fmt: skip
"""What a new server lets everybody do."""


class Intents:
    """Gateway intents by bit."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_REACTIONS = 1 << 10
    GUILD_TYPING = 1 << 11
    DM_MESSAGES = 1 << 12
    DM_REACTIONS = 1 << 13
    DM_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT
    KNOWN = (1 << 26) - 1


class Flags:
    """Message flags by bit."""

    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SILENT = 1 << 12
    COMPONENTS_V2 = 1 << 15
    MAY_BE_SENT = SUPPRESS_EMBEDS | SILENT | COMPONENTS_V2


class Kinds:
    """Channel types."""

    TEXT, DM, ANNOUNCEMENT, ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 5, 10, 11, 12, 15
    THREADS = (10, 11, 12)


class Types:
    """Message types."""

    DEFAULT, CHANNEL_RENAME, PINNED, JOIN, THREAD_CREATED, REPLY = 0, 4, 6, 7, 18, 19
    COMMAND, THREAD_STARTER, CONTEXT_MENU = 20, 21, 23
    CAN_BE_REPLIED_TO = (0, 7, 19, 20, 23)


class Refused(Exception):
    """Discord answers with an error. ``errors`` holds the faults of a form by the place where they are."""

    def __init__(self, status: int, code: int, message: str, errors: JSON | None = None, **fields: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.fields = fields

    def body(self) -> JSON:
        """The JSON that goes over the wire."""
        told: JSON = {"message": self.message, "code": self.code, **self.fields}
        return {**told, "errors": self.errors} if self.errors else told


_REFUSALS = {
    0: (401, "401: Unauthorized"), 10002: (404, "Unknown Application"), 10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"), 10007: (404, "Unknown Member"), 10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"), 10014: (400, "Unknown Emoji"), 10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"), 10063: (404, "Unknown application command"),
    20009: (403, "Explicit content cannot be sent to the desired recipient(s)"),
    30046: (429, "Maximum number of edits to messages older than 1 hour reached. Try again later."),
    40005: (413, "Request entity too large"), 40060: (400, "Interaction has already been acknowledged."),
    40067: (400, "A tag is required to create a forum post in this channel"),
    50001: (403, "Missing Access"), 50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"), 50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"), 50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"), 50021: (403, "Cannot execute action on a system message"),
    50024: (400, "Cannot execute action on this channel type"), 50027: (401, "Invalid Webhook Token"),
    50083: (400, "Thread is archived"), 50109: (400, "The request body contains invalid JSON."),
    160002: (400, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"), 160005: (400, "Thread is locked"),
    160006: (400, "Maximum number of active threads reached"),
}  # fmt: skip


def refused(code: int, **fields: Any) -> Refused:
    """The refusal with that code."""
    status, message = _REFUSALS[code]
    return Refused(status, code, message, **fields)


@dataclass(frozen=True)
class AppConfig:
    """The app as the developer portal describes it. Tests replace what they are about."""

    name: str = "Deskhand"
    client_secret: str = "sim-client-secret"
    intents: int = Intents.MESSAGE_CONTENT
    """Privileged intents that are switched on in the portal."""
    interactions_url: str | None = None
    """With an Interactions Endpoint URL the gateway carries no interaction."""
    redirect_uris: frozenset[str] | None = None
    """Where people may be sent back to after consent; none means anywhere."""
    shards: int = 1
    """What ``GET /gateway/bot`` recommends."""
    heartbeat_ms: int = 41_250
    max_active_threads: int = 1_000
    old_edits: int = 3
    """Edits of one message in an hour, once it is older than an hour. Discord publishes no number."""
    old_edit_retry_after: float = 0.05
    upload_bytes: int = 10 << 20


class Ids:
    """Snowflakes, each later than all before it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._guilds = itertools.count(1)

    def new(self) -> str:
        """A snowflake of this moment."""
        return str(self._at(self._clock.now()) + next(self._numbers) % _MANY)

    def guild(self) -> str:
        """A snowflake of yesterday; consecutive ones fall on consecutive shards."""
        return str(self._at(self._clock.now() - 86_400) + (next(self._guilds) << 22))

    def secret(self, prefix: str) -> str:
        """Something to be handed out once."""
        return f"{prefix}{next(self._numbers):012x}"

    def _at(self, moment: float) -> int:
        return (int(moment * 1000) - _EPOCH_MS) << 22


def moment_of(snowflake: str) -> float:
    """When a snowflake was made, in seconds since 1970."""
    return ((int(snowflake) >> 22) + _EPOCH_MS) / 1000


def bot_token(application: str, secret: str) -> str:
    """A token of the usual form: the id, then what makes it secret."""
    return f"{urlsafe_b64encode(application.encode()).decode().rstrip('=')}.{secret}.simulated"


def timestamp(moment: float) -> str:
    """ISO 8601 as Discord writes it."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).isoformat(timespec="microseconds")


def listed(values: Iterable[Any]) -> list[Any]:
    """A list of what is not none."""
    return [each for each in values if each is not None]
