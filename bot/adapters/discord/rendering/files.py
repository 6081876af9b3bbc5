"""Which files go with a message, and under which names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.adapters.discord.rendering.limits import ATTACHMENT_BYTES, ATTACHMENTS, OUR_FILE_BYTES
from bot.adapters.markup.neutral import brief
from bot.domain.run import Document

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_DOTS = re.compile(r"\.{2,}")
_HIDDEN = re.compile(r"^(?:[._-]|SPOILER_)+", re.IGNORECASE)
"""Discord hides what begins with ``SPOILER_``, and changes a name that begins with a dot."""
_STEM, _SUFFIX, _SHOWN, _NAMED = 60, 12, 80, 5


@dataclass(frozen=True, slots=True)
class Attached:
    """Files of one message."""

    documents: tuple[Document, ...]
    """To be sent: their names are safe, and no two are alike."""
    left: str = ""
    """A sentence about those that cannot be sent, raw; empty when there are none."""


def attached(documents: Sequence[Document]) -> Attached:
    """As many as one message takes, in order; the others are named, with the reason."""
    sent: list[Document] = []
    left: list[str] = []
    for document in documents:
        reason = _refusal(document, sent)
        if reason:
            left.append(f"{brief(document.name, _SHOWN) or 'a file'} ({reason})")
        else:
            sent.append(replace(document, name=_free(_safe(document.name), sent)))
    return Attached(tuple(sent), _told(left))


def _refusal(document: Document, sent: Sequence[Document]) -> str:
    length = len(document.data)
    if not length:
        return "it is empty"
    if length > OUR_FILE_BYTES:
        return f"{length / 1024**2:.1f} MiB, Discord takes {ATTACHMENT_BYTES // 1024**2}"
    if len(sent) == ATTACHMENTS:
        return f"a message takes {ATTACHMENTS} files"
    if length + sum(len(each.data) for each in sent) > OUR_FILE_BYTES:
        return f"all files of a message may have {ATTACHMENT_BYTES // 1024**2} MiB together"
    return ""


def _told(left: Sequence[str]) -> str:
    more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
    return f"Not attached: {', '.join(left[:_NAMED])}{more}." if left else ""


def _safe(name: str) -> str:
    """What Discord keeps as it is, for the view refers to it by this name."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    last = ascii_name.strip().replace("\\", "/").rpartition("/")[2]
    flat = _DOTS.sub(".", _UNSAFE.sub("_", last))
    stem, dot, suffix = flat.rpartition(".")
    if not dot or not suffix or len(suffix) > _SUFFIX:
        stem, suffix = flat, ""
    stem = _HIDDEN.sub("", stem)[:_STEM].rstrip("._-") or "file"
    return f"{stem}.{suffix}" if suffix else stem


def _free(name: str, sent: Sequence[Document]) -> str:
    taken = {document.name.lower() for document in sent}
    stem, dot, suffix = name.rpartition(".")
    numbered = (f"{stem}-{number}.{suffix}" if dot else f"{name}-{number}" for number in range(2, ATTACHMENTS + 2))
    return name if name.lower() not in taken else next(each for each in numbered if each.lower() not in taken)
