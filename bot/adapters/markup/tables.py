"""A table as aligned text."""

from __future__ import annotations

import unicodedata

from bot.adapters.markup.neutral import one_line
from bot.adapters.markup.tree import Spans, Table

_GAP = "  "
_WIDEST = 60
"""Columns of the screen up to which the cells of a column are made equally wide."""


def aligned(table: Table) -> str:
    """Lines of columns of equal width, the header underlined."""
    rows = [[one_line(shown(cell)) for cell in row] for row in (table.header, *table.rows)]
    widths = [min(_WIDEST, max(map(_width, column))) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths, table.aligns) for row in rows]
    return "\n".join((lines[0], _GAP.join("-" * width for width in widths), *lines[1:]))


def shown(cell: Spans) -> str:
    """The text of a cell, with the addresses that its links hide."""
    return "".join(f"{span.text} ({span.url})" if span.url and span.url != span.text else span.text for span in cell)


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
