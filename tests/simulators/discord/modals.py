"""Modals: their components and limits, and what a person's filling in looks like on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulators.discord.components import (
    BOX,
    BOXES,
    LABEL,
    RADIOS,
    ROW,
    SELECTS,
    STRING_SELECT,
    TEXT,
    TEXT_INPUT,
    UPLOAD,
    check_options,
    check_select,
    walk,
)
from tests.simulators.discord.problems import Problems
from tests.simulators.discord.protocol import JSON

_FIELDS = (TEXT_INPUT, *SELECTS, UPLOAD, RADIOS, BOXES, BOX)


def check(modal: Any, problems: Problems) -> None:
    """The data of a modal callback."""
    problems.at("title").length(modal.get("title"), 1, 45)
    problems.at("custom_id").length(modal.get("custom_id"), 1, 100)
    rows = modal.get("components") or []
    problems.at("components").count(rows, 1, 5)
    for place, each in enumerate(rows):
        _check_top(each, problems.at("components", place))
    ids = [each["custom_id"] for each in fields(rows)]
    if len(set(ids)) < len(ids):
        problems.at("components").add("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")


def _check_top(component: JSON, problems: Problems) -> None:
    kind = component.get("type")
    if kind == LABEL:
        problems.at("label").length(component.get("label"), 1, 45)
        problems.at("description").length(component.get("description"), 0, 100)
        _check_field(component.get("component") or {}, problems.at("component"))
    elif kind == ROW:
        inner = component.get("components") or [{}]
        problems.at("components", 0, "label").length(inner[0].get("label"), 1, 45)
        _check_field(inner[0], problems.at("components", 0))
    elif kind == TEXT:
        problems.at("content").length(component.get("content"), 1, 4000)
    else:
        problems.at("type").add("UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1, 10, 18).')


def _check_field(field: JSON, problems: Problems) -> None:
    kind = field.get("type")
    if not problems.at("type").among(kind, *_FIELDS):
        return
    problems.at("custom_id").length(field.get("custom_id"), 1, 100)
    if kind == TEXT_INPUT:
        problems.at("style").among(field.get("style"), 1, 2)
        problems.at("placeholder").length(field.get("placeholder"), 0, 100)
        problems.at("value").length(field.get("value"), 0, min(4000, field.get("max_length") or 4000))
    elif kind in SELECTS:
        check_select(field, problems)
    elif kind in (RADIOS, BOXES):
        check_options(field.get("options") or [], problems.at("options"), 10)


def fields(rows: list[JSON]) -> list[JSON]:
    """Everything that can be filled in."""
    return [each for each in walk(rows) if each.get("type") in _FIELDS]


def label_of(rows: list[JSON], field: JSON) -> str:
    """What stands above a field."""
    for each in rows:
        if each.get("component") is field:
            return str(each["label"])
    return str(field.get("label") or field["custom_id"])


def filled(rows: list[JSON], values: Mapping[str, Any]) -> list[JSON]:
    """The components of a submission. Values go by custom id or label; Discord keeps required ones from being empty."""
    known = {key for each in fields(rows) for key in (each["custom_id"], label_of(rows, each))}
    assert set(values) <= known, f"no field {set(values) - known}; there is {known}"
    return list(_filled(rows, values))


def _filled(rows: list[JSON], values: Mapping[str, Any]) -> Iterator[JSON]:
    for row in rows:
        base = {"type": row["type"], "id": row.get("id", 0)}
        if row["type"] == LABEL:
            yield {**base, "component": _answer(row["component"], row["label"], values)}
        elif row["type"] == ROW:
            yield {**base, "components": [_answer(each, each["label"], values) for each in row["components"]]}
        else:
            yield base


def _answer(field: JSON, label: str, values: Mapping[str, Any]) -> JSON:
    given = values.get(field["custom_id"], values.get(label))
    told: JSON = {"type": field["type"], "custom_id": field["custom_id"], "id": field.get("id", 0)}
    required = field.get("required", True)
    match field["type"]:
        case 4:
            return {**told, "value": _text(field, label, given)}
        case 21:
            chosen = _chosen(field, [given] if given is not None else None)
            assert chosen or not required, f"Discord would not submit: {label} is required"
            return {**told, "value": chosen[0] if chosen else None}
        case 23:
            return {**told, "value": bool(field.get("default") if given is None else given)}
    chosen = _chosen(field, [given] if isinstance(given, str) else given)
    assert chosen or not required, f"Discord would not submit: {label} is required"
    return {**told, "values": chosen}


def _text(field: JSON, label: str, given: Any) -> str:
    text = str(field.get("value") or "") if given is None else str(given)
    assert text or not field.get("required", True), f"Discord would not submit: {label} is required"
    least, most = field.get("min_length") or 0, field.get("max_length") or 4000
    assert not text or least <= len(text) <= most, f"Discord would not submit: {label} has {len(text)} characters"
    return text


def _chosen(field: JSON, given: list[Any] | None) -> list[str]:
    """Options by value or label; what is preselected when nothing was said."""
    options = field.get("options") or []
    if given is None:
        return [each["value"] for each in options if each.get("default")]
    if field["type"] not in (STRING_SELECT, RADIOS, BOXES):
        return [str(each) for each in given]
    found = [each["value"] for wanted in given for each in options if wanted in (each["value"], each["label"])]
    assert len(found) == len(given), f"no option {given}; there is {[each['label'] for each in options]}"
    return found
