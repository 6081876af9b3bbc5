"""What people think of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """One person's word on the answer of one turn; a later word takes the place of an earlier one."""

    turn_id: str
    by: str
    """Sender id."""
    good: bool
    at: datetime
    reason: str = ""
    """One of the reasons that a face offers, such as ``wrong``."""
    words: str = ""
    """The person's own words, masked."""
