"""Discord's Markdown as HTML. Everything is escaped first."""

from __future__ import annotations

import re
import time
from html import escape
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core

_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False, "breaks": True})
    .enable("strikethrough")
    .disable(["image", "hr", "lheading", "reference", "code", "entity"])
)
_CODE = re.compile(r"(<pre>.*?</pre>|<code>.*?</code>|<a [^>]*>)", re.DOTALL)
_SUBTEXT = re.compile(r"(^|<p>|<br>\n|<br />\n)-# ([^\n]*?)(?=<br|</p>|\n|$)")
_SPOILER = re.compile(r"\|\|(.+?)\|\|")
_MENTION = re.compile(r"&lt;(@!?|@&amp;|#)(\d+)&gt;")
_COMMAND = re.compile(r"&lt;/([^:&]+):\d+&gt;")
_TIME = re.compile(r"&lt;t:(\d+)(?::(\w))?&gt;")
_EVERYONE = re.compile(r"@(everyone|here)\b")
_SIZES = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def markdown(core: Core, text: str) -> str:
    """A message's text."""
    html: str = _MARKDOWN.render(text).replace("<a ", '<a target="_blank" rel="noreferrer" ')
    html = _SUBTEXT.sub(r'\1<small class="sub">\2</small>', html)
    parts = _CODE.split(html)
    return "".join(each if place % 2 else _live(core, each) for place, each in enumerate(parts))


def _live(core: Core, html: str) -> str:
    html = _SPOILER.sub(r'<span class="spoiler" tabindex="0">\1</span>', html)
    html = _MENTION.sub(lambda found: _called(core, found[1], found[2]), html)
    html = _TIME.sub(lambda found: _moment(core, int(found[1]), found[2] or "f"), html)
    html = _COMMAND.sub(lambda found: mention(f"/{found[1]}"), html)
    return _EVERYONE.sub(lambda found: mention(found[0]), html)


def _called(core: Core, sign: str, key: str) -> str:
    if sign == "#":
        channel = core.channels.get(key)
        return mention(f"#{channel.name if channel else 'unknown'}")
    if sign == "@&amp;":
        names = [each.roles[key].name for each in core.guilds.values() if key in each.roles]
        return mention(f"@{names[0] if names else 'unknown-role'}")
    return mention(f"@{core.name_of(key)}")


def _moment(core: Core, moment: int, style: str) -> str:
    if style == "R":
        return f"<time>{relative(moment - core.clock.now())}</time>"
    return f"<time>{time.strftime('%d %B %Y %H:%M', time.gmtime(moment))}</time>"


def relative(seconds: float) -> str:
    """Such as ``in 10 minutes``."""
    size, word = next((each for each in _SIZES if abs(seconds) >= each[0]), _SIZES[-1])
    count = round(abs(seconds) / size)
    words = f"{count} {word}{'' if count == 1 else 's'}"
    return f"in {words}" if seconds > 0 else f"{words} ago"


def mention(name: str) -> str:
    """A highlighted name."""
    return f'<span class="mention">{escape(name, quote=False)}</span>'
