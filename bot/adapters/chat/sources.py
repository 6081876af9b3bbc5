"""The pages that an answer rests on, as one line of links."""

from __future__ import annotations

from collections.abc import Sequence

from bot.adapters.markup.links import safe_url
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import brief
from bot.adapters.markup.parsing import link
from bot.adapters.markup.tree import Span
from bot.adapters.markup.writing import Notation
from bot.domain.message import Source

_LABEL = 80


def linked(sources: Sequence[Source], notation: Notation, most: int) -> str:
    """As many links as there is room for, and how many more there are; empty when there are none."""
    links = [_link(source, notation) for source in sources if safe_url(source.url)]
    shown: list[str] = []
    for written in links:
        if size(" · ".join((*shown, written))) <= most:
            shown.append(written)
    more = f" and {len(links) - len(shown)} more" if len(shown) < len(links) else ""
    return f"Sources: {' · '.join(shown)}{more}" if shown else ""


def _link(source: Source, notation: Notation) -> str:
    return "".join(map(notation.span, link(brief(source.label, _LABEL), source.url, Span(""))))
