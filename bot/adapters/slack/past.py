"""What we put into a place before: looked up after a crash, before anything is put there again."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.adapters.slack.places import Place

EVENT = "deskhand_post"
"""The type of the metadata that our posts bear."""
_PAGE, _PAGES = 200, 15
"""Messages of one look, and looks: further back nothing of a job that is not done is to be expected."""

Call = Callable[..., Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a post is known by, so that it is made once. A card and a board of the same job have marks beside it."""

    key: str = ""
    """Empty for what is posted but once anyhow."""
    again: bool = False
    """It may be there already: look before posting."""
    since: str = ""
    """The ``ts`` of the message that it comes after; empty if it may be anywhere in its place."""

    @property
    def card(self) -> str:
        return self.key and f"{self.key}/card"

    @property
    def board(self) -> str:
        return self.key and f"{self.key}/board"


@dataclass(frozen=True, slots=True)
class Past:
    """Our messages in one place, as far as they were looked for."""

    posts: Mapping[str, str] = field(default_factory=dict)
    """The ``ts`` of each by its mark."""
    files: tuple[tuple[str, str], ...] = ()
    """The ``ts`` and name of each file."""
    growing: tuple[str, ...] = ()
    """The ``ts`` of messages without mark or file: streams that have not ended."""

    def __contains__(self, mark: str) -> bool:
        return mark in self.posts

    def files_of(self, mark: str) -> Counter[str]:
        """Names of the files that came after the post of that mark, with how often each did."""
        begun = self.posts.get(mark)
        return Counter(name for ts, name in self.files if begun and ts >= begun)


NOTHING = Past()


def marked(mark: str) -> dict[str, Any]:
    """Metadata for a post."""
    return {"metadata": {"event_type": EVENT, "event_payload": {"mark": mark}}}


async def read_past(call: Call, place: Place, us: str, since: str = "") -> Past:
    """What ``us``, our user there, put into a thread or channel from the message ``since`` on.

    Raises SlackRefused or SlackUnreachable.
    """
    whole = messages(call, place, since, include_all_metadata=True)
    return _past([message async for message in whole if message.get("user") == us])


async def messages(call: Call, place: Place, since: str = "", **asked: Any) -> AsyncIterator[Mapping[str, Any]]:
    """All of a thread or channel from the message ``since`` on, a page at a time. Raises as ``read_past``."""
    method = "conversations.replies" if place.thread else "conversations.history"
    where = {"channel": place.channel, "limit": _PAGE} | asked
    where |= ({"ts": place.thread} if place.thread else {}) | ({"oldest": since, "inclusive": True} if since else {})
    cursor = ""
    for _ in range(_PAGES):
        told = await call(place.team, method, place.channel, **where, cursor=cursor or None)
        for message in told.get("messages", ()):
            yield message
        cursor = str((told.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break


def _past(messages: list[Mapping[str, Any]]) -> Past:
    posts = {mark: str(each["ts"]) for each in messages if (mark := _mark(each))}
    files = tuple((str(each["ts"]), _name(file)) for each in messages for file in each.get("files") or ())
    growing = tuple(str(each["ts"]) for each in messages if not (_mark(each) or each.get("files")))
    return Past(posts, files, growing)


def _mark(message: Mapping[str, Any]) -> str:
    metadata = message.get("metadata") or {}
    return str((metadata.get("event_payload") or {}).get("mark") or "") if metadata.get("event_type") == EVENT else ""


def _name(file: Mapping[str, Any]) -> str:
    return str(file.get("name") or file.get("title") or "")
