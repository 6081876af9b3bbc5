"""Files of a message as Slack's events tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.adapters.chat.attachments import Attachment


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
