"""What ran, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.run import Run


@dataclass(frozen=True, slots=True)
class Sought:
    """Which runs to list; what is left empty is any."""

    action: str = ""
    """Slug."""
    state: str = ""
    trigger: str = ""
    cursor: str = ""
    """The id of the last run that was listed."""


class RunPages(Protocol):
    """The history as lists show it."""

    async def page(self, sought: Sought, limit: int) -> Sequence[Run] | None:
        """Newest first, those that follow the run ``sought.cursor``; None if there is no such run."""
        ...
