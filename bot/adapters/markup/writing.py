"""Writes a tree in a notation: Markdown and bare text here, others where they are spoken. All of it is harmless."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from bot.adapters.markup.neutral import JOINER, broken, clean, fenced, one_line
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


@dataclass(frozen=True, slots=True)
class Notation:
    """How the parts of a tree are written."""

    span: Callable[[Span], str]
    heading: Callable[[Heading], str]
    fence: Callable[[Fence], str]
    lines: Callable[[str], str]
    """A last touch to the text of a paragraph."""
    bullet: str
    quote: str
    rule: str


def write(blocks: Sequence[Block], notation: Notation) -> str:
    """The text of ``blocks``."""
    return "\n\n".join(filter(None, (_block(block, notation) for block in blocks)))


# One answer's blocks are measured, fitted and written again and again.
@lru_cache(maxsize=256)
def _block(block: Block, notation: Notation) -> str:
    match block:
        case Paragraph():
            return notation.lines(_spans(block.spans, notation))
        case Heading():
            return notation.heading(block)
        case Fence() | Table():
            return notation.fence(Fence(aligned(block)) if isinstance(block, Table) else block)
        case Listing():
            return "\n".join(_items(block, notation))
        case Quote():
            return _led(write(block.blocks, notation), notation.quote, notation.quote)
        case Rule():
            return notation.rule


def _spans(spans: Spans, notation: Notation) -> str:
    """One text. Marks of two neighbours do not run together, nor does a ``!`` make the link behind it a picture."""
    text = ""
    for written in map(notation.span, _whole(spans)):
        text += (JOINER if _run_together(text[-1:], written[:1]) else "") + written
    return text


def _run_together(last: str, first: str) -> bool:
    return (last in _MARK and last == first) or last + first == "!["


def _whole(spans: Spans) -> Iterator[Span]:
    """Neighbours of one style made one: a refused link must not part a word that is to be broken."""
    for _, group in groupby(spans, lambda span: (span.bold, span.italic, span.strike, span.code, span.url)):
        first, *others = group
        if first.url or not others:
            yield from (first, *others)
        else:
            yield replace(first, text=text_of((first, *others)))


def _items(listing: Listing, notation: Notation) -> list[str]:
    marks = [
        notation.bullet if listing.start is None else f"{listing.start + index}. "
        for index in range(len(listing.items))
    ]
    return [
        _led(_joined(item, notation), mark, " " * len(mark)) for mark, item in zip(marks, listing.items, strict=True)
    ]


def _joined(item: tuple[Block, ...], notation: Notation) -> str:
    """A list under its item stands close to it."""
    text = ""
    for block in item:
        gap = "" if not text else "\n" if isinstance(block, Listing) else "\n\n"
        text += gap + _block(block, notation)
    return text


def _led(text: str, first: str, others: str) -> str:
    """A quote keeps its mark on empty lines, blank and all: Discord would end it there else."""
    lines = text.split("\n")
    empty = others if others.strip() else ""
    return "\n".join((first + lines[0], *(others + line if line else empty for line in lines[1:])))


# Markdown

_ACTIVE = re.compile(r"[\\`*\[\]~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w{1,32};)")
_LINE_START = re.compile(r"^[ \t]*(?:(#{1,6}(?=\s|$)|>|[+-](?=\s|$))|(\d{1,9})([.)])(?=\s|$))", re.MULTILINE)
_DRAWN = re.compile(r"^[ \t]*(?=[|:=-][|:=\- \t]*$)", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_TICKS = re.compile(r"`+")
_MARK = tuple("`*_~")
_MARKS = (("bold", "**"), ("italic", "*"), ("strike", "~~"))


def _markdown_text(text: str) -> str:
    calm = broken(_ACTIVE.sub(r"\\\g<0>", clean(text)))
    return re.sub(f"<(?!{JOINER})", "<" + JOINER, calm)


def _markdown_span(span: Span) -> str:
    if span.url:
        return f"[{_markdown_text(one_line(span.text))}]({bare(span.url)})"
    if span.code:
        return _markdown_code(one_line(span.text))
    marks = [mark for style, mark in _MARKS if getattr(span, style)]
    return wrapped(_markdown_text(span.text), "".join(marks), "".join(reversed(marks)))


def _markdown_code(text: str) -> str:
    if not text:
        return ""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence, room = "`" * (longest + 1 if longest else 1), " " if longest else ""
    return f"{fence}{room}{broken(clean(text))}{room}{fence}"


def bare(url: str) -> str:
    """A safe address that can stand in a Markdown link."""
    return url.translate({ord("("): "%28", ord(")"): "%29", ord("*"): "%2A", ord("["): "%5B", ord("]"): "%5D"})


def wrapped(text: str, before: str, after: str) -> str:
    """The marks stand close to the text, as both notations want them, and never round nothing."""
    bare = text.strip()
    if not bare or not before:
        return text
    start = text.index(bare)
    return f"{text[:start]}{before}{bare}{after}{text[start + len(bare) :]}"


def _markdown_lines(text: str) -> str:
    flat = _DRAWN.sub(r"\\", _INDENT.sub("", text))
    return _LINE_START.sub(_unmarked, flat)


def _unmarked(found: re.Match[str]) -> str:
    return f"\\{found.group(1)}" if found.group(1) else f"{found.group(2)}\\{found.group(3)}"


def _markdown_heading(heading: Heading) -> str:
    text = one_line(_spans(heading.spans, MARKDOWN))
    return f"{'#' * heading.level} {text}" if text else ""


def _markdown_fence(fence: Fence) -> str:
    return f"```{fence.language}\n{broken(fenced(clean(fence.text)))}\n```"


MARKDOWN = Notation(_markdown_span, _markdown_heading, _markdown_fence, _markdown_lines, "- ", "> ", "---")

# bare text


def _plain_span(span: Span) -> str:
    return span.text if not span.url or span.text == span.url else f"{span.text} ({span.url})"


def _plain_heading(heading: Heading) -> str:
    return one_line(text_of(heading.spans))


def _plain_fence(fence: Fence) -> str:
    return fence.text


PLAIN = Notation(_plain_span, _plain_heading, _plain_fence, str, "• ", "> ", "———")
"""Raw: to be escaped as a whole where it is sent."""
