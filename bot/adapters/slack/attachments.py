"""Files that come with a question: texts are read, everything else is named."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.adapters.slack.outbox import Outbox, SlackRefused, SlackUnreachable

log = logging.getLogger(__name__)

LARGEST = 40_000
"""Bytes of one file that is read."""
SHOWN = 6_000
"""Characters of all files together that join the question; a message may have 10,000."""
_TEXTS = ("text/", "application/json", "application/xml", "application/x-yaml")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as the event tells of it."""

    name: str
    media_type: str
    size: int
    url: str

    @property
    def readable(self) -> bool:
        return self.media_type.startswith(_TEXTS) and self.size <= LARGEST and bool(self.url)


def read_files(event: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files of a message, ten at most."""
    found = [file for file in event.get("files") or () if isinstance(file, dict)][:10]
    return tuple(
        Attachment(
            str(file.get("name") or file.get("title") or "file"),
            str(file.get("mimetype") or ""),
            int(file.get("size") or 0),
            str(file.get("url_private_download") or file.get("url_private") or ""),
        )
        for file in found
    )


async def with_files(outbox: Outbox, team: str, text: str, files: Sequence[Attachment]) -> str:
    """The question with what its files say, each under its name."""
    room = SHOWN
    parts = [text]
    for file in files:
        said = await _said(outbox, team, file, room)
        room -= len(said)
        parts.append(f"Attached {' '.join(file.name.split())[:100]}:\n{said}" if said else _unread(file))
    return "\n\n".join(filter(None, parts))


async def _said(outbox: Outbox, team: str, file: Attachment, room: int) -> str:
    if not file.readable or room <= 0:
        return ""
    try:
        data = await outbox.fetch(team, file.url, LARGEST)
    except (SlackRefused, SlackUnreachable) as error:
        log.info("an attachment was not read: %s", error)
        return ""
    return data.decode("utf-8", "replace")[:room]


def _unread(file: Attachment) -> str:
    return f"(Attached {' '.join(file.name.split())[:100]}, which I cannot read.)"
