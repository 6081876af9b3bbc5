"""Finds what would call people: live mentions and broadcasts in anything that a bot sends.

Where Slack's behaviour is not documented (``markdown`` text, streamed text, statuses) a mention counts as live.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Found = tuple[str, str, str]
"""JSON pointer, what is live, and the text around it."""

BROADCASTS = ("channel", "here", "everyone")
_LIVE = re.compile(
    r"<(?:!(?:channel|here|everyone|group)\b|!subteam\^S[A-Z0-9]*|@[UWB][A-Z0-9]+)[^<>]*>", re.IGNORECASE
)
_LINKED = re.compile(r"(?<![\w`/.<])@[\w.-]+")
_FENCE = re.compile(r" {0,3}(?:>\s?)*(`{3,}|~{3,})")
_MARKDOWN_KEYS = frozenset({"markdown_text", "details", "output", "status", "title", "loading_messages"})
_SILENT = frozenset({
    "private_metadata", "callback_id", "value", "action_id", "block_id", "external_id", "url", "image_url", "metadata",
    "user", "user_id", "channel", "ts", "thread_ts", "initial_comment_id", "recipient_user_id", "hash", "trigger_id",
    "alt_text", "initial_value", "accessibility_label", "username", "icon_emoji", "title_link", "link_names", "parse",
})  # fmt: skip
"""Fields that nobody is shown."""


def live(payload: Mapping[str, Any]) -> Iterator[Found]:
    """Everything in a call's arguments that would reach people."""
    finder = _Finder(payload.get("link_names") in (True, 1, "1", "true") or payload.get("parse") == "full")
    for key, value in payload.items():
        if key not in _SILENT:
            yield from finder.walk(value, key, f"/{key}")


class _Finder:
    """``linked``: Slack was asked to make mentions of plain names too."""

    def __init__(self, linked: bool) -> None:
        self._linked = linked

    def walk(self, value: Any, key: str, pointer: str) -> Iterator[Found]:
        if isinstance(value, str):
            yield from self._hits(without_code(value) if key in _MARKDOWN_KEYS else value, pointer)
        elif isinstance(value, list):
            for place, each in enumerate(value):
                yield from self.walk(each, key, f"{pointer}/{place}")
        elif isinstance(value, dict):
            yield from self._object(value, pointer)

    def _object(self, value: Mapping[str, Any], pointer: str) -> Iterator[Found]:
        kind = value.get("type")
        if kind in ("user", "usergroup", "broadcast"):
            target = value.get("user_id") or value.get("usergroup_id") or value.get("range")
            yield pointer, f"{kind} {target}", str(dict(value))
        elif kind in ("markdown", "markdown_text"):
            yield from self._hits(without_code(str(value.get("text", ""))), f"{pointer}/text")
        elif kind not in ("plain_text", "text", "raw_text"):
            for key, each in value.items():
                if key not in _SILENT:
                    yield from self.walk(each, key, f"{pointer}/{key}")

    def _hits(self, text: str, pointer: str) -> Iterator[Found]:
        for pattern in (_LIVE, _LINKED) if self._linked else (_LIVE,):
            for found in pattern.finditer(text):
                yield pointer, found[0], text[max(0, found.start() - 40) : found.end() + 40]


def without_code(markdown: str) -> str:
    """The text outside fenced blocks and code spans."""
    kept: list[str] = []
    paragraph: list[str] = []
    fence = ""
    for line in markdown.splitlines():
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and _closes(mark[1], fence, line) else fence
        elif mark and "`" not in line[mark.end() :]:
            fence = mark[1]
            kept.append(_without_spans("\n".join(paragraph)))
            paragraph = []
        elif line.strip():
            paragraph.append(line)
        else:
            kept.append(_without_spans("\n".join(paragraph)))
            paragraph = []
    return "\n\n".join([*kept, _without_spans("\n".join(paragraph))])


def _closes(mark: str, fence: str, line: str) -> bool:
    return mark[0] == fence[0] and len(mark) >= len(fence) and not line.strip(" >").strip(mark[0])


def _without_spans(paragraph: str) -> str:
    """Code spans end at a run of as many backticks as began them."""
    kept, rest = [], paragraph
    while opening := re.search(r"(?<!\\)`+", rest):
        closing = re.search(rf"(?<!`){opening[0]}(?!`)", rest[opening.end() :])
        kept.append(rest[: opening.start()])
        if closing is None:
            kept.append(opening[0])
            rest = rest[opening.end() :]
        else:
            rest = rest[opening.end() + closing.end() :]
    return "".join([*kept, rest])
