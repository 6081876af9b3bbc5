"""How a call is carried out, and where scripts run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Asker, Document
from bot.ports.basics import Emit


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
