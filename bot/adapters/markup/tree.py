"""An answer as a tree of blocks, free of any notation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text of one style. With ``url``, which is safe, it is a link."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    url: str = ""


Spans: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    spans: Spans


@dataclass(frozen=True, slots=True)
class Heading:
    spans: Spans
    level: int


@dataclass(frozen=True, slots=True)
class Fence:
    """Code, without its last line break."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Items of blocks; numbered from ``start`` unless it is None."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All rows are as long as ``header``."""

    header: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]
    aligns: tuple[str, ...]
    """``left``, ``center`` or ``right`` of each column."""


@dataclass(frozen=True, slots=True)
class Rule:
    pass


Block: TypeAlias = Paragraph | Heading | Fence | Listing | Quote | Table | Rule


def text_of(spans: Spans) -> str:
    """The bare text."""
    return "".join(span.text for span in spans)
