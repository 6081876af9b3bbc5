"""Small records to build messages from, and what is in a message that was built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.adapters.discord.rendering.post import Post
from bot.domain.approval import Approval, ApprovalItem
from bot.domain.run import Document
from tests.adapters.slack import samples

ASKER_ID = "80351110224678912"
ASKER = f"discord:{ASKER_ID}"
START = samples.START
TIME = int(START.timestamp())
TEXT, BUTTON = 10, 2


def an_approval(text: str, *items: ApprovalItem, asker: str = ASKER) -> Approval:
    return samples.an_approval(text, *items, asker=asker)


def a_file(name: str, length: int = 4, kind: str = "text/csv") -> Document:
    return Document(name, kind, b"x" * length)


def a_picture(name: str, length: int = 4) -> Document:
    return a_file(name, length, "image/png")


def components(post: Post) -> list[dict[str, Any]]:
    """As Discord is given them."""
    view: Any = post.view()
    made: list[dict[str, Any]] = view.to_components()
    return made


def every(post: Post) -> list[dict[str, Any]]:
    """Every component, the inner ones too."""
    return list(_walk(components(post)))


def texts(post: Post) -> list[str]:
    """Every text, in order."""
    return [str(each["content"]) for each in every(post) if each["type"] == TEXT]


def buttons(post: Post) -> dict[str, str]:
    """Custom ids, and label or emoji."""
    found = [each for each in every(post) if each["type"] == BUTTON]
    return {each["custom_id"]: each.get("label") or each["emoji"]["name"] for each in found}


def colour(post: Post) -> int:
    """Of the bar beside the message."""
    return int(components(post)[0]["accent_color"])


def _walk(parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield part
        yield from _walk(part.get("components", []))
