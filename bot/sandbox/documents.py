"""The files that a script left: a safe name, and a media type that its content bears out."""

from __future__ import annotations

import re

from bot.domain.run import Document

_TYPES = {
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".gif": ("image/gif", b"GIF8"),
    ".webp": ("image/webp", b"RIFF"),
    ".pdf": ("application/pdf", b"%PDF-"),
    ".csv": ("text/csv", b""),
    ".md": ("text/markdown", b""),
    ".txt": ("text/plain", b""),
    ".json": ("application/json", b""),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
}
"""Ending, type, first bytes. Anything else is offered as plain bytes, never opened in place."""
_UNSAFE = re.compile(r"[^\w.() +-]+")
_LONGEST_NAME = 80


def document(path: str, data: bytes) -> Document:
    """The document that ``path`` below ``/tmp/output`` holds."""
    name = _safe(path)
    dot = name.rfind(".")
    media_type, head = _TYPES.get(name[dot:].lower() if dot >= 0 else "", ("", b""))
    known = media_type and data.startswith(head) and (head or _is_text(data))
    return Document(name, media_type if known else "application/octet-stream", data)


def _safe(path: str) -> str:
    """Letters, digits and a few signs; folders become part of the name."""
    name = _UNSAFE.sub("-", path.replace("/", "-")).strip(" .-") or "document"
    stem, dot, ending = name.rpartition(".")
    if len(name) <= _LONGEST_NAME or not dot:
        return name[:_LONGEST_NAME]
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending[:10]}"


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data
