"""What Slack would act on in a payload, read by Slack's rules and not by our code's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

_TOKEN = re.compile(r"<([^<>]*)>")
_LINK = re.compile(r"(https?://|mailto:)[^|<>\s]+\|([^<>|\n]+)")
_OURS = re.compile(r"!date\^\d+\^[^|<>]+\|[^<>|]+|@UASKER\d|@UDECIDER")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
_CALL = re.compile(r"@(channel|here|everyone|group)", re.IGNORECASE)
_RAW_TOKEN = re.compile(r"<([@#!]|[a-z][a-z0-9+.-]*:)", re.IGNORECASE)
_HIDDEN = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2061-\u206f\ufeff\U000e0000-\U000e007f\x00-\x08\x1b]"
)
_JOINED = re.compile("[\x00-\u02ff][\u200c\u200d\ufe0f]+[\x00-\u02ff]")
_SPOKEN_HOST = re.compile(r"\b(?:[\w-]+\.)+(?:com|org|net|example|dev)\b")
_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_READER.validateLink = lambda url: True  # type: ignore[method-assign]


def live(payload: object) -> list[str]:
    """Everything in blocks, a view or a text that would call, hide or mislead somebody."""
    return list(_walk(payload))


def live_mrkdwn(text: str) -> list[str]:
    """The same for one mrkdwn text."""
    return list(_mrkdwn(text))


def _walk(part: object) -> Iterator[str]:
    if isinstance(part, Mapping):
        yield from _object(part)
        for value in part.values():
            yield from _walk(value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from _walk(value)


def _object(part: Mapping[str, Any]) -> Iterator[str]:
    kind, text = part.get("type"), part.get("text")
    if kind == "mrkdwn":
        yield from _mrkdwn(str(text))
    elif kind == "markdown":
        yield from _markdown(str(text))
    elif isinstance(text, str):
        yield from _plain(text)
    if isinstance(part.get("url"), str):
        yield from _address(part["url"], str(text) if isinstance(text, str) else "")


def _mrkdwn(text: str) -> Iterator[str]:
    for found in _TOKEN.finditer(text):
        link = _LINK.fullmatch(found.group(1))
        if link:
            yield from _address(found.group(1).partition("|")[0], link.group(2))
        elif not _OURS.fullmatch(found.group(1)):
            yield f"token {found.group()}"
    rest = _TOKEN.sub("", text)
    if "<" in rest:
        yield f"an open token in {rest!r}"
    if _ENTITY.search(text):
        yield f"an unescaped & in {text!r}"
    yield from _words(text)


def _markdown(text: str) -> Iterator[str]:
    yield from _plain(text)
    for token in (inner for outer in _READER.parse(text) for inner in (outer, *(outer.children or ()))):
        if token.type.startswith("html"):
            yield f"html {token.content!r}"
    yield from _markdown_links(text)


def _markdown_links(text: str) -> Iterator[str]:
    for token in _READER.parse(text):
        target, label = "", ""
        for inner in token.children or ():
            if inner.type == "link_open":
                target, label = str(inner.attrs["href"]), ""
            elif inner.type == "link_close":
                yield from _address(target, label)
                target = ""
            elif inner.type == "image":
                yield "an image"
            else:
                label += inner.content


def _plain(text: str) -> Iterator[str]:
    if _RAW_TOKEN.search(text):
        yield f"a token in {text!r}"
    yield from _words(text)


def _words(text: str) -> Iterator[str]:
    if _CALL.search(text):
        yield f"calls everybody: {text!r}"
    if _HIDDEN.search(text) or _JOINED.search(text):
        yield f"hidden characters in {text!r}"


def _address(url: str, label: str) -> Iterator[str]:
    parts = urlsplit(url)
    host = (parts.hostname or parts.path.rpartition("@")[2]).lower()
    if parts.scheme not in ("http", "https", "mailto") or (parts.scheme != "mailto" and "@" in parts.netloc):
        yield f"leads to {url}"
    if not url.isascii() or re.search(r"[\s<>|]", url):
        yield f"unescaped address {url}"
    said = unicodedata.normalize("NFKC", label).lower().replace("\u2060", "")
    for seen in _SPOKEN_HOST.findall(said) if "/" not in said.removeprefix(f"{parts.scheme}://{parts.netloc}/") else ():
        yield from () if seen == host or host.endswith(f".{seen}") or seen == f"www.{host}" else (f"{label} -> {url}",)
