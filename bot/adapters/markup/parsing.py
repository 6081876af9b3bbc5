"""Reads Markdown into a tree. Links are made safe here, once, for every way of writing the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.adapters.markup.links import poses, safe_url
from bot.adapters.markup.neutral import ELLIPSIS, clean, one_line
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

LONGEST_SOURCE = 10_000
"""Characters that are parsed at all: more than can be shown, few enough to take no time."""

_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 30}).enable(["table", "strikethrough"])
# Every address is let through to our own check, which keeps the label of one that it refuses.
_PARSER.validateLink = lambda url: True  # type: ignore[method-assign]

_BARE = re.compile(r"https?://[^\s<>\"`|]+[^\s<>\"`|.,;:!?()\[\]{}'*_~]", re.IGNORECASE)
_BOX = re.compile(r"\[([ xX])\] ")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#.-]{1,20}")
_SHOWN_URL = 120


def parse(text: str) -> tuple[Block, ...]:
    """The blocks of ``text``; of a longer one only the first ``LONGEST_SOURCE`` characters."""
    return _blocks(SyntaxTreeNode(_PARSER.parse(clean(text[:LONGEST_SOURCE]))))


def link(label: str, url: str, style: Span) -> Iterator[Span]:
    """A link, or the label alone if the address is refused; a label that poses as another address stands before it."""
    address, said = safe_url(url), one_line(label)
    if not address:
        yield replace(style, text=said)
    elif said and poses(said, address):
        yield replace(style, text=f"{said} (")
        yield replace(style, text=_shown(address), url=address)
        yield replace(style, text=")")
    else:
        yield replace(style, text=said or _shown(address), url=address)


def _shown(address: str) -> str:
    return address if len(address) <= _SHOWN_URL else address[:_SHOWN_URL] + ELLIPSIS


def _blocks(node: SyntaxTreeNode) -> tuple[Block, ...]:
    return tuple(block for child in node.children for block in _block(child))


def _block(node: SyntaxTreeNode) -> Iterator[Block]:
    match node.type:
        case "paragraph":
            yield Paragraph(_inline(node))
        case "heading":
            yield Heading(_inline(node), int(node.tag[1]))
        case "fence" | "code_block":
            yield Fence(node.content.rstrip("\n"), _language(node.info))
        case "bullet_list" | "ordered_list":
            yield Listing(tuple(map(_item, node.children)), _start(node))
        case "blockquote":
            yield Quote(_blocks(node))
        case "table":
            yield _table(node)
        case "hr":
            yield Rule()


def _language(info: str) -> str:
    found = _LANGUAGE.match(info.strip())
    return found.group() if found else ""


def _start(node: SyntaxTreeNode) -> int | None:
    return int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None


def _item(node: SyntaxTreeNode) -> tuple[Block, ...]:
    blocks = _blocks(node)
    if blocks and isinstance(blocks[0], Paragraph) and blocks[0].spans:
        first, *rest = blocks[0].spans
        ticked = replace(first, text=_BOX.sub(_box, first.text, count=1)) if _BOX.match(first.text) else first
        return Paragraph((ticked, *rest)), *blocks[1:]
    return blocks


def _box(found: re.Match[str]) -> str:
    return "☐ " if found.group(1) == " " else "☑ "


def _table(node: SyntaxTreeNode) -> Table:
    rows = [tuple(map(_inline, row.children)) for part in node.children for row in part.children]
    aligns = [
        str(cell.attrs.get("style", "")).rpartition(":")[2] or "left" for cell in node.children[0].children[0].children
    ]
    return Table(rows[0], tuple(rows[1:]), tuple(aligns))


def _inline(node: SyntaxTreeNode) -> Spans:
    return tuple(span for child in node.children for span in _spans(child, Span("")) if span.text)


def _spans(node: SyntaxTreeNode, style: Span) -> Iterator[Span]:
    match node.type:
        case "text":
            yield from _text(clean(node.content), style)
        case "softbreak" | "hardbreak":
            yield replace(style, text="\n")
        case "code_inline":
            yield replace(style, text=clean(node.content), code=True)
        case "link":
            yield from link(_label(node), str(node.attrs.get("href", "")), style)
        case "image":
            yield from link(_label(node) or "image", str(node.attrs.get("src", "")), style)
        case _:
            inner = _styled(style, node.type)
            yield from (span for child in node.children for span in _spans(child, inner))


def _styled(style: Span, kind: str) -> Span:
    return replace(
        style,
        bold=style.bold or kind == "strong",
        italic=style.italic or kind == "em",
        strike=style.strike or kind == "s",
    )


def _label(node: SyntaxTreeNode) -> str:
    return text_of(tuple(span for child in node.children for span in _spans(child, Span(""))))


def _text(text: str, style: Span) -> Iterator[Span]:
    position = 0
    for found in _BARE.finditer(text):
        yield replace(style, text=text[position : found.start()])
        yield from link(found.group(), found.group(), style)
        position = found.end()
    yield replace(style, text=text[position:])
