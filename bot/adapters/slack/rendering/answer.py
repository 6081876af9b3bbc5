"""An answer's Markdown as blocks on each rung of the ladder, with the whole as a file when it is long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import ELLIPSIS, clean
from bot.adapters.markup.parsing import parse
from bot.adapters.markup.splitting import packed
from bot.adapters.markup.tree import Block, Paragraph, Span, Table
from bot.adapters.markup.writing import MARKDOWN, PLAIN, Notation, write
from bot.adapters.slack.rendering.elements import Json, markdown, section
from bot.adapters.slack.rendering.limits import MARKDOWN_TOTAL, OUR_ANSWER, OUR_SECTION, OUR_SUMMARY
from bot.adapters.slack.rendering.mrkdwn import MRKDWN
from bot.adapters.slack.rendering.tables import fits, table_block
from bot.domain.run import Document

FILE_NAME = "answer.md"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown of an answer."""

    blocks: tuple[Block, ...]
    document: Document | None = None
    """The whole, to be uploaded in the thread; set when ``blocks`` are only its beginning."""


def answer(text: str, most: int = OUR_ANSWER) -> Answer:
    """The whole answer if it measures at most ``most`` in every notation, else a summary and a file."""
    blocks = parse(text if len(text) <= most else _first_lines(text))
    if len(text) <= most and longest(blocks) <= most:
        return Answer(blocks)
    whole = Document(FILE_NAME, "text/markdown", clean(text).encode())
    return Answer((*_beginning(blocks, OUR_SUMMARY), Paragraph((Span(ELLIPSIS),))), whole)


def rich(blocks: Sequence[Block]) -> list[Json]:
    """``markdown`` blocks, and the first table as a ``table`` block: Slack takes one of them in a message."""
    table = next((block for block in blocks if isinstance(block, Table) and fits(block)), None)
    made: list[Json] = []
    for native, group in groupby(blocks, lambda block: block is table):
        made += [table_block(table)] if native and table else _markdown(list(group))
    return made


def sections(blocks: Sequence[Block]) -> list[Json]:
    """``mrkdwn`` sections; tables stand as code."""
    groups = packed(blocks, lambda part: measured(part, MRKDWN), OUR_SECTION)
    texts = (write(group, MRKDWN) for group in groups)
    return [section(text) for text in texts if text.strip()]


def bare(blocks: Sequence[Block]) -> str:
    """Raw text, to be escaped as a whole."""
    return write(blocks, PLAIN)


def measured(blocks: Sequence[Block], notation: Notation) -> int:
    """Length of ``blocks`` as they are written."""
    return size(write(blocks, notation))


def longest(blocks: Sequence[Block]) -> int:
    """Length in the notation that needs most."""
    return max(measured(blocks, notation) for notation in (MARKDOWN, MRKDWN, PLAIN))


def _markdown(blocks: Sequence[Block]) -> Iterator[Json]:
    for group in packed(blocks, lambda part: measured(part, MARKDOWN), MARKDOWN_TOTAL):
        text = write(group, MARKDOWN)
        if text.strip():
            yield markdown(text)


def _first_lines(text: str) -> str:
    start = text[: 2 * OUR_SUMMARY]
    return start.rpartition("\n")[0] or start


def _beginning(blocks: Sequence[Block], limit: int) -> tuple[Block, ...]:
    groups = packed(blocks, longest, limit)
    return groups[0] if groups else ()
