"""Slack's limits for the elements that stand in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.adapters.markup.measure import size
from bot.adapters.slack.rendering import limits

Element = Mapping[str, Any]


def within(name: str, found: int, most: int, least: int = 0) -> Iterator[str]:
    """A problem if ``found`` is no number from ``least`` to ``most``."""
    if not least <= found <= most:
        yield f"{name}: {found}, allowed are {least} to {most}"


def text_object(name: str, text: Element, most: int) -> Iterator[str]:
    """A mrkdwn or plain text."""
    if text.get("type") not in ("mrkdwn", "plain_text"):
        yield f"{name}: no text object"
    yield from within(name, size(str(text.get("text", ""))), most, 1)


def plain_text(name: str, text: Element | None, most: int) -> Iterator[str]:
    """A text where Slack takes no mrkdwn."""
    if text is None or text.get("type") != "plain_text":
        yield f"{name}: must be plain_text"
    else:
        yield from text_object(name, text, most)


def element(part: Element) -> Iterator[str]:
    """An element of any type that we send."""
    yield from within("action_id", size(part.get("action_id", "")), limits.ID, 1)
    check = _CHECKS.get(part["type"])
    yield from check(part) if check else (f"unknown element {part['type']}",)


def _button(part: Element) -> Iterator[str]:
    yield from plain_text("button", part.get("text"), limits.BUTTON_TEXT)
    yield from within("button value", size(part.get("value", "")), limits.BUTTON_VALUE)
    yield from within("button url", size(part.get("url", "")), limits.URL)
    if part.get("style", "primary") not in ("primary", "danger"):
        yield "button: unknown style"
    if "confirm" in part:
        yield from _confirm(part["confirm"])


def _confirm(dialog: Element) -> Iterator[str]:
    yield from plain_text("confirm title", dialog.get("title"), limits.CONFIRM_TITLE)
    yield from text_object("confirm text", dialog["text"], limits.CONFIRM_TEXT)
    for name in ("confirm", "deny"):
        yield from plain_text(name, dialog.get(name), limits.CONFIRM_BUTTON)


def _feedback(part: Element) -> Iterator[str]:
    for name in ("positive_button", "negative_button"):
        yield from plain_text(name, part[name].get("text"), limits.BUTTON_TEXT)
        yield from within(f"{name} value", size(part[name].get("value", "")), limits.BUTTON_VALUE, 1)


def _choice(part: Element) -> Iterator[str]:
    most = 10 if part["type"] == "radio_buttons" else limits.OPTIONS
    yield from within("options", len(part["options"]), most, 1)
    for option in part["options"]:
        yield from plain_text("option", option.get("text"), limits.OPTION_TEXT)
        yield from within("option value", size(option.get("value", "")), limits.OPTION_VALUE, 1)
    if "placeholder" in part:
        yield from plain_text("placeholder", part["placeholder"], limits.PLACEHOLDER)
    if "initial_option" in part and part["initial_option"] not in part["options"]:
        yield "initial_option: not among the options"


def _text_input(part: Element) -> Iterator[str]:
    most = part.get("max_length", limits.INPUT_TEXT)
    yield from within("max_length", most, limits.INPUT_TEXT, 1)
    yield from within("initial_value", size(part.get("initial_value", "")), most)


_CHECKS: Mapping[str, Callable[[Element], Iterator[str]]] = {
    "button": _button,
    "feedback_buttons": _feedback,
    "static_select": _choice,
    "radio_buttons": _choice,
    "plain_text_input": _text_input,
}
