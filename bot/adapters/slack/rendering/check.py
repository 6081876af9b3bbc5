"""Finds what Slack would refuse in a payload. It knows Slack's rules, not how our payloads are made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from bot.adapters.markup.measure import size
from bot.adapters.slack.rendering import limits
from bot.adapters.slack.rendering.check_elements import element, plain_text, text_object, within

Block = Mapping[str, Any]
Check = Callable[[Block], Iterator[str]]


def problems(payload: Sequence[Block] | Block) -> list[str]:
    """Each limit that blocks of a message, or a view, exceed; empty when Slack would take it."""
    return list(_view(payload) if isinstance(payload, Mapping) else _message(payload))


def _message(blocks: Sequence[Block]) -> Iterator[str]:
    yield from within("blocks", len(blocks), limits.MESSAGE_BLOCKS)
    yield from _blocks(blocks)
    yield from within(
        "all markdown", sum(size(_text(b)) for b in blocks if b["type"] == "markdown"), limits.MARKDOWN_TOTAL
    )
    yield from within("all text", sum(map(size, _texts(blocks))), limits.MESSAGE_TOTAL)
    tables = [block for block in blocks if block["type"] == "table"]
    yield from within("tables", len(tables), 1)
    yield from within("all table text", sum(map(size, _texts(tables))), limits.TABLE_TOTAL)


def _view(view: Block) -> Iterator[str]:
    yield from within("blocks", len(view["blocks"]), limits.VIEW_BLOCKS)
    yield from _blocks(view["blocks"])
    yield from within(
        "view", len(json.dumps(view, ensure_ascii=False).encode("utf-8", "surrogatepass")), limits.VIEW_BYTES
    )
    yield from within("private_metadata", size(view.get("private_metadata", "")), limits.PRIVATE_METADATA)
    yield from within("callback_id", size(view.get("callback_id", "")), limits.ID)
    if view["type"] == "modal":
        for name in ("title", "submit", "close"):
            yield from plain_text(name, view.get(name), limits.VIEW_TITLE)
    elif view["type"] != "home":
        yield f"view: unknown type {view['type']}"


def _blocks(blocks: Sequence[Block]) -> Iterator[str]:
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "block_id: not unique"
    for place, block in enumerate(blocks):
        yield from (f"{place}: {problem}" for problem in _block(block))


def _block(block: Block) -> Iterator[str]:
    yield from within("block_id", size(block.get("block_id", "-")), limits.ID, 1)
    check = _CHECKS.get(block["type"])
    yield from check(block) if check else (f"unknown block {block['type']}",)


def _section(block: Block) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield "section: neither text nor fields"
    if "text" in block:
        yield from text_object("section", block["text"], limits.SECTION)
    yield from within("fields", len(block.get("fields", ())), limits.FIELDS)
    for part in block.get("fields", ()):
        yield from text_object("field", part, limits.FIELD)
    if "accessory" in block:
        yield from element(block["accessory"])


def _markdown(block: Block) -> Iterator[str]:
    yield from within("markdown", size(_text(block)), limits.MARKDOWN_TOTAL, 1)


def _header(block: Block) -> Iterator[str]:
    yield from plain_text("header", block.get("text"), limits.HEADER)


def _context(block: Block) -> Iterator[str]:
    yield from within("context elements", len(block["elements"]), limits.CONTEXT_ELEMENTS, 1)
    for part in block["elements"]:
        yield from text_object("context", part, limits.CONTEXT_TEXT)


def _actions(block: Block) -> Iterator[str]:
    yield from within("actions elements", len(block["elements"]), limits.ACTIONS, 1)
    yield from _elements(block["elements"])


def _context_actions(block: Block) -> Iterator[str]:
    yield from within("context_actions elements", len(block["elements"]), 5, 1)
    yield from _elements(block["elements"])
    if any(part["type"] not in ("feedback_buttons", "icon_button") for part in block["elements"]):
        yield "context_actions: other elements than feedback_buttons and icon_button"


def _elements(elements: Sequence[Block]) -> Iterator[str]:
    ids = [part.get("action_id") for part in elements]
    if len(ids) != len(set(ids)):
        yield "action_id: not unique in its block"
    yield from chain.from_iterable(map(element, elements))


def _input(block: Block) -> Iterator[str]:
    yield from plain_text("label", block.get("label"), limits.INPUT_LABEL)
    yield from element(block["element"])


def _task_card(block: Block) -> Iterator[str]:
    yield from within("task_id", size(block.get("task_id", "")), limits.ID, 1)
    yield from within("title", size(block.get("title", "")), limits.TASK_TEXT, 1)
    if block.get("status") not in ("pending", "in_progress", "complete", "error"):
        yield "task_card: unknown status"
    for name in ("details", "output"):
        if name in block:
            yield from within(name, sum(map(size, _texts(block[name]))), limits.TASK_TEXT, 1)
            yield from _rich_text(block[name])


def _rich_text(block: Block) -> Iterator[str]:
    if block.get("type") != "rich_text" or not block.get("elements"):
        yield "rich_text: empty, or of another type"
    if any(not text for text in _texts(block)):
        yield "rich_text: an empty text"


def _table(block: Block) -> Iterator[str]:
    rows = block["rows"]
    yield from within("rows", len(rows), limits.TABLE_ROWS, 1)
    yield from within("column_settings", len(block.get("column_settings", ())), limits.TABLE_COLUMNS)
    for row in rows:
        yield from within("cells", len(row), limits.TABLE_COLUMNS, 1)
        yield from chain.from_iterable(map(_cell, row))


def _cell(cell: Block) -> Iterator[str]:
    if cell["type"] == "rich_text":
        yield from _rich_text(cell)
    elif cell["type"] != "raw_text" or not cell.get("text"):
        yield "cell: empty, or of an unknown type"


def _divider(_block: Block) -> Iterator[str]:
    yield from ()


def _text(block: Block) -> str:
    return str(block.get("text", ""))


def _texts(part: object) -> Iterator[str]:
    """Every ``text`` that stands anywhere in a payload."""
    if isinstance(part, Mapping):
        for name, value in part.items():
            yield from (value,) if name == "text" and isinstance(value, str) else _texts(value)
    elif isinstance(part, (list, tuple)):
        yield from chain.from_iterable(map(_texts, part))


_CHECKS: Mapping[str, Check] = {
    "section": _section,
    "markdown": _markdown,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "input": _input,
    "task_card": _task_card,
    "rich_text": _rich_text,
    "table": _table,
    "divider": _divider,
}
