"""Reads a pod's log as ``relay.py`` writes it: both streams apart again, each byte once, gaps counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from bot.sandbox.transcript import Transcript

_FRAME = re.compile(rb"([oe]) (\d{1,18})([ -])(.*)", re.DOTALL)
_OUT, _ERROR = b"o", b"e"


class Frames:
    """The pieces of one run's log, however often the log is read from its beginning."""

    def __init__(self) -> None:
        self.lost = 0
        """Bytes that the log left out, as it does when it is rotated."""
        self._next = 0
        self._rest = b""

    def again(self) -> None:
        """What is heard next comes from a new reading of the log."""
        self._rest = b""

    def heard(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Take a piece of the log; gives what is new as (stream, bytes)."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield from self._told(line)

    def _told(self, line: bytes) -> Iterator[tuple[bytes, bytes]]:
        frame = _FRAME.fullmatch(line)
        if not frame:
            yield _ERROR, line + b"\n"
            return
        stream, before, piece = frame[1], int(frame[2]), frame[4] + (b"\n" if frame[3] == b" " else b"")
        if before < self._next:
            return
        self.lost += before - self._next
        self._next = before + len(piece)
        yield stream, piece


class Hearing:
    """What one run has said so far."""

    def __init__(self, marker: str) -> None:
        self.transcript = Transcript(marker)
        self.frames = Frames()

    @property
    def ended(self) -> bool:
        """Whether the script has ended and all that it wrote is here."""
        return self.transcript.complete

    @property
    def dropped(self) -> int:
        """Bytes that were beyond the cap or that the log left out."""
        return self.transcript.stdout.dropped + self.transcript.stderr.dropped + self.frames.lost

    def heard(self, data: bytes) -> str:
        """Take a piece of the log; gives the text of the script that is new."""
        text = ""
        for stream, pieces in groupby(self.frames.heard(data), itemgetter(0)):
            together = b"".join(piece for _, piece in pieces)
            if stream == _OUT:
                text += self.transcript.heard(together)
            else:
                self.transcript.heard_aside(together)
        return text
