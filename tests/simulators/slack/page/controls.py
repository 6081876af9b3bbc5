"""Interactive elements as HTML controls."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from tests.simulators.slack.protocol import JSON

_FIELDS = {
    "number_input": "number", "email_text_input": "email", "url_text_input": "url", "datepicker": "date",
    "timepicker": "time", "datetimepicker": "datetime-local",
}  # fmt: skip

THUMB = (
    '<svg class="thumb {}" viewBox="0 0 24 24" aria-hidden="true">'
    '<path d="M3 11h4v9H3zM7 11l4-8c2 0 3 1.5 2.6 3.5L13 9h6c1.5 0 2 1 1.7 2.3l-1.6 7c-.3 1.2-1 1.7-2.1 1.7H7"/></svg>'
)
"""Drawn, so that it looks the same without a font for emoji."""


def control(element: JSON, target: str, block: str, *, required: bool = False) -> str:
    """One element. With a ``target`` using it is an action at once; without, it is part of a form."""
    kind = element["type"]
    if kind == "feedback_buttons":
        return _feedback(element, target)
    if kind in ("button", "icon_button", "workflow_button"):
        return _button(element, target)
    name = f' name="{escape(element.get("action_id") or block)}"' + (" required" if required else "")
    hooks = _hooks(element, target) if target else name
    if kind == "plain_text_input" and element.get("multiline"):
        return f"<textarea rows=4{hooks}{_hint(element)}>{escape(element.get('initial_value', ''))}</textarea>"
    if kind in ("checkboxes", "radio_buttons"):
        return _boxes(element, target, name)
    if "select" in kind or kind == "overflow":
        return _select(element, hooks)
    return f'<input type="{_FIELDS.get(kind, "text")}"{hooks}{_hint(element)} value="{escape(str(_initial(element)))}">'


def _hooks(element: JSON, target: str) -> str:
    confirm = f" data-confirm='{escape(json.dumps(element['confirm']))}'" if "confirm" in element else ""
    return f' data-target="{escape(target)}" data-action="{escape(element.get("action_id", ""))}"{confirm}'


def _button(element: JSON, target: str) -> str:
    label = escape(element.get("text", {}).get("text", element.get("icon", "")))
    style = escape(element.get("style", ""))
    if element.get("url"):
        return f'<a class="button {style}" href="{escape(element["url"])}" target="_blank">{label}</a>'
    return f'<button type="button" class="{style}"{_hooks(element, target)}>{label}</button>'


def _feedback(element: JSON, target: str) -> str:
    hooks = _hooks(element, target)
    return "".join(
        f'<button type="button" class="feedback" data-choice="{choice}"{hooks}>{sign}'
        f" {escape(element[f'{choice}_button']['text']['text'])}</button>"
        for choice, sign in (("positive", THUMB.format("up")), ("negative", THUMB.format("down")))
    )


def _select(element: JSON, hooks: str) -> str:
    groups = [each["options"] for each in element.get("option_groups", ())]
    options = [*element.get("options", ()), *(each for group in groups for each in group)]
    initial = element.get("initial_option", {}).get("value")
    empty = element.get("placeholder", {}).get("text", "⋯" if element["type"] == "overflow" else "Choose…")
    many = " multiple" if element["type"].startswith("multi_") else ""
    inner = "".join(_option(each, chosen=each["value"] == initial) for each in options)
    return f'<select{hooks}{many}><option value="">{escape(empty)}</option>{inner}</select>'


def _option(option: JSON, *, chosen: bool) -> str:
    selected = " selected" if chosen else ""
    return f'<option value="{escape(option["value"])}"{selected}>{escape(option["text"]["text"])}</option>'


def _boxes(element: JSON, target: str, name: str) -> str:
    kind = "radio" if element["type"] == "radio_buttons" else "checkbox"
    first = [each["value"] for each in element.get("initial_options", ())]
    first.append(element.get("initial_option", {}).get("value"))
    hooks = _hooks(element, target) if target else ""
    loose = name if kind == "radio" else name.replace(" required", "")
    return "".join(
        f'<label class="box"><input type="{kind}"{loose}{hooks} value="{escape(each["value"])}"'
        f"{' checked' if each['value'] in first else ''}> {escape(each['text']['text'])}</label>"
        for each in element["options"]
    )


def _hint(element: JSON) -> str:
    return f' placeholder="{escape(element["placeholder"]["text"])}"' if "placeholder" in element else ""


def _initial(element: JSON) -> Any:
    return next((value for key, value in element.items() if key.startswith("initial_")), "")
