"""The two modals: edit what is to run, say why an answer was bad."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.adapters.chat.wording import REASONS
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import clean, cut, escaped, one_line
from bot.adapters.slack.rendering import limits
from bot.adapters.slack.rendering.elements import Json, modal, option, question, section, words
from bot.domain.action import ActionSpec, Parameter, ParameterType, Value
from bot.domain.approval import Approval, ApprovalItem

EDIT_VIEW = "approval:edited"
FEEDBACK_VIEW = "feedback:reason"
_FIELDS = 90
_BYTES = 200_000
"""Of one modal, beneath Slack's 100 blocks and 250 kB."""
_NOTE = "note"
_REASON = "reason"


def edit_modal(approval: Approval, specs: Mapping[str, ActionSpec]) -> Json:
    """A field for each parameter that can be edited, filled in. ``private_metadata`` is the approval's id."""
    blocks = (block for place, item in enumerate(approval.items) for block in _item(place, item, specs))
    return modal(EDIT_VIEW, "Edit before running", "Save", approval.id, _within(blocks))


def edits(values: Mapping[str, Mapping[str, Any]]) -> dict[int, dict[str, str]]:
    """What was submitted (``view.state.values``): new texts by place of the item and name of the parameter."""
    found: dict[int, dict[str, str]] = {}
    for block_id, elements in values.items():
        place, _, name = block_id.partition(":")
        if name and place.isdecimal():
            found.setdefault(int(place), {})[name] = _submitted(elements.get("value", {}))
    return found


def field_id(place: int, name: str) -> str:
    """The id of the field for a parameter of the call at ``place``; ``edits`` reads it."""
    return f"{place}:{name}"


def feedback_modal(turn_id: str) -> Json:
    """Why the answer was bad. ``private_metadata`` is the turn's id."""
    choices = [option(reason, reason) for reason in REASONS]
    reason = question(_REASON, "What was wrong?", {"type": "radio_buttons", "options": choices})
    text = {"type": "plain_text_input", "multiline": True, "max_length": limits.INPUT_TEXT}
    note = question(_NOTE, "What should it have said?", text, optional=True)
    return modal(FEEDBACK_VIEW, "What went wrong?", "Send", turn_id, (reason, note))


def reason_and_note(values: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """What was submitted of the feedback modal."""
    reason, note = (_submitted(values.get(block, {}).get("value", {})) for block in (_REASON, _NOTE))
    return reason, note


def _submitted(element: Mapping[str, Any]) -> str:
    chosen = element.get("selected_option") or {}
    return str(chosen.get("value") or element.get("value") or "")


def _within(blocks: Iterable[Json]) -> Iterator[Json]:
    room = _BYTES
    for place, block in enumerate(blocks):
        room -= len(json.dumps(block))
        if room < 0 or place == _FIELDS:
            yield section("There is more than can be edited here. The rest stays as it is.")
            return
        yield block


def _item(place: int, item: ApprovalItem, specs: Mapping[str, ActionSpec]) -> Iterator[Json]:
    spec = specs.get(item.action)
    yield section(f"*{cut(one_line(item.name), 150, escaped)}*")
    for name, value in item.arguments.items():
        yield _field(field_id(place, name), name, value, spec.parameter(name) if spec else None)


def _field(block_id: str, name: str, value: Value, parameter: Parameter | None) -> Json:
    label = name.replace("_", " ")
    if size(block_id) > limits.ID or size(clean(str(value))) > limits.INPUT_TEXT:
        return section(f"{cut(one_line(label), 150, escaped)}: too long to be edited here; it stays as it is.")
    return question(block_id, cut(label, 150), _element(value, parameter), optional=not str(value))


def _element(value: Value, parameter: Parameter | None) -> Json:
    choices = [str(choice) for choice in parameter.choices] if parameter else []
    if isinstance(value, bool) or (parameter and parameter.type is ParameterType.BOOLEAN):
        choices = ["true", "false"]
        value = str(value).lower()
    if _selectable(choices, str(value)):
        return _select(choices, str(value))
    # Numbers too: Slack's number field refuses what its own settings refuse, and the engine checks the value anyway.
    multiline = "\n" in str(value) or len(str(value)) > 60
    return _text(clean(str(value)), multiline)


def _text(value: str, multiline: bool) -> Json:
    made = {"type": "plain_text_input", "multiline": multiline, "max_length": limits.INPUT_TEXT}
    return {**made, "initial_value": value} if value else made


def _selectable(choices: Sequence[str], value: str) -> bool:
    fit = all(choice.strip() and size(choice) <= limits.OPTION_TEXT for choice in choices)
    return bool(choices) and value in choices and len(choices) <= limits.OPTIONS and fit


def _select(choices: Sequence[str], value: str) -> Json:
    made = {"type": "static_select", "options": [option(choice, choice) for choice in choices]}
    return {**made, "placeholder": words("Choose", limits.PLACEHOLDER), "initial_option": option(value, value)}
