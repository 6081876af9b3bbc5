"""What an action gave, as people read it: JSON as labelled lines and tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

_ROWS = 10
_COLUMNS = 6


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
        return table(value) if value and all(isinstance(row, Mapping) for row in value) else _items(value)
    return [_plain(value)]


def _entry(key: str, item: object, depth: int) -> list[str]:
    label = f"{'  ' * depth}- **{_label(key)}**"
    if item is None or item in ([], {}):
        return []
    if isinstance(item, Mapping) and depth < 2:
        return [f"{label}:", *_lines(item, depth + 1)]
    if isinstance(item, list):
        if item and all(isinstance(row, Mapping) for row in item):
            return [f"{label}:", "", *table(item), ""]
        return [f"{label}: {', '.join(map(_plain, item[:_ROWS]))}"]
    return [f"{label}: {_plain(item)}"]


def table(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Lines of a Markdown table: the plain columns of the first row, the first rows."""
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
