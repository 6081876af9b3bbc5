"""What the service needs of a place where Python actions run, beyond running one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from bot.ports import Emit, SandboxJob, SandboxResult

Endpoint: TypeAlias = tuple[str, int]
"""An IPv4 address or network, and a port; 0 for any."""


@dataclass(frozen=True, slots=True)
class HouseState:
    """What ``doctor`` tells of one engine or cluster."""

    version: str
    """Empty where it did not tell."""
    image: str
    runtime: str = ""
    """What runs the containers, such as ``runc 1.3.3``."""
    problem: str = ""
    """Why no script can run; empty if they can."""
    mend: str = ""
    """What to do about the problem."""
    warnings: tuple[str, ...] = ()


class House(Protocol):
    """One machine or many; ``ports.Sandbox`` is what actions see of it."""

    async def run(self, job: SandboxJob, emit: Emit) -> SandboxResult:
        """As ``ports.Sandbox``."""
        ...

    async def keep_warm(self) -> None:
        """Be ready for jobs before they come, until cancelled."""
        ...

    def prepare(self, modules: Sequence[str]) -> None:
        """The modules that scripts are likely to import."""
        ...

    def allow(self, endpoints: Sequence[Endpoint]) -> None:
        """Let scripts reach these endpoints within."""
        ...

    async def host_address(self) -> str:
        """The address at which scripts see this machine. Raises SandboxError where there is none."""
        ...

    async def reap(self) -> int:
        """Remove what was left behind, most likely by a killed process; how much. Raises SandboxError."""
        ...

    async def states(self) -> Sequence[HouseState]:
        """What is to be said of each engine or cluster."""
        ...

    async def close(self) -> None: ...
