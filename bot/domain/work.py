"""Work that is written down before anybody is told that we have it, so that no crash can lose it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.action import Json


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done once. It may begin more than once: whoever does it asks what is done already."""

    key: str
    """The event's own name at its source, such as ``slack/T1/C1/1700.2``: the second of that name is no new work."""
    kind: str
    """Who does it, such as ``slack.message``."""
    lane: str
    """Jobs of a lane are done one after another in the order in which they came; mostly a conversation."""
    payload: Mapping[str, Json] = field(repr=False)
    """What the handler needs; holds no secret."""
    at: datetime
    """When it came in; aware."""
    tries: int = 0
    """How often it was begun before; above 0 its effects may be there already. Counted by the inbox."""
    failures: int = 0
    """How many of its tries failed."""
    cut_off: int = 0
    """How many of its tries ended with their process, which says nothing about the job."""
