"""Files that come with a question: texts are read, everything else is named."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import DeskhandError

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger(__name__)

LARGEST = 40_000
"""Bytes of one file that is read."""
SHOWN = 6_000
"""Characters of all files together that join the question; a message may have 10,000."""
_TEXTS = ("text/", "application/json", "application/xml", "application/x-yaml")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as the platform tells of it."""

    name: str
    media_type: str
    size: int
    url: str

    @property
    def readable(self) -> bool:
        return self.media_type.startswith(_TEXTS) and self.size <= LARGEST and bool(self.url)


Fetch = Callable[[str], Awaitable[bytes]]
"""The first ``LARGEST`` bytes at an address of the platform. Raises DeskhandError."""


async def beginning(body: aiohttp.StreamReader, most: int) -> bytes:
    """All of a file, ``most`` bytes of a longer one; a plain ``read`` gives no more than has come so far."""
    try:
        return await body.readexactly(most)
    except asyncio.IncompleteReadError as short:
        return short.partial


async def with_files(text: str, files: Sequence[Attachment], fetch: Fetch) -> str:
    """The question with what its files say, each under its name."""
    room = SHOWN
    parts = [text]
    for file in files:
        said = await _said(file, fetch, room)
        room -= len(said)
        parts.append(f"Attached {_name(file)}:\n{said}" if said else f"(Attached {_name(file)}, which I cannot read.)")
    return "\n\n".join(filter(None, parts))


async def _said(file: Attachment, fetch: Fetch, room: int) -> str:
    if not file.readable or room <= 0:
        return ""
    try:
        data = await fetch(file.url)
    except DeskhandError as error:
        log.info("an attachment was not read: %s", error)
        return ""
    return data.decode("utf-8", "replace")[:room]


def _name(file: Attachment) -> str:
    return " ".join(file.name.split())[:100]
