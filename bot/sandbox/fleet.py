"""Several engines behind the one port: each job goes to the one with the least to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bot.errors import SandboxError
from bot.ports import Emit, SandboxJob, SandboxResult
from bot.sandbox.docker_sandbox import DockerSandbox
from bot.sandbox.house import Endpoint, HouseState

REST_SECONDS = 15.0
"""How long an engine that gave no container is passed over while others serve."""


class Fleet:
    """``ports.Sandbox`` on one engine or more; ``monotonic`` is the clock in seconds."""

    def __init__(self, sandboxes: Sequence[DockerSandbox], monotonic: Callable[[], float]) -> None:
        self._sandboxes = list(sandboxes)
        self._monotonic = monotonic
        self._resting: dict[DockerSandbox, float] = {}

    async def run(self, job: SandboxJob, emit: Emit) -> SandboxResult:
        """Run where there is the least to do. An engine that gives no container is passed over; no job runs twice.

        Raises SandboxError when none of them gives one.
        """
        problem = SandboxError("Python actions are switched off (DESKHAND_SANDBOX)")
        for sandbox in self._by_load():
            try:
                return await sandbox.run(job, emit)
            except SandboxError as error:
                self._resting[sandbox] = self._monotonic() + REST_SECONDS
                problem = error
        raise problem

    async def keep_warm(self) -> None:
        """Keep containers waiting on every engine until cancelled."""
        async with asyncio.TaskGroup() as group:
            for sandbox in self._sandboxes:
                group.create_task(sandbox.keep_warm())

    def prepare(self, modules: Sequence[str]) -> None:
        """Have containers load these modules while they wait."""
        for sandbox in self._sandboxes:
            sandbox.prepare(modules)

    def allow(self, endpoints: Sequence[Endpoint]) -> None:
        """Let containers reach these endpoints within; call it before the first run."""
        for sandbox in self._sandboxes:
            sandbox.allow(endpoints)

    async def host_address(self) -> str:
        """The address at which containers of the first engine see its machine. Raises SandboxError."""
        if not self._sandboxes:
            raise SandboxError("Python actions are switched off (DESKHAND_SANDBOX)")
        return await self._sandboxes[0].host_address()

    async def reap(self) -> int:
        """Remove containers that were left behind; how many. Raises SandboxError."""
        return sum(await asyncio.gather(*(sandbox.reap() for sandbox in self._sandboxes)))

    async def states(self) -> Sequence[HouseState]:
        """What is to be said of each engine."""
        return await asyncio.gather(*(sandbox.state() for sandbox in self._sandboxes))

    async def close(self) -> None:
        """Destroy what is left and let go of the engines."""
        await asyncio.gather(*(sandbox.close() for sandbox in self._sandboxes))

    def _by_load(self) -> list[DockerSandbox]:
        """Those that serve, the idlest first; those that failed lately come last."""
        now = self._monotonic()
        return sorted(self._sandboxes, key=lambda one: (self._resting.get(one, 0.0) > now, one.running, -one.waiting))
