"""Block Kit's texts and interactive elements. Limits: docs.slack.dev/reference/block-kit/block-elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.simulators.slack.shapes import (
    Check,
    anything,
    by_type,
    choice,
    either,
    fault,
    flag,
    listing,
    number,
    record,
    string,
    url,
)

ID = string(255)
_STYLE = choice("primary", "danger")


def plain(most: int, least: int = 1) -> Check:
    """A ``plain_text`` object."""
    return by_type({"plain_text": record({"text": string(most, least)}, {"emoji": flag})})


def text(most: int) -> Check:
    """A ``plain_text`` or ``mrkdwn`` object."""
    mrkdwn = record({"text": string(most)}, {"verbatim": flag})
    return by_type({"plain_text": record({"text": string(most)}, {"emoji": flag}), "mrkdwn": mrkdwn})


CONFIRM = record({"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)}, {"style": _STYLE})
OPTION = record({"text": text(75), "value": string(150)}, {"description": text(75), "url": url()})
_OPTIONS = listing(OPTION, 100)
_GROUPS = listing(record({"label": plain(75), "options": _OPTIONS}), 100)
_SELECT = {"action_id": ID, "placeholder": plain(150), "confirm": CONFIRM, "focus_on_load": flag}
_MANY = {**_SELECT, "max_selected_items": number(1, 100)}
IMAGE = record({"alt_text": string(2000)}, {"image_url": url(), "slack_file": anything})
_FEEDBACK = record({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})

_INPUT: dict[str, Check] = {
    "plain_text_input": record({}, {
        "action_id": ID, "initial_value": string(3000, 0), "multiline": flag, "min_length": number(0, 3000),
        "max_length": number(1, 3000), "dispatch_action_config": anything, "focus_on_load": flag,
        "placeholder": plain(150),
    }),
    "rich_text_input": record({"action_id": ID}, {"initial_value": anything, "placeholder": plain(150)}),
    "email_text_input": record({}, {"action_id": ID, "initial_value": string(3000, 0), "placeholder": plain(150)}),
    "url_text_input": record({}, {"action_id": ID, "initial_value": string(3000, 0), "placeholder": plain(150)}),
    "number_input": record({"is_decimal_allowed": flag}, {
        "action_id": ID, "initial_value": string(50, 0), "min_value": string(50), "max_value": string(50),
        "placeholder": plain(150), "focus_on_load": flag,
    }),
    "file_input": record({}, {"action_id": ID, "filetypes": anything, "max_files": number(1, 10)}),
}  # fmt: skip
_PICKERS: dict[str, Check] = {
    "datepicker": record({}, {**_SELECT, "initial_date": string(10, 10)}),
    "timepicker": record({}, {**_SELECT, "initial_time": string(5, 5), "timezone": string(100)}),
    "datetimepicker": record({}, {**_SELECT, "initial_date_time": number(0, 1e10)}),
    "checkboxes": record({"options": listing(OPTION, 10)}, {**_SELECT, "initial_options": listing(OPTION, 10)}),
    "radio_buttons": record({"options": listing(OPTION, 10)}, {**_SELECT, "initial_option": OPTION}),
    "static_select": record({}, {**_SELECT, "options": _OPTIONS, "option_groups": _GROUPS, "initial_option": OPTION}),
    "external_select": record({}, {**_SELECT, "min_query_length": number(0, 100), "initial_option": OPTION}),
    "users_select": record({}, {**_SELECT, "initial_user": string(20)}),
    "conversations_select": record({}, {
        **_SELECT, "initial_conversation": string(20), "default_to_current_conversation": flag,
        "response_url_enabled": flag, "filter": anything,
    }),
    "channels_select": record({}, {**_SELECT, "initial_channel": string(20), "response_url_enabled": flag}),
    "multi_static_select": record({}, {
        **_MANY, "options": _OPTIONS, "option_groups": _GROUPS, "initial_options": listing(OPTION, 100),
    }),
    "multi_external_select": record({}, {**_MANY, "min_query_length": number(0, 100)}),
    "multi_users_select": record({}, {**_MANY, "initial_users": listing(string(20), 100)}),
    "multi_conversations_select": record({}, {**_MANY, "initial_conversations": anything, "filter": anything}),
    "multi_channels_select": record({}, {**_MANY, "initial_channels": anything}),
}  # fmt: skip
_BUTTONS: dict[str, Check] = {
    "button": record({"text": plain(75)}, {
        "action_id": ID, "url": url(), "value": string(2000), "style": _STYLE, "confirm": CONFIRM,
        "accessibility_label": string(75),
    }),
    "overflow": record({"options": listing(OPTION, 5)}, {"action_id": ID, "confirm": CONFIRM}),
    "workflow_button": record({"text": plain(75), "workflow": anything}, {"action_id": ID, "style": _STYLE}),
}  # fmt: skip

ELEMENTS = frozenset({*_INPUT, *_PICKERS, *_BUTTONS, "feedback_buttons", "icon_button"})
"""Everything that has an action id."""
ACTION = by_type({**_BUTTONS, **_PICKERS})
INPUT = by_type({**_INPUT, **_PICKERS})
ACCESSORY = by_type({**_BUTTONS, **_PICKERS, "image": IMAGE})
CONTEXT = either(text(3000), by_type({"image": IMAGE}))
CONTEXT_ACTION = by_type({
    "feedback_buttons": record({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": ID}),
    "icon_button": record({"icon": choice("trash"), "text": plain(75)}, {
        "action_id": ID, "value": string(2000), "confirm": CONFIRM, "accessibility_label": string(75),
        "visible_to_user_ids": anything,
    }),
})  # fmt: skip


def select_has_options(element: Any, pointer: str) -> Iterator[str]:
    """A static select offers something, in exactly one way."""
    if str(element.get("type", "")).endswith("static_select") and ("options" in element) == (
        "option_groups" in element
    ):
        yield fault("exactly one of options and option_groups is required", pointer)
