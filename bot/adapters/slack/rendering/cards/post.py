"""A message to send, in every form in which it may be accepted."""

from __future__ import annotations

from dataclasses import dataclass

from bot.adapters.markup.neutral import cut, escaped
from bot.adapters.slack.rendering.elements import Json
from bot.adapters.slack.rendering.limits import OUR_TEXT_BYTES
from bot.domain.run import Document


@dataclass(frozen=True, slots=True)
class Payload:
    """``text`` and ``blocks`` of a message. Without blocks the text is the message, else it is for notifications."""

    text: str
    blocks: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """Send the first rung of the ladder that Slack accepts, then ``document`` in the same thread."""

    ladder: tuple[Payload, ...]
    document: Document | None = None


def notice_text(raw: str) -> str:
    """``text`` to stand beside blocks: escaped, short enough for an edit, never empty."""
    return cut(raw.strip(), OUR_TEXT_BYTES, escaped, lambda text: len(text.encode())) or "…"


def simple(raw: str, *blocks: Json) -> Payload:
    """Blocks and the same said in words."""
    return Payload(notice_text(raw), blocks)
