"""What a check-up found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    part: str
    state: str
    """``ok``, ``warning`` or ``problem``."""
    text: str
    mend: str = ""
    """What to do about it."""
