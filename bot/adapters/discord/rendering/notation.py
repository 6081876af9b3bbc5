"""Discord's own notation. Source: its help pages on Markdown, and the message formatting reference."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from bot.adapters.markup.links import host_of
from bot.adapters.markup.neutral import JOINER, broken, clean, fenced, one_line
from bot.adapters.markup.tree import Fence, Heading, Paragraph, Span
from bot.adapters.markup.writing import Notation, bare, wrapped, write

_ACTIVE = re.compile(r"[\\`*_~|\[\]]")
_OPEN = re.compile(rf"<{JOINER}?(?!\s)")
_ADDRESS = re.compile(r":(?=//)")
"""Discord makes a link of every address that it sees; ours are written otherwise."""
_TARGET = re.compile(r"\](?=\(\s*<?[a-z][a-z0-9+.-]*:)", re.IGNORECASE)
"""The label of a link goes on to the last of these, whatever stands between."""
_INVITE = re.compile(r"(discord(?:app)?\.(?:gg|gift|new|com/(?:invite|gifts|template)))(?=/)", re.IGNORECASE)
_INVITING_HOSTS = re.compile(r"(?:.+\.)?discord(?:app)?\.(?:gg|gift|new)\.?")
_DISCORD_HOSTS = re.compile(r"(?:.+\.)?discord(?:app)?\.com\.?")
_INVITING_PATHS = re.compile(r"/*(?:invite|gifts|template)(?:/|$)", re.IGNORECASE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_LINE_START = re.compile(r"^(?:(-#|#+|>+|[-+])|(\d+)([.)]))(?=\s|$)", re.MULTILINE)
_WHOLE_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_TICKS = re.compile(r"`(?=`)")
_BRACKETS = str.maketrans("[]", "()")
_STYLES = (("bold", "**"), ("italic", "*"), ("strike", "~~"))
_DEEPEST = 3


def spoken(text: str) -> str:
    """Raw text that means nothing but itself, whatever stands before it."""
    return _lines(_text(text))


def code(text: str) -> str:
    """Raw text on one line as a code span; empty if there is none."""
    calm = _TICKS.sub("`" + JOINER, dead(one_line(clean(text))))
    return f"`` {calm} ``" if "`" in calm else f"`{calm}`" if calm else ""


def dead(text: str) -> str:
    """No mention, command, time or emoji, no invitation, no end of a link; after ``clean``. Looks as before."""
    return _TARGET.sub("]" + JOINER, _INVITE.sub(r"\g<1>" + JOINER, broken(text)))


def _text(text: str) -> str:
    calm = dead(_ACTIVE.sub(r"\\\g<0>", clean(text)))
    return _ADDRESS.sub(":" + JOINER, _OPEN.sub(r"\\<" + JOINER, calm))


def _span(span: Span) -> str:
    if span.url:
        return _link(one_line(span.text), span.url)
    if span.code:
        return code(span.text)
    marks = [mark for style, mark in _STYLES if getattr(span, style)]
    return wrapped(_text(span.text), "".join(marks), "".join(reversed(marks)))


def _link(label: str, url: str) -> str:
    """Discord shows a masked link in the raw if its label is an address, and knows none for mail."""
    if url.startswith("mailto:") or _invites(url):
        address = url.removeprefix("mailto:").removeprefix("https://").removeprefix("http://")
        # The joiner keeps it apart from an ``@`` or a half address before it.
        return JOINER + _text(address if label in (url, address) else f"{label} ({address})")
    if not label or _WHOLE_ADDRESS.fullmatch(label):
        return f"<{bare(url)}>"
    return f"[{_text(label.translate(_BRACKETS))}]({bare(url)})"


def _invites(url: str) -> bool:
    """Whether a safe address leads into another server: Discord would show it as a card with a Join button."""
    host = host_of(url)
    if _DISCORD_HOSTS.fullmatch(host):
        return bool(_INVITING_PATHS.match(unquote(unquote(urlsplit(url).path))))
    return bool(_INVITING_HOSTS.fullmatch(host))


def _lines(text: str) -> str:
    return _LINE_START.sub(_unmarked, _INDENT.sub("", text))


def _unmarked(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"


def _heading(heading: Heading) -> str:
    """Discord knows three levels; it drops number signs at the end."""
    if heading.level > _DEEPEST:
        return write((Paragraph(tuple(replace(span, bold=True) for span in heading.spans)),), DISCORD)
    text = one_line(write((Paragraph(heading.spans),), DISCORD))
    end = JOINER if text.endswith("#") else ""
    return f"{'#' * heading.level} {text}{end}" if text else ""


def _fence(fence: Fence) -> str:
    """Discord takes an empty fence for an open one."""
    text = dead(fenced(clean(fence.text))).strip("\n")
    return f"```{fence.language}\n{text}\n```" if text.strip() else ""


DISCORD = Notation(_span, _heading, _fence, _lines, "- ", "> ", "———")
