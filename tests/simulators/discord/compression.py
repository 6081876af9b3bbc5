"""What may be negotiated for a gateway connection: one continuous stream, flushed after each frame."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Protocol

_ZSTD_HEADER = b"\x28\xb5\x2f\xfd" + b"\x00\x38"
"""The magic number, no content size, a window of 128 KiB."""
_ZSTD_BLOCK = 128 << 10


class Stream(Protocol):
    """Turns each frame into what goes over the wire."""

    def pack(self, text: str) -> str | bytes:
        """A text frame stays text; a compressed one is binary."""
        ...


class Plain:
    """No compression."""

    def pack(self, text: str) -> str:
        """As it is."""
        return text


class Zlib:
    """``zlib-stream``: each frame ends with a sync flush."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def pack(self, text: str) -> bytes:
        """Compressed, flushed."""
        return self._stream.compress(text.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class Zstd:
    """``zstd-stream``, in blocks that store what they hold: valid to every reader, and no library is needed."""

    def __init__(self) -> None:
        self._start = _ZSTD_HEADER

    def pack(self, text: str) -> bytes:
        """Whole blocks, none of them the last."""
        content, parts = text.encode(), [self._start]
        self._start = b""
        for place in range(0, len(content), _ZSTD_BLOCK):
            block = content[place : place + _ZSTD_BLOCK]
            parts += [struct.pack("<I", len(block) << 3)[:3], block]
        return b"".join(parts)


def negotiated(name: str | None) -> Stream:
    """The stream that the address asks for."""
    kinds: dict[str, Callable[[], Stream]] = {"zlib-stream": Zlib, "zstd-stream": Zstd}
    return kinds.get(name or "", Plain)()
