"""Reads what a container says: the script's two streams, cut at a cap, and the end that our program inside tells."""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.run import Document
from bot.sandbox.documents import document

CAP = 1024 * 1024
"""Bytes of each stream that are kept (the rest is counted)."""
_LENGTH_DIGITS = 16
_LARGEST_END = 16 * 1024 * 1024
"""Bytes; ten MiB of documents in base64 and some names."""


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


@dataclass(frozen=True, slots=True)
class End:
    """How a script ended by itself, and the files it left."""

    exit_code: int
    documents: tuple[Document, ...] = ()
    left_out: tuple[str, ...] = ()


class Channel:
    """One stream up to the marker; what follows is no longer the script's. The marker may come in pieces."""

    def __init__(self, marker: bytes) -> None:
        self._marker = marker
        self._pending = b""
        self.after: bytearray | None = None
        """What came after the marker; None until it came."""

    def heard(self, data: bytes) -> bytes:
        """The bytes of the script that are new."""
        if self.after is not None:
            self.after += data[: max(0, _LARGEST_END - len(self.after))]
            return b""
        data = self._pending + data
        script, found, rest = data.partition(self._marker)
        if found:
            self._pending, self.after = b"", bytearray(rest)
            return script
        held = _overlap(data, self._marker)
        self._pending = data[len(data) - held :]
        return data[: len(data) - held]

    def finish(self) -> bytes:
        """No more will come: what was held back as a possible marker was the script's after all."""
        rest, self._pending = self._pending, b""
        return rest


class Transcript:
    """Both streams. The engine does not keep their order, so the end has come when each has told it."""

    def __init__(self, marker: str) -> None:
        self.stdout = Collected()
        self.stderr = Collected()
        self.end: End | None = None
        self._told = False
        """Whether an end came, be it one that cannot be read."""
        sign = b"\0" + marker.encode() + b"\0"
        self._out, self._err = Channel(sign), Channel(sign)

    @property
    def complete(self) -> bool:
        """Whether the script has ended and all that it wrote is here."""
        return self.end is not None and self._err.after is not None

    def heard(self, data: bytes) -> str:
        """Take a piece of standard output; gives the text of the script that is new."""
        text = self.stdout.add(self._out.heard(data))
        if not self._told and (body := _body_in(self._out.after or b"")) is not None:
            self._told, self.end = True, _end_of(body)
        return text

    def heard_aside(self, data: bytes) -> None:
        """Take a piece of standard error."""
        self.stderr.add(self._err.heard(data))

    def finish(self) -> str:
        """The container is gone; gives the text of the script that was held back."""
        self.stderr.add(self._err.finish())
        return self.stdout.add(self._out.finish())


def _body_in(after: bytes | bytearray) -> bytes | bytearray | None:
    """What tells the end, once all of it is here; the megabytes that it may have are copied only then."""
    head = after[:_LENGTH_DIGITS]
    if len(head) < _LENGTH_DIGITS or not head.isdigit() or len(after) - _LENGTH_DIGITS < int(head):
        return None
    return after[_LENGTH_DIGITS : _LENGTH_DIGITS + int(head)]


def _overlap(data: bytes, marker: bytes) -> int:
    """How many bytes at the end of ``data`` could be the beginning of ``marker``."""
    longest = min(len(data), len(marker) - 1)
    return next((size for size in range(longest, 0, -1) if data.endswith(marker[:size])), 0)


def _end_of(body: bytes | bytearray) -> End | None:
    """None for what our program would not write: a script that forges an end harms nobody but itself."""
    try:
        told = json.loads(body)
        documents = tuple(_documents(told["documents"]))
        return End(int(told["exit"]), documents, tuple(str(line)[:300] for line in told["left_out"][:20]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _documents(told: list[Mapping[str, Any]]) -> Iterator[Document]:
    for item in told[:10]:
        yield document(str(item["name"]), base64.b64decode(item["data"]))
