"""A table as Slack's own block, where its limits allow."""

from __future__ import annotations

from typing import Any

from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import plain
from bot.adapters.markup.tables import shown
from bot.adapters.markup.tree import Span, Spans, Table, text_of
from bot.adapters.slack.rendering.limits import TABLE_COLUMNS, TABLE_ROWS, TABLE_TOTAL


def fits(table: Table) -> bool:
    """Whether Slack's table block can hold it."""
    rows = (table.header, *table.rows)
    within = len(rows) <= TABLE_ROWS and len(table.header) <= TABLE_COLUMNS
    return within and sum(size(shown(cell)) for row in rows for cell in row) <= TABLE_TOTAL


def table_block(table: Table) -> dict[str, Any]:
    """The ``table`` block. The table must fit."""
    rows = [[_cell(cell) for cell in row] for row in (table.header, *table.rows)]
    return {"type": "table", "rows": rows, "column_settings": [{"align": align} for align in table.aligns]}


def _cell(cell: Spans) -> dict[str, Any]:
    text = plain(text_of(cell))
    if not text.strip():
        return {"type": "raw_text", "text": " "}  # Slack refuses an empty cell
    if not any(span.url or span.code or span.bold for span in cell):
        return {"type": "raw_text", "text": text}
    section = {"type": "rich_text_section", "elements": [_element(span) for span in cell if span.text]}
    return {"type": "rich_text", "elements": [section]}


def _element(span: Span) -> dict[str, Any]:
    kind: dict[str, Any] = {"type": "link", "url": span.url} if span.url else {"type": "text"}
    style = {name: True for name in ("bold", "italic", "strike", "code") if getattr(span, name)}
    return {**kind, "text": plain(span.text), **({"style": style} if style else {})}
