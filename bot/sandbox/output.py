"""Collects what a container writes, up to a cap, and passes it on as it comes."""

from __future__ import annotations

import codecs

CAP = 1024 * 1024
"""Bytes of each stream that are kept (the rest is counted)."""


class Collected:
    """One output stream: decoded piece by piece, cut at the cap."""

    def __init__(self, cap: int = CAP) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._pieces: list[str] = []
        self._room = cap
        self.dropped = 0

    def add(self, data: bytes) -> str:
        """Keep what fits; gives the text that is new."""
        kept, rest = data[: self._room], data[self._room :]
        self._room -= len(kept)
        self.dropped += len(rest)
        text = self._decoder.decode(kept)
        self._pieces.append(text)
        return text

    def text(self) -> str:
        return "".join(self._pieces) + self._decoder.decode(b"", final=True)
