"""An answer's Markdown in parts that each fit in one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.discord.rendering.limits import OUR_PARTS, OUR_SUMMARY, OUR_TEXT, OUR_WORDS
from bot.adapters.discord.rendering.notation import DISCORD, spoken
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import ELLIPSIS, clean, cut
from bot.adapters.markup.parsing import LONGEST_SOURCE, parse
from bot.adapters.markup.splitting import packed
from bot.adapters.markup.tree import Block, Paragraph, Span
from bot.adapters.markup.writing import PLAIN, write
from bot.domain.run import Document

FILE_NAME = "answer.md"
Part = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown of an answer."""

    parts: tuple[Part, ...]
    """At least one; the last may be empty, so that what stands under the answer finds room."""
    document: Document | None = None
    """The whole; set when the parts are only its beginning."""


def answer(text: str, under: int) -> Answer:
    """The whole answer in a few messages, else a summary and a file. ``under`` is the length of what follows it."""
    if not clean(text).strip():
        return Answer(((),))
    if len(text) <= LONGEST_SOURCE:
        parts = _parts(parse(text), under)
        if len(parts) <= OUR_PARTS:
            return Answer(tuple(parts))
    whole = Document(FILE_NAME, "text/markdown", clean(text).encode())
    beginning = packed(parse(_first_lines(text)), measured, OUR_SUMMARY)
    shown = (*(beginning[0] if beginning else ()), Paragraph((Span(ELLIPSIS),)))
    return Answer((shown,) if measured(shown) + under <= OUR_TEXT else (shown, ()), whole)


def measured(blocks: Sequence[Block]) -> int:
    """Length of ``blocks`` as Discord is given them."""
    return size(write(blocks, DISCORD))


def in_words(part: Part, room: int = OUR_WORDS) -> str:
    """What of a part fits in a message of words."""
    if measured(part) <= room:
        return write(part, DISCORD)
    beginning = packed(part, measured, room - 3)[0]
    text = f"{write(beginning, DISCORD)}\n\n{ELLIPSIS}"
    return text if size(text) <= room else cut(write(part, PLAIN), room, spoken)


def _parts(blocks: Sequence[Block], under: int) -> list[Part]:
    """The last has room for ``under``."""
    parts = packed(blocks, measured, OUR_TEXT) or [()]
    if measured(parts[-1]) + under <= OUR_TEXT:
        return parts
    rest = packed(parts.pop(), measured, OUR_TEXT - under)
    return [*parts, *rest, *([] if measured(rest[-1]) + under <= OUR_TEXT else [()])]


def _first_lines(text: str) -> str:
    start = text[: 2 * OUR_SUMMARY]
    return start.rpartition("\n")[0] or start
