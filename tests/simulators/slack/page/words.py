"""Texts as HTML: Slack's mrkdwn, Markdown and plain words. Everything is escaped first."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from tests.simulators.slack.protocol import unescape

if TYPE_CHECKING:
    from tests.simulators.slack.workspace import Workspace

EMOJI = {
    "eyes": "👀", "white_check_mark": "✅", "heavy_check_mark": "✔️", "x": "❌", "warning": "⚠️", "+1": "👍",
    "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "tada": "🎉", "hourglass_flowing_sand": "⏳", "rocket": "🚀",
    "wave": "👋", "bar_chart": "📊", "information_source": "ℹ️", "lock": "🔒", "mag": "🔍", "robot_face": "🤖",
    "heart": "❤️", "stop_sign": "🛑", "no_entry": "⛔", "thinking_face": "🤔", "calendar": "📅", "page_facing_up": "📄",
}  # fmt: skip
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_FENCE = re.compile(r"```\n?(.*?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_STYLES = (("b", re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])")),
           ("i", re.compile(r"(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])")),
           ("s", re.compile(r"(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])")))  # fmt: skip
_MARKUP = re.compile(r"<([^<>\s][^<>]*)>")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")


def plain(text: str) -> str:
    """Words with no markup, line ends kept."""
    return _emoji(escape(text)).replace("\n", "<br>")


def markdown(text: str) -> str:
    """Standard Markdown."""
    html: str = _MARKDOWN.render(text)
    return _emoji(html.replace("<a ", '<a target="_blank" rel="noreferrer" '))


def mrkdwn(workspace: Workspace, text: str) -> str:
    """Slack's own markup."""
    parts, end = [], 0
    for found in _FENCE.finditer(text):
        parts += [_lines(workspace, text[end : found.start()]), f"<pre>{escape(unescape(found[1]))}</pre>"]
        end = found.end()
    return "".join([*parts, _lines(workspace, text[end:])])


def _lines(workspace: Workspace, text: str) -> str:
    shown = []
    for line in text.split("\n"):
        quoted = line.startswith(("&gt;", ">"))
        words = _inline(workspace, line.removeprefix("&gt;").removeprefix(">") if quoted else line)
        shown.append(f"<blockquote>{words}</blockquote>" if quoted else words)
    return "<br>".join(shown).replace("</blockquote><br>", "</blockquote>")


def _inline(workspace: Workspace, line: str) -> str:
    parts, end = [], 0
    for found in _CODE.finditer(line):
        parts += [_styled(workspace, line[end : found.start()]), f"<code>{escape(unescape(found[1]))}</code>"]
        end = found.end()
    return "".join([*parts, _styled(workspace, line[end:])])


def _styled(workspace: Workspace, text: str) -> str:
    parts, end = [], 0
    for found in _MARKUP.finditer(text):
        parts += [escape(unescape(text[end : found.start()])), _link(workspace, found[1])]
        end = found.end()
    html = _emoji("".join([*parts, escape(unescape(text[end:]))]))
    for tag, pattern in _STYLES:
        html = pattern.sub(rf"<{tag}>\1</{tag}>", html)
    return html


def _link(workspace: Workspace, markup: str) -> str:
    target, _, label = markup.partition("|")
    if target.startswith(("http://", "https://", "mailto:")):
        words = escape(unescape(label or target))
        return f'<a href="{escape(unescape(target))}" target="_blank" rel="noreferrer">{words}</a>'
    if target[0] == "@":
        return mention(workspace.name_of(target[1:]))
    if target[0] == "#":
        channel = workspace.channels.get(target[1:])
        return f'<span class="mention">#{escape(channel.name if channel else target[1:])}</span>'
    if target.startswith("!subteam^"):
        return mention(workspace.groups.get(target[9:], (target[9:], []))[0])
    if target.startswith("!date^"):
        return escape(unescape(label))
    return mention(target[1:], "broadcast") if target[0] == "!" else escape(f"<{markup}>")


def mention(name: str, more: str = "") -> str:
    """A highlighted name."""
    return f'<span class="mention {more}">@{escape(name)}</span>'


def _emoji(html: str) -> str:
    return _EMOJI.sub(lambda found: EMOJI.get(found[1], found[0]), html)


def emoji(name: str) -> str:
    """One emoji by name."""
    return EMOJI.get(name, escape(f":{name}:"))
