"""How a call is carried out, and where scripts run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.errand import Errand
from bot.domain.person import Sender
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Asker, Document, Run
from bot.domain.run_log import LogEntry, PlacedEntry, Resolution
from bot.ports.basics import Emit, Watch


@dataclass(frozen=True, slots=True)
class Given:
    """What a run is given beside its arguments."""

    run_id: str
    asker: Asker
    idempotency_key: str = ""


class Executor(Protocol):
    """Carries out one checked call. Every failure of the call itself is an ``ActionResult``."""

    def idempotency_key(self, call: ActionCall, given: Given) -> str:
        """The filled key template of the action, or an empty text."""
        ...

    async def execute(self, call: ActionCall, given: Given, emit: Emit) -> ActionResult:
        """Run it. Live output goes to ``emit``, unmasked; so is the result: the engine masks both."""
        ...


@dataclass(frozen=True, slots=True)
class SandboxJob:
    """A script and the only environment it gets."""

    id: str
    code: str
    environment: Mapping[str, str] = field(repr=False)
    timeout_seconds: float
    allowed_hosts: tuple[str, ...] = ()
    """``name`` or ``name:port`` of all that it may reach; empty for the whole internet, never what is inside."""


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """What a container gave before it was destroyed."""

    exit_code: int | None
    """None when it was stopped from outside."""
    output: str
    """Standard output, decoded with replacement, cut at the cap."""
    error_output: str
    """Standard error, likewise."""
    seconds: float
    timed_out: bool = False
    out_of_memory: bool = False
    dropped_bytes: int = 0
    """Output beyond the cap that was counted and thrown away."""
    documents: tuple[Document, ...] = ()
    """The files that it left in ``/tmp/output``."""
    left_out: tuple[str, ...] = ()
    """Files that were too many or too large, each with the reason."""


class Sandbox(Protocol):
    """Runs a script in a fresh container with the limits of F063-F077 and destroys it."""

    async def run(self, job: SandboxJob, emit: Emit) -> SandboxResult:
        """Run to the end, the time-out or cancellation. Raises SandboxError when no container is to be had."""
        ...


class Errands(Protocol):
    """Runs that no message asks for: by hand, by a schedule, by a webhook."""

    async def run(self, errand: Errand, watch: Watch) -> ActionResult:
        """Carry it out, or give what came of it if that was done before.

        One that was cut off goes on: what may be done twice is done again with the same key, and of a write whose end
        is not known the result says so (``Outcome.UNKNOWN``). One that is not there or is paused gives ``DENIED``.
        Raises StorageError.
        """
        ...


class RunDesk(Protocol):
    """What a person can do about runs, however they were started and in whichever process they are."""

    async def stop(self, run_id: str, by: Sender) -> bool:
        """Have it stopped within seconds. False if it is not under way."""
        ...

    async def resolve(self, run_id: str, how: Resolution, by: Sender, watch: Watch) -> Run | None:
        """Say once what became of a run whose end is not known; the run as it is then. None if there is no doubt."""
        ...

    async def delete(self, run_id: str, by: Sender) -> bool:
        """Forget a run that has ended, its log and its documents. False if it is under way or not known."""
        ...


class RunLog(Protocol):
    """What runs say of themselves, for those who look on."""

    async def append(self, run_id: str, entries: Sequence[LogEntry]) -> None:
        """Keep them; of a run that says too much, the rest is left out and the log says so."""
        ...

    async def after(self, run_id: str, place: int, limit: int) -> Sequence[PlacedEntry]:
        """The entries that follow ``place`` (0 for all), oldest first."""
        ...
