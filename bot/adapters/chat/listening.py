"""What of a channel is for us."""

from __future__ import annotations

from enum import StrEnum


class Listening(StrEnum):
    """What of a channel is for us."""

    MENTIONS = "mentions"
    """Messages that mention us, and threads in which we answered."""
    ALL = "all"
    """Every message that begins a thread, too."""
