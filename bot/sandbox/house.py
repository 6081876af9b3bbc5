"""What the service needs of a place where Python actions run, beyond running one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.ports import Emit, SandboxJob, SandboxResult
from bot.sandbox.egress import Endpoint


class HouseState(Protocol):
    """What ``doctor`` tells of one engine or cluster."""

    @property
    def version(self) -> str: ...

    @property
    def image(self) -> str: ...

    @property
    def runtime(self) -> str: ...

    @property
    def problem(self) -> str: ...

    @property
    def mend(self) -> str: ...

    @property
    def warnings(self) -> Sequence[str]: ...


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
        """Remove what a killed process of this service left; how much. Raises SandboxError."""
        ...

    async def states(self) -> Sequence[HouseState]:
        """What is to be said of each engine or cluster."""
        ...

    async def close(self) -> None: ...
