"""What Discord would act on in a text, read by Discord's rules and not by our code's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from bot.adapters.discord.rendering.post import Post
from tests.adapters.discord.samples import ASKER_ID, texts
from tests.adapters.slack.eyes import live as live_anywhere

JOINER = "\u2060"
_RULES = (
    ("escape", re.compile(r"\\([^0-9A-Za-z\s])")),
    ("block", re.compile(r"```(?:([a-z0-9_+\-.#]+?)\n)?\n*([^\n][\s\S]*?)\n*```", re.IGNORECASE)),
    ("code", re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)")),
    ("auto", re.compile(r"<([^: >]+:/[^ >]+)>")),
    ("masked", re.compile(r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]\(\s*<?((?:[^\s\\]|\\.)*?)>?\)")),
    ("bare", re.compile(r"https?://[^\s<]+[^<.,:;\"'\]\s]", re.IGNORECASE)),
    ("mail", re.compile(r"<(\+\d+|[^\s<>@]+@[^\s<>]+)>")),
    ("spoiler", re.compile(r"\|\|([\s\S]+?)\|\|")),
)
_TOKEN = re.compile(
    r"<(?:@[!&]?\d+|#\d+|/[^<>:\n]+:\d+|a?:\w+:\d+|t:-?\d+(?::\w)?|id:\w+|sound:\d+:\d+)>", re.IGNORECASE
)
"""Calls and tokens: these are looked for in code and after a backslash, too."""
_OURS = re.compile(rf"<(?:@{ASKER_ID}|t:\d+:[tfR])>")
_INVITE = re.compile(r"discord(?:app)?\.(?:gg|gift|new|com/(?:invite|gifts|template))/", re.IGNORECASE)
_STRUCTURE = re.compile(r"^(?: *#{1,3} | *-# | *>>> )", re.MULTILINE)


@dataclass
class Seen:
    """A text as Discord reads it."""

    shown: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    """Label and address."""
    spoilers: list[str] = field(default_factory=list)


def read(text: str) -> Seen:
    """Walk through a text; the first rule that fits at a place wins."""
    seen, place = Seen(), 0
    while place < len(text):
        name, found = next(((name, found) for name, rule in _RULES if (found := rule.match(text, place))), ("", None))
        place = found.end() if found else place + 1
        match name, found:
            case "escape", re.Match():
                seen.shown += found[1]
            case (("block" | "code"), re.Match()):
                seen.shown += found[2]
            case "masked", re.Match():
                seen.links.append((read(found[1]).shown, found[2]))
                seen.shown += seen.links[-1][0]
            case (("auto" | "bare"), re.Match()):
                seen.links.append(("", found[0] if name == "bare" else found[1]))
                seen.shown += seen.links[-1][1]
            case "spoiler", re.Match():
                seen.spoilers.append(found[1])
            case _:
                seen.shown += text[place - 1]
    return seen


def live(text: str) -> list[str]:
    """Everything in a text that would call, hide or mislead somebody."""
    return list(_live(text))


def live_post(post: Post) -> list[str]:
    """The same for a message and for its plain words."""
    return [fault for text in (*texts(post), post.words) for fault in live(text)]


def live_name(name: str) -> list[str]:
    """The same for the name of a thread, in which Discord reads no notation."""
    invitations = [f"invitation in {name!r}" for _ in _INVITE.finditer(name)]
    return [*(f"token {found}" for found in _TOKEN.findall(name)), *invitations, *live_anywhere({"text": name})]


def _live(text: str) -> Iterator[str]:
    rest = _OURS.sub("", text)
    yield from (f"token {found}" for found in _TOKEN.findall(rest))
    yield from (f"invitation in {text!r}" for _ in _INVITE.finditer(text))
    seen = read(rest)
    yield from (f"spoiler {each!r}" for each in seen.spoilers)
    for label, address in seen.links:
        yield from _address(label, address)
    for rule in (dict(_RULES)["auto"], dict(_RULES)["masked"]):
        rest = rule.sub(" ", rest)
    yield from live_anywhere({"text": rest})


def _address(label: str, address: str) -> Iterator[str]:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not address.isascii():
        yield f"leads to {address}"
    if _INVITE.search(unquote(unquote(f"{parts.netloc}{parts.path}/")).replace("//", "/")):
        yield f"invitation {address}"
    if re.match(r"https?://", label.replace(JOINER, ""), re.IGNORECASE):
        yield f"a label that Discord shows in the raw: {label}"
    yield from live_anywhere({"text": label, "url": address})
