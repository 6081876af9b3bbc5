"""Slack's blocks and elements as dicts. Each function takes raw text and keeps it within the limits; ``section`` and
``context`` take mrkdwn that is already safe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bot.adapters.markup.neutral import cut, escaped, one_line, plain
from bot.adapters.slack.rendering import limits

Json = dict[str, Any]

_PERSON = re.compile(r"(?:slack:[TE][A-Z0-9]+:)?([UW][A-Z0-9]{2,20})")


def words(text: str, limit: int, empty: str = "-") -> Json:
    """A ``plain_text`` object on one line. Slack refuses an empty one, so ``empty`` stands in."""
    return {"type": "plain_text", "text": cut(one_line(plain(text)), limit) or empty, "emoji": False}


def section(mrkdwn: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}, "expand": True}


def markdown(text: str) -> Json:
    return {"type": "markdown", "text": text}


def context(*mrkdwn: str) -> Json:
    elements = [{"type": "mrkdwn", "text": text, "verbatim": True} for text in mrkdwn if text]
    return {"type": "context", "elements": elements[: limits.CONTEXT_ELEMENTS]}


def header(text: str) -> Json:
    return {"type": "header", "text": words(text, limits.HEADER)}


def divider() -> Json:
    return {"type": "divider"}


def button(label: str, action_id: str, value: str, style: str = "") -> Json:
    """``value`` is an id of ours: it is never cut, for a part of it would mean something else."""
    made = {"type": "button", "text": words(label, limits.BUTTON_TEXT), "action_id": action_id, "value": value}
    return {**made, "style": style} if style else made


def actions(block_id: str, elements: Sequence[Json]) -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)[: limits.ACTIONS]}


def feedback(action_id: str, turn_id: str) -> Json:
    """Thumbs up and down; the click carries ``good:`` or ``bad:`` and the turn."""
    buttons = {
        "type": "feedback_buttons",
        "action_id": action_id,
        "positive_button": {"text": words("Good answer", limits.BUTTON_TEXT), "value": f"good:{turn_id}"},
        "negative_button": {"text": words("Bad answer", limits.BUTTON_TEXT), "value": f"bad:{turn_id}"},
    }
    return {"type": "context_actions", "elements": [buttons]}


def option(label: str, value: str) -> Json:
    return {"text": words(label, limits.OPTION_TEXT), "value": value}


def question(block_id: str, label: str, element: Json, optional: bool = False) -> Json:
    """An ``input`` block of a modal. The element's action id is always ``value``."""
    labelled = words(label, limits.INPUT_LABEL)
    named = {**element, "action_id": "value"}
    return {"type": "input", "block_id": block_id, "label": labelled, "element": named, "optional": optional}


def modal(callback_id: str, title: str, submit: str, private: str, blocks: Iterable[Json]) -> Json:
    """``private`` is an id of ours: what the answer is about."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": words(title, limits.VIEW_TITLE),
        "submit": words(submit, limits.VIEW_TITLE),
        "close": words("Close", limits.VIEW_TITLE),
        "private_metadata": private,
        "blocks": list(blocks)[: limits.VIEW_BLOCKS],
    }


def person(user_id: str) -> str:
    """A real mention: only ever of the asker or of who decided, by Slack's id or the engine's; other ids as text."""
    found = _PERSON.fullmatch(user_id)
    return f"<@{found[1]}>" if found else cut(one_line(user_id), limits.ID, escaped)


def moment(at: datetime, form: str = "{time}") -> str:
    """A time that each reader sees in their own zone."""
    return f"<!date^{int(at.timestamp())}^{form}|{at:%Y-%m-%d %H:%M %Z}>"
