"""What is injected everywhere: time, names, and who is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime

from bot.domain.action import ActionSpec
from bot.domain.progress import Progress

Clock = Callable[[], datetime]
"""The time now, aware, in UTC."""

NewId = Callable[[], str]
"""A fresh id: sortable by time, unique, safe in a URL."""

Emit = Callable[[str], Awaitable[None]]
"""Takes a piece of text as it appears."""

Watch = Callable[[Progress], Awaitable[None]]
"""Is told of each step of a turn as it happens."""

ReadDates = Callable[[str, datetime], frozenset[date]]
"""The dates that a text speaks of, such as "Friday" or "3 March", as seen from a moment."""

Shortlist = Callable[[str, Sequence[ActionSpec]], Sequence[ActionSpec]]
"""The few actions of many that could fit a question, best first."""


Suggestions = Callable[[], Awaitable[Sequence[str]]]
"""A few questions that the enabled actions answer."""
