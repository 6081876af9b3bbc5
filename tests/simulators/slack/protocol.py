"""The words of Slack's protocol: refusals, ids, timestamps, signatures and the escaping of text."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulators.slack.clock import Clock

JSON = dict[str, Any]

_MARKUP = re.compile(r"<(?:@[UW][A-Z0-9]+|#[CG][A-Z0-9]+|![^<>\s]+|https?://[^<>\s]+|mailto:[^<>\s]+)>")
_TYPED = re.compile(r"(?<![\w`])@(channel|here|everyone)\b")


class Refused(Exception):
    """Slack answers ``ok: false`` with this error."""

    def __init__(self, error: str, *messages: str, **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.fields: JSON = fields
        if messages:
            self.fields["response_metadata"] = {"messages": list(messages)}

    def body(self) -> JSON:
        """The JSON that goes over the wire."""
        return {"ok": False, "error": self.error, **self.fields}


@dataclass(frozen=True)
class AppConfig:
    """The app as its manifest describes it. Tests replace what they are about."""

    app_id: str = "A0DESKHAND"
    name: str = "Deskhand"
    signing_secret: str = "8f742231b10e8888abcd99yyyzzz85a5"
    client_id: str = "111.222"
    client_secret: str = "sim-client-secret"
    verification_token: str = "sim-verification"
    token_rotation: bool = False
    distributed: bool = False
    """Sold outside the Marketplace: history is one request a minute, 15 objects."""
    interactivity: bool = True
    home_tab: bool = True
    messages_tab: bool = True
    agent_view: bool = True
    commands: frozenset[str] = frozenset({"/deskhand"})
    events: frozenset[str] | None = None
    """Subscribed bot events; none means every one that the scopes allow."""
    message_shortcuts: tuple[tuple[str, str], ...] = (("ask_about_message", "Ask about this message"),)
    """Callback ids and labels."""
    features_off: frozenset[str] = frozenset()
    """Methods that this plan or cloud does not have."""


class Ids:
    """Ids and timestamps that never repeat."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)

    def new(self, prefix: str) -> str:
        """An id such as ``U00000001A``."""
        return f"{prefix}{next(self._numbers):09X}"

    def ts(self) -> str:
        """A message timestamp, later than all before it."""
        return f"{int(self._clock.now())}.{next(self._numbers):06d}"

    def number(self) -> int:
        """The next number."""
        return next(self._numbers)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The ``v0`` signature of a raw body. docs.slack.dev/authentication/verifying-requests-from-slack."""
    return "v0=" + hmac.new(secret.encode(), b":".join((b"v0", timestamp.encode(), body)), hashlib.sha256).hexdigest()


def escape(text: str) -> str:
    """The three characters that Slack escapes in all text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """What a person sees of escaped text."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def composed(typed: str) -> str:
    """What a person's composer sends: markup that it made itself stays, everything else is escaped."""
    parts, end = [], 0
    for found in _MARKUP.finditer(typed):
        parts += [_plain(typed[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, _plain(typed[end:])])


def _plain(text: str) -> str:
    return _TYPED.sub(lambda found: f"<!{found[1]}>", escape(text))


def rich_text(text: str) -> list[JSON]:
    """The blocks that Slack adds to what a person types."""
    elements, end = [], 0
    for found in _MARKUP.finditer(text):
        if found.start() > end:
            elements.append({"type": "text", "text": unescape(text[end : found.start()])})
        elements.append(_element(found[0][1:-1]))
        end = found.end()
    if end < len(text):
        elements.append({"type": "text", "text": unescape(text[end:])})
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}]


def _element(markup: str) -> JSON:
    if markup[0] == "@":
        return {"type": "user", "user_id": markup[1:]}
    if markup[0] == "#":
        return {"type": "channel", "channel_id": markup[1:].partition("|")[0]}
    if markup.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": markup[9:].partition("|")[0]}
    if markup[0] == "!":
        return {"type": "broadcast", "range": markup[1:]}
    return {"type": "link", "url": markup.partition("|")[0]}


def without_none(fields: Mapping[str, Any]) -> JSON:
    """Slack leaves out what is not there."""
    return {key: value for key, value in fields.items() if value is not None}
