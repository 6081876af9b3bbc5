"""Takes the readable text out of an HTML page, in time that grows with its length alone, however broken it is."""

from __future__ import annotations

import html
import re

_MARK = re.compile(r"<!--|<(/?[a-zA-Z][a-zA-Z0-9]*)[^<>]*>?|<[!?][^<>]*>?")
"""No part of it can run past the next ``<``, so a page of a million of them is read once."""
_CLOSING = {
    name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("script", "style", "head", "noscript", "template")
}
_BREAKING = re.compile(r"/?(p|div|br|li|ul|ol|tr|h[1-6]|section|article|table|header|footer|pre)")


def text_of_page(page: str) -> str:
    """Lines of text without tags, scripts, styles and comments; entities resolved, runs of blanks made one."""
    bare = html.unescape("".join(_pieces(page)))
    lines = (" ".join(line.split()) for line in bare.splitlines())
    return "\n".join(line for line in lines if line)


def _pieces(page: str) -> list[str]:
    pieces, position = [], 0
    while found := _MARK.search(page, position):
        pieces.append(page[position : found.start()])
        name = (found.group(1) or "").lower()
        if _BREAKING.fullmatch(name):
            pieces.append("\n")
        position = _after(page, found, name)
    return [*pieces, page[position:]]


def _after(page: str, mark: re.Match[str], name: str) -> int:
    """Where the text goes on: behind the mark, or behind all that it opens and nobody is meant to read."""
    if mark.group() == "<!--":
        end = page.find("-->", mark.end())
        return end + 3 if end >= 0 else len(page)
    closing = _CLOSING.get(name)
    if closing is None:
        return mark.end()
    found = closing.search(page, mark.end())
    return found.end() if found else len(page)
