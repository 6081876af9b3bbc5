"""Answers from templates: what actions printed, or their JSON as labelled lines and tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from bot.domain.run import ActionResult

LONGEST = 6_000
"""Characters of one action's part of an answer."""
_ROWS = 10
_COLUMNS = 6
_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")
_GREETING = re.compile(r"(?i)^\W*(hi|hello|hey|good (morning|afternoon|evening))\b")
_THANKS = re.compile(r"(?i)^\W*(thanks?|thank you|thx|perfect|great|cool|ok(ay)?)\b")


def write_answer(question: str, results: Sequence[ActionResult], capabilities: Sequence[str]) -> str:
    """One readable text; a heading for each action when there are several that gave something."""
    told = [result for result in results if result.succeeded]
    parts = [_part(result, heading=len(told) > 1) for result in told]
    if parts:
        return "\n\n".join(parts)
    if results:
        return "\n\n".join(f"**{result.name}**: {_failure(result)}" for result in results)
    return _nothing_ran(question, capabilities)


def _part(result: ActionResult, *, heading: bool) -> str:
    text = _HIDDEN.sub("", readable(result.output)).strip() or "It ran and returned nothing."
    if len(text) > LONGEST:
        text = text[:LONGEST].rsplit("\n", 1)[0] + "\n\n…(the rest is in the history)"
    return f"**{result.name}**\n\n{text}" if heading else text


def _failure(result: ActionResult) -> str:
    detail = result.detail or result.label.replace("_", " ")
    return f"did not succeed: {detail}. You can ask again, or check with whoever runs that service."


def _nothing_ran(question: str, capabilities: Sequence[str]) -> str:
    listed = ", ".join(capabilities[:12])
    offer = f" I can help with: {listed}." if listed else ""
    if _GREETING.match(question):
        return f"Hello!{offer} What would you like to know?"
    if _THANKS.match(question):
        return "You are welcome."
    return f"I found no action that fits your question.{offer} Try other words, or name what you need."


def readable(output: str) -> str:
    """JSON as Markdown; any other text as it is."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        return output
    return "\n".join(_lines(value)) if isinstance(value, dict | list) else str(value)


def _lines(value: object, depth: int = 0) -> list[str]:
    if isinstance(value, Mapping):
        return [line for key, item in list(value.items())[:30] for line in _entry(str(key), item, depth)]
    if isinstance(value, list):
        return _table(value) if value and all(isinstance(row, Mapping) for row in value) else _items(value)
    return [_plain(value)]


def _entry(key: str, item: object, depth: int) -> list[str]:
    label = f"{'  ' * depth}- **{_label(key)}**"
    if item is None or item in ([], {}):
        return []
    if isinstance(item, Mapping) and depth < 2:
        return [f"{label}:", *_lines(item, depth + 1)]
    if isinstance(item, list):
        if item and all(isinstance(row, Mapping) for row in item):
            return [f"{label}:", "", *_table(item), ""]
        return [f"{label}: {', '.join(map(_plain, item[:_ROWS]))}"]
    return [f"{label}: {_plain(item)}"]


def _table(rows: Sequence[Mapping[str, object]]) -> list[str]:
    columns = [key for key in rows[0] if not isinstance(rows[0][key], dict | list)][:_COLUMNS]
    head = ["| " + " | ".join(map(_label, columns)) + " |", "|" + " --- |" * len(columns)]
    body = ["| " + " | ".join(_plain(row.get(key)) for key in columns) + " |" for row in rows[:_ROWS]]
    return [*head, *body, *([f"…and {len(rows) - _ROWS} more"] if len(rows) > _ROWS else [])]


def _items(values: Sequence[object]) -> list[str]:
    return [f"- {_plain(value)}" for value in values[:_ROWS]]


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = (
        json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str("" if value is None else value)
    )
    return text.replace("|", "\\|").replace("\n", " ")[:300]


def _label(key: str) -> str:
    words = key.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
