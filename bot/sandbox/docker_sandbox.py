"""Runs each script in a fresh container of a Docker Engine and destroys the container, whatever happens."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.errors import SandboxError
from bot.ports import Emit, SandboxJob, SandboxResult
from bot.sandbox.advice import warnings_of
from bot.sandbox.container import STDOUT, Container, ContainerLost, Shape, reaped
from bot.sandbox.containers import INSTANCE_LABEL, labels, limits
from bot.sandbox.egress import Egress, resolved
from bot.sandbox.engine import BUILD, DockerEngine, present
from bot.sandbox.house import Endpoint, HouseState
from bot.sandbox.image import image_tag
from bot.sandbox.pool import Pool
from bot.sandbox.transcript import Transcript

log = logging.getLogger(__name__)

PRELOADED: tuple[str, ...] = ("datetime", "decimal", "re", "urllib.request", "requests")
"""Loaded while a container waits, unless the scripts at hand say what they need."""
READY_SECONDS = 20.0
TIDY_SECONDS = 30.0
"""Between two looks for containers that were left behind."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many containers run side by side, and how many wait for a job."""

    side_by_side: int = 8
    least_waiting: int = 2
    most_waiting: int = 6


class DockerSandbox:
    """``ports.Sandbox`` on one engine. ``instance`` marks this service's containers; close it when done.

    Without ``keep_warm`` running every job gets a container that is made for it then.
    """

    def __init__(
        self,
        variant: str,
        instance: str,
        docker_host: str = "",
        *,
        certificates: Path | None = None,
        capacity: Capacity = Capacity(),
        inside: Sequence[Endpoint] = (),
        filtered: bool = True,
    ) -> None:
        self.image = image_tag(variant)
        self._engine = DockerEngine(docker_host, certificates)
        self._instance = instance
        self._egress = Egress(self._engine, self.image, instance, inside, filtered=filtered)
        self._preload = PRELOADED
        self._slots = asyncio.Semaphore(capacity.side_by_side)
        self._pool = Pool(self._warm, capacity.least_waiting, capacity.most_waiting, time.monotonic)
        self._removals: set[asyncio.Task[None]] = set()
        self._cold = 0
        self._calm = asyncio.Event()
        self._calm.set()
        self.running = 0
        """Jobs that have a container or wait for one."""

    async def run(self, job: SandboxJob, emit: Emit) -> SandboxResult:
        """Run a script to its end, its time-out or cancellation. Raises SandboxError when no container is to be had."""
        self.running += 1
        try:
            marker = secrets.token_hex(16)
            async with self._slots, self._begun(job, marker) as container:
                return await _carried_out(container, Transcript(marker), job.timeout_seconds, emit)
        finally:
            self.running -= 1

    async def keep_warm(self) -> None:
        """Keep containers waiting until cancelled, and nothing lying about that was left behind."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pool.keep())
            group.create_task(self._keep_tidy())

    async def warm(self) -> None:
        """Wait until as many containers wait as are wanted; for that ``keep_warm`` must run."""
        await self._pool.full()

    @property
    def waiting(self) -> int:
        """Containers that are ready for a job."""
        return len(self._pool)

    def prepare(self, modules: Sequence[str]) -> None:
        """Have containers that are made from now on load these while they wait; what is no module is passed over."""
        self._preload = tuple(modules) or PRELOADED

    def allow(self, endpoints: Sequence[Endpoint]) -> None:
        """Let containers reach these endpoints within; call it before the first run."""
        self._egress.allow(endpoints)

    async def reap(self) -> int:
        """Remove what a killed process of this service left, and what could not be removed in its time; how many."""
        await self._removed_all()
        label, owed = f"{INSTANCE_LABEL}={self._instance}", frozenset(self._engine.owed)
        count = await self._engine.call(lambda client: reaped(client, label, owed))
        self._engine.owed -= owed
        return count

    async def host_address(self) -> str:
        """The address at which containers see the engine's machine. Raises SandboxError."""
        return await self._egress.gateway()

    async def state(self) -> HouseState:
        """Version and image of the engine, or what is wrong with them."""
        try:
            about = await self._engine.call(lambda client: (client.version(), client.info()))
            built = await self._engine.call(lambda client: present(client, self.image))
        except SandboxError as error:
            mend = "Start it, for example with: scripts/docker-engine start"
            return HouseState("", self.image, problem=str(error), mend=mend)
        state = _state_of(*about, self.image)
        return state if built else replace(state, problem="the image for Python actions is not built", mend=BUILD)

    async def close(self) -> None:
        """Destroy what is left and let go of the engine."""
        await self._removed_all()
        await self._egress.close()
        self._engine.close()

    @asynccontextmanager
    async def _begun(self, job: SandboxJob, marker: str) -> AsyncIterator[Container]:
        """A container that has taken up the job; a waiting one that is lost by then is replaced by one made now."""
        container = await self._waiting_one() if not job.allowed_hosts else None
        if container is None or not await self._took(container, job, marker):
            container = await self._now(job.allowed_hosts)
            if not await self._took(container, job, marker):
                raise SandboxError("Python actions cannot run now: containers end as soon as they start; see the log")
        async with container.or_removed():
            yield container
        self._remove_soon(container)

    async def _now(self, hosts: Sequence[str]) -> Container:
        """One made for a job that waits for it; until it is there the pool makes no others."""
        self._cold += 1
        self._calm.clear()
        try:
            return await self._limited(hosts) if hosts else await self._made(())
        finally:
            self._cold -= 1
            if not self._cold:
                self._calm.set()

    async def _waiting_one(self) -> Container | None:
        container, dead = self._pool.take()
        for other in dead:
            self._remove_soon(other)
        return container

    async def _took(self, container: Container, job: SandboxJob, marker: str) -> bool:
        order = {"code": job.code, "environment": dict(job.environment), "timeout": job.timeout_seconds}
        async with container.or_removed():
            try:
                await container.submit({**order, "marker": marker}, READY_SECONDS)
            except ContainerLost as error:
                log.warning("a container was lost before it began: %s", error)
                self._remove_soon(container)
                return False
        return True

    async def _warm(self) -> Container:
        await self._calm.wait()
        container = await self._made(self._preload)
        async with container.or_removed():
            await container.ready(READY_SECONDS)
        return container

    async def _limited(self, hosts: Sequence[str]) -> Container:
        names, endpoints = await resolved(hosts)
        container = await self._made((), extra_hosts=names)
        async with container.or_removed():
            await self._egress.limit(container.id, endpoints)
        return container

    async def _made(self, preload: tuple[str, ...], **more: Any) -> Container:
        network = await self._egress.ready()
        host = {**limits(), "network_mode": network, **more}
        try:
            return await Container.start(self._engine, Shape(self.image, labels(self._instance), host, preload))
        except SandboxError:
            self._egress.forget()
            raise

    def _remove_soon(self, container: Container) -> None:
        """Its end is nobody's wait; ``close`` and ``reap`` wait for it."""
        task = asyncio.create_task(container.remove())
        self._removals.add(task)
        task.add_done_callback(self._removals.discard)

    async def _keep_tidy(self) -> None:
        """The engine may finish what a killed process asked for after the first look, and may be lost for a while."""
        while True:
            with suppress(SandboxError):
                await self.reap()
            await asyncio.sleep(TIDY_SECONDS)

    async def _removed_all(self) -> None:
        if self._removals:
            await asyncio.wait(set(self._removals))


async def _carried_out(
    container: Container, transcript: Transcript, timeout_seconds: float, emit: Emit
) -> SandboxResult:
    begun = time.monotonic()
    timed_out = False
    try:
        async with asyncio.timeout(timeout_seconds):
            await _heard(container, transcript, emit)
    except TimeoutError:
        timed_out = True
        transcript.finish()
    state: Mapping[str, Any] = {}
    # From here on the script has run: an engine that is lost now must not make anybody run it again.
    with suppress(SandboxError):
        if timed_out:
            await container.kill()
        elif transcript.end is None or transcript.end.exit_code:
            state = await container.state()
    return _result(transcript, state, time.monotonic() - begun, timed_out=timed_out)


async def _heard(container: Container, transcript: Transcript, emit: Emit) -> None:
    """Pass on what the script prints until our program tells its end or the container is gone."""
    async for kind, data in container.pieces():
        if kind != STDOUT:
            transcript.heard_aside(data)
        elif text := transcript.heard(data):
            await emit(text)
        if transcript.complete:
            return
    if rest := transcript.finish():
        await emit(rest)


def _result(transcript: Transcript, state: Mapping[str, Any], seconds: float, *, timed_out: bool) -> SandboxResult:
    end = transcript.end
    exit_code = end.exit_code if end else state.get("ExitCode")
    return SandboxResult(
        exit_code=None if timed_out or exit_code is None else int(exit_code),
        output=transcript.stdout.text(),
        error_output=transcript.stderr.text(),
        seconds=seconds,
        timed_out=timed_out,
        out_of_memory=bool(state.get("OOMKilled")),
        dropped_bytes=transcript.stdout.dropped + transcript.stderr.dropped,
        documents=end.documents if end else (),
        left_out=end.left_out if end else (),
    )


def _state_of(version: Mapping[str, Any], info: Mapping[str, Any], image: str) -> HouseState:
    parts = {str(part["Name"]): str(part["Version"]) for part in version.get("Components", ())}
    return HouseState(
        str(version["Version"]), image, runtime=f"runc {parts.get('runc', 'unknown')}",
        warnings=tuple(warnings_of(parts, info)),
    )  # fmt: skip
