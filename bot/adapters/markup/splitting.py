"""Cuts a tree into parts that are small enough, at the best places; every part is whole in itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from bot.adapters.markup.neutral import whole_character
from bot.adapters.markup.tables import aligned
from bot.adapters.markup.tree import (
    Block,
    Fence,
    Heading,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Span,
    Spans,
    Table,
    text_of,
)

Measure = Callable[[Sequence[Block]], int]
GAP = 2
"""Between two blocks stands an empty line, in every notation."""

_BEST_BREAKS = tuple(map(re.compile, (r"\n", r"(?<=[.!?。！？])\s", r"\s")))


def packed(blocks: Iterable[Block], measure: Measure, limit: int) -> list[tuple[Block, ...]]:
    """Groups of blocks, in order, as full as can be, none above ``limit``."""
    groups: list[list[Block]] = []
    filled = limit
    for block in fitted(blocks, measure, limit):
        needed = measure((block,))
        if filled + GAP + needed > limit:
            groups.append([])
            filled = -GAP
        groups[-1].append(block)
        filled += GAP + needed
    return [tuple(group) for group in groups]


def fitted(blocks: Iterable[Block], measure: Measure, limit: int) -> Iterator[Block]:
    """The blocks, those that are too large in pieces: a fence reopened, a table with its header, a list numbered on."""
    for block in blocks:
        pieces = () if measure((block,)) <= limit else halves(block)
        if pieces:
            yield from fitted(pieces, measure, limit)
        else:
            yield block


def halves(block: Block) -> tuple[Block, ...]:
    """Two blocks that say what one did; none if it cannot be parted."""
    match block:
        case Paragraph() | Heading():
            return tuple(replace(block, spans=spans) for spans in _halved_spans(block.spans))
        case Fence():
            return tuple(replace(block, text=text) for text in _halved_text(block.text, _BEST_BREAKS[:1]))
        case Quote():
            return tuple(Quote(part) for part in _halved_blocks(block.blocks))
        case Listing():
            return _halved_listing(block)
        case Table():
            return _halved_table(block)
        case Rule():
            return ()


def _halved_listing(listing: Listing) -> tuple[Block, ...]:
    middle = len(listing.items) // 2
    if middle:
        start = None if listing.start is None else listing.start + middle
        return replace(listing, items=listing.items[:middle]), Listing(listing.items[middle:], start)
    # The rest of one long item goes on without a mark of its own number.
    parts = _halved_blocks(listing.items[0]) if listing.items else ()
    return tuple(replace(listing, items=(part,)) for part in parts)


def _halved_table(table: Table) -> tuple[Block, ...]:
    middle = len(table.rows) // 2
    if middle:
        return replace(table, rows=table.rows[:middle]), replace(table, rows=table.rows[middle:])
    return halves(Fence(aligned(table)))


def _halved_blocks(blocks: tuple[Block, ...]) -> tuple[tuple[Block, ...], ...]:
    if len(blocks) == 1:
        return tuple((part,) for part in halves(blocks[0]))
    middle = len(blocks) // 2
    return (blocks[:middle], blocks[middle:]) if middle else ()


def _halved_spans(spans: Spans) -> tuple[Spans, ...]:
    text = text_of(spans)
    texts = _halved_text(text, _BEST_BREAKS)
    return (tuple(_until(spans, len(texts[0]))), tuple(_after(spans, len(text) - len(texts[1])))) if texts else ()


def _halved_text(text: str, breaks: Sequence[re.Pattern[str]]) -> tuple[str, ...]:
    """At the break nearest the middle, the best kind first, if it is not far from it."""
    if len(text) < 2:
        return ()
    middle, reach = len(text) // 2, max(1, len(text) // 4)
    for kind in breaks:
        places = [found.span() for found in kind.finditer(text, middle - reach, middle + reach)]
        inner = [(start, end) for start, end in places if start > 0 and end < len(text)]
        if inner:
            start, end = min(inner, key=lambda place: abs(place[0] - middle))
            return text[:start], text[end:]
    place = whole_character(text, middle)
    return text[:place], text[place:]


def _until(spans: Spans, end: int) -> Iterator[Span]:
    for span in spans:
        if end > 0:
            yield replace(span, text=span.text[:end])
        end -= len(span.text)


def _after(spans: Spans, start: int) -> Iterator[Span]:
    for span in spans:
        if start < len(span.text):
            yield replace(span, text=span.text[max(0, start) :])
        start -= len(span.text)
