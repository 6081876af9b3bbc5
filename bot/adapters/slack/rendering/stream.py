"""An answer that is still being written, as safe Markdown for ``markdown_text`` chunks."""

from __future__ import annotations

import re

from bot.adapters.markup.parsing import parse
from bot.adapters.markup.writing import MARKDOWN, write

HELD = 4_000
"""Characters that are kept back at most while a block goes on."""
_OPENER = 60
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_GAP = re.compile(r"\n[ \t]*\n(?=\S)")


class MarkdownStream:
    """Takes pieces however they are cut and gives whole blocks, so that no token can pass in two halves."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be shown now; often nothing."""
        self._held += piece
        written = ""
        while end := self._ready():
            written += self._give(end)
        return written

    def finish(self) -> str:
        """All that was kept back."""
        return self._give(len(self._held))

    def _ready(self) -> int:
        """How much can go: up to where the last block ends that nothing to come can change, or what is too much."""
        start = self._held[:HELD]
        for gap in reversed(list(_GAP.finditer(start))):
            if not _open_fence(start[: gap.end()]):
                return gap.end()
        if len(self._held) <= HELD:
            return 0
        line_end = start.rfind("\n") + 1
        return line_end if line_end > HELD // 2 else HELD

    def _give(self, end: int) -> str:
        """The blocks up to ``end``. A fence that goes on is opened again with the same line."""
        text = write(parse(self._held[:end]), MARKDOWN)
        opener, rest = _open_fence(self._held[:end])[:_OPENER], self._held[end:]
        self._held = f"{opener}\n{rest}" if opener and rest else rest
        return f"{text}\n\n" if text else ""


def _open_fence(text: str) -> str:
    """The line that opened the fence that ``text`` ends in; empty when it ends in none."""
    opener = ""
    for found in _FENCE.finditer(text):
        line = found.group().strip()
        if not opener:
            opener = line
        elif line.startswith(opener[:3]) and not line.strip("`~"):
            opener = ""
    return opener
