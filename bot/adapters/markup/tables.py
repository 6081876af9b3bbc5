"""A table as Slack's own block where its limits allow, and as aligned text where they do not."""

from __future__ import annotations

import unicodedata
from typing import Any

from bot.adapters.slack.rendering.limits import TABLE_COLUMNS, TABLE_ROWS, TABLE_TOTAL, size
from bot.adapters.slack.rendering.neutral import one_line, plain
from bot.adapters.slack.rendering.tree import Span, Spans, Table, text_of

_GAP = "  "
_WIDEST = 60
"""Columns of the screen up to which the cells of a column are made equally wide."""


def fits(table: Table) -> bool:
    """Whether Slack's table block can hold it."""
    rows = (table.header, *table.rows)
    within = len(rows) <= TABLE_ROWS and len(table.header) <= TABLE_COLUMNS
    return within and sum(size(_shown(cell)) for row in rows for cell in row) <= TABLE_TOTAL


def table_block(table: Table) -> dict[str, Any]:
    """The ``table`` block. The table must fit."""
    rows = [[_cell(cell) for cell in row] for row in (table.header, *table.rows)]
    return {"type": "table", "rows": rows, "column_settings": [{"align": align} for align in table.aligns]}


def aligned(table: Table) -> str:
    """Lines of columns of equal width, the header underlined."""
    rows = [[one_line(_shown(cell)) for cell in row] for row in (table.header, *table.rows)]
    widths = [min(_WIDEST, max(map(_width, column))) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths, table.aligns) for row in rows]
    return "\n".join((lines[0], _GAP.join("-" * width for width in widths), *lines[1:]))


def _shown(cell: Spans) -> str:
    return "".join(f"{span.text} ({span.url})" if span.url and span.url != span.text else span.text for span in cell)


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


def _line(row: list[str], widths: list[int], aligns: tuple[str, ...]) -> str:
    cells = (_padded(*cell) for cell in zip(row, widths, aligns, strict=True))
    return _GAP.join(cells).rstrip()


def _padded(text: str, width: int, align: str) -> str:
    room = width - _width(text)
    left = {"right": room, "center": room // 2}.get(align, 0)
    return " " * left + text + " " * (room - left)


def _width(text: str) -> int:
    """Columns on a screen: two for a wide character, none for a mark."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(bool(unicodedata.combining(character)) for character in text)
