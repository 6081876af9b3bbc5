"""A schedule fires an action at set times and posts what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.action import Value
from bot.domain.post import Delivery
from bot.errors import DeskhandError


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a person set up: which action, when, with what, and where its result goes."""

    id: str
    action: str
    """Slug."""
    name: str
    cron: str
    """Five fields, or a name such as ``@daily``; ``Cron.parse`` took it."""
    created_at: datetime
    """Aware, UTC; nothing before it is ever caught up."""
    zone: str = "UTC"
    """IANA name of the zone that its cron is read in (Q7)."""
    parameters: Mapping[str, Value] = field(default_factory=dict)
    """Values for the action's parameters: nobody is there to be asked (Q4)."""
    delivery: Delivery = field(default_factory=Delivery)
    """Where its results go, how they are told, and who hears of failures."""
    jitter_seconds: int = 0
    """Each run starts up to this much later, at random, so that many do not start at once."""
    enabled: bool = True
    resumed_at: datetime | None = None
    """When it was last resumed or got other times; aware, UTC."""

    @property
    def since(self) -> datetime:
        """Nothing before this moment is ever caught up (Q20)."""
        return self.resumed_at or self.created_at


@dataclass(frozen=True, slots=True)
class Standing:
    """A schedule as it is kept, and how far it has come."""

    id: str
    version: int
    """Number of its latest change; every change to any schedule has a higher number than the one before."""
    schedule: Schedule | None
    """None once it is removed, or where ``fault`` says why it cannot be read."""
    last: datetime | None = None
    """The slot of its last tick, aware, UTC."""
    asked: datetime | None = None
    """The slot of a run that somebody asked for and nobody took yet."""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """A schedule as a list shows it."""

    id: str
    name: str
    words: str
    """Its times in plain words, such as ``every weekday at 09:00``."""
    zone: str
    following: datetime | None
    """Its next time, aware; None while it is paused."""


class TickState(StrEnum):
    """What became of one due time."""

    CLAIMED = "claimed"
    """Won by one process, which now fires it."""
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not run on purpose: paused (Q20), or the run before it still goes on."""
    MISSED = "missed"
    """Nobody was there, and it was too late to catch up."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One due time of one schedule. Both together are unique: whoever stores it first fires it, nobody else."""

    schedule: str
    """Schedule id."""
    slot: datetime
    """The planned moment, aware, UTC; never the clock at run time."""
    state: TickState
    reason: str = ""
    """Why it was skipped, missed or failed, for a person (F182)."""


@dataclass(frozen=True, slots=True)
class ScheduleFault:
    """One thing wrong with the text of a schedule: where it is and how to mend it."""

    where: str
    """The part, such as ``weekday field``."""
    problem: str
    mend: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem} {self.mend}"


class ScheduleRefused(DeskhandError):
    """The text says no times that can be kept. All its faults are told together."""

    def __init__(self, faults: Sequence[ScheduleFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)
