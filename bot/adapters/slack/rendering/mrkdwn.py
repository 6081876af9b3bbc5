"""Slack's own notation."""

from __future__ import annotations

import re

from bot.adapters.markup.neutral import JOINER, escaped, fenced, one_line
from bot.adapters.markup.tree import Fence, Heading, Span, text_of
from bot.adapters.markup.writing import Notation, wrapped

_FORMATTING = re.compile(r"(?<![^\W_])[*_~](?=\S)|`")
_SLACK_MARKS = (("bold", "*"), ("italic", "_"), ("strike", "~"))


def _mrkdwn_text(text: str) -> str:
    return _FORMATTING.sub(JOINER + r"\g<0>", escaped(text))


def _mrkdwn_span(span: Span) -> str:
    if span.url:
        return link(span.text, span.url)
    if span.code:
        bare = escaped(one_line(span.text)).replace("`", "ˋ")
        return f"`{bare}`" if bare else ""
    marks = [mark for style, mark in _SLACK_MARKS if getattr(span, style)]
    return wrapped(_mrkdwn_text(span.text), "".join(marks), "".join(reversed(marks)))


def link(label: str, url: str) -> str:
    """A mrkdwn link to a safe address."""
    address = url.replace("&", "&amp;").replace("|", "%7C")
    return f"<{address}|{escaped(one_line(label)).replace('|', '¦')}>"


def _mrkdwn_heading(heading: Heading) -> str:
    text = _mrkdwn_text(one_line(text_of(heading.spans)))
    return f"*{text}*" if text else ""


def _mrkdwn_fence(fence: Fence) -> str:
    return f"```\n{fenced(escaped(fence.text))}\n```"


MRKDWN = Notation(_mrkdwn_span, _mrkdwn_heading, _mrkdwn_fence, str, "• ", "> ", "———")
