"""Runs each script in a fresh container of a Docker Engine and destroys the container, whatever happens."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar

import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.utils.socket import frames_iter

from bot.errors import SandboxError
from bot.ports import Emit, SandboxJob, SandboxResult
from bot.sandbox.containers import INSTANCE_LABEL, NOBODY, labels, limits
from bot.sandbox.engine import connect
from bot.sandbox.image import image_tag
from bot.sandbox.output import Collected

T = TypeVar("T")

ANSWER_SECONDS = 8
"""How long the engine may take for one control call before it counts as down."""
SIDE_BY_SIDE = 4
"""Containers at a time; more runs wait."""
_BOOTSTRAP = (Path(__file__).parent / "bootstrap.py").read_text(encoding="utf-8")
_STDOUT = 1


@dataclass(frozen=True, slots=True)
class EngineState:
    """What ``doctor`` tells of the engine."""

    version: str
    image: str
    problem: str = ""
    mend: str = ""


class DockerSandbox:
    """``ports.Sandbox`` on one engine. ``instance`` marks this service's containers; close it when done."""

    def __init__(self, variant: str, instance: str, docker_host: str = "") -> None:
        self._image = image_tag(variant)
        self._instance = instance
        self._host = docker_host
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)
        self._threads = ThreadPoolExecutor(3 * SIDE_BY_SIDE, thread_name_prefix="sandbox")

    async def run(self, job: SandboxJob, emit: Emit) -> SandboxResult:
        """Run a script to its end, its time-out or cancellation. Raises SandboxError when no container is to be had."""
        async with self._slots, self._container(job) as container:
            begun = time.monotonic()
            stdout, stderr = Collected(), Collected()
            timed_out = False
            stream = await self._call(lambda: self._started(container, job))
            try:
                async with asyncio.timeout(job.timeout_seconds):
                    await self._read(stream, stdout, stderr, emit)
            except TimeoutError:
                timed_out = True
                await self._call(lambda: self._kill(container))
            finally:
                _close(stream)
            state = await self._call(lambda: self._ended(container))
            return SandboxResult(
                exit_code=None if timed_out else int(state["ExitCode"]),
                output=stdout.text(),
                error_output=stderr.text(),
                seconds=time.monotonic() - begun,
                timed_out=timed_out,
                out_of_memory=bool(state.get("OOMKilled")),
                dropped_bytes=stdout.dropped + stderr.dropped,
            )

    async def reap(self) -> int:
        """Remove containers that an earlier process of this instance left; how many."""
        return await self._call(self._reap)

    async def host_address(self) -> str:
        """The address at which containers reach this machine. Raises SandboxError."""
        network = await self._call(lambda: self._client.inspect_network("bridge"))
        pool = network["IPAM"]["Config"][0]
        return str(pool.get("Gateway") or next(ip_network(pool["Subnet"]).hosts()))

    async def state(self) -> EngineState:
        """Version and image of the engine, or what is wrong with them."""
        try:
            version = str((await self._call(self._client_version))["Version"])
            present = await self._call(self._image_present)
        except SandboxError as error:
            return EngineState("", self._image, str(error), "Start it, for example with: scripts/docker-engine start")
        if not present:
            return EngineState(version, self._image, "the image for Python actions is not built", _BUILD)
        return EngineState(version, self._image)

    async def close(self) -> None:
        """Let go of the engine."""
        if "_client" in self.__dict__:
            self._client.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @asynccontextmanager
    async def _container(self, job: SandboxJob) -> AsyncIterator[str]:
        creating = asyncio.ensure_future(self._call(lambda: self._created(job)))
        try:
            container = await asyncio.shield(creating)
        except asyncio.CancelledError:
            # The engine may be making it at this moment: it must go too.
            with suppress(SandboxError):
                await self._call_remove(await creating)
            raise
        try:
            yield container
        finally:
            await asyncio.shield(self._call_remove(container))

    async def _call_remove(self, container: str) -> None:
        with suppress(SandboxError):
            await self._call(lambda: self._removed(container))

    async def _read(self, stream: Any, stdout: Collected, stderr: Collected, emit: Emit) -> None:
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue()

        def pump() -> None:
            with suppress(OSError, ValueError, RuntimeError):
                for piece in frames_iter(stream, tty=False):  # type: ignore[no-untyped-call]
                    loop.call_soon_threadsafe(pieces.put_nowait, piece)
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(pieces.put_nowait, None)

        loop.run_in_executor(self._threads, pump)
        while piece := await pieces.get():
            kind, data = piece
            text = (stdout if kind == _STDOUT else stderr).add(data)
            if text and kind == _STDOUT:
                await emit(text)

    async def _call(self, control: Callable[[], T]) -> T:
        """A control call off the event loop, its errors in our words."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ANSWER_SECONDS + 1):
                return await loop.run_in_executor(self._threads, control)
        except ImageNotFound as error:
            raise SandboxError(f"Python actions cannot run: their image is not built. {_BUILD}") from error
        except (TimeoutError, requests.exceptions.RequestException, APIError, DockerException, OSError) as error:
            self.__dict__.pop("_client", None)
            where = self._host or "the local socket"
            raise SandboxError(
                f"Python actions cannot run now: the Docker Engine at {where} does not answer. "
                "Start it, then ask again; other actions are not affected"
            ) from error

    @cached_property
    def _client(self) -> Any:
        return connect(self._host, ANSWER_SECONDS)

    def _client_version(self) -> dict[str, Any]:
        return dict(self._client.version())

    def _image_present(self) -> bool:
        try:
            self._client.inspect_image(self._image)
        except ImageNotFound:
            return False
        return True

    def _created(self, job: SandboxJob) -> str:
        made = self._client.create_container(
            self._image,
            command=["python3", "-c", _BOOTSTRAP],
            user=NOBODY,
            stdin_open=True,
            labels=labels(job.id, self._instance),
            host_config=self._client.create_host_config(**limits()),
        )
        return str(made["Id"])

    def _started(self, container: str, job: SandboxJob) -> Any:
        stream = self._client.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        raw = getattr(stream, "_sock", stream)
        self._client.start(container)
        raw.sendall(json.dumps({"code": job.code, "environment": dict(job.environment)}).encode() + b"\n")
        raw.settimeout(None)
        return stream

    def _kill(self, container: str) -> None:
        with suppress(NotFound, APIError):
            self._client.kill(container)

    def _ended(self, container: str) -> dict[str, Any]:
        self._client.wait(container, timeout=ANSWER_SECONDS)
        return dict(self._client.inspect_container(container)["State"])

    def _removed(self, container: str) -> None:
        with suppress(NotFound):
            self._client.remove_container(container, force=True, v=True)

    def _reap(self) -> int:
        found = list(self._left_over())
        for container in found:
            self._removed(container)
        return len(found)

    def _left_over(self) -> Iterator[str]:
        wanted = {"label": f"{INSTANCE_LABEL}={self._instance}"}
        return (str(container["Id"]) for container in self._client.containers(all=True, filters=wanted))


def _close(stream: Any) -> None:
    """The SDK hands out a socket inside a response; each must be closed, or the connection stays open.

    Shutting down comes first: it wakes the thread that reads, which closing alone would leave waiting for ever.
    """
    with suppress(OSError):
        getattr(stream, "_sock", stream).shutdown(socket.SHUT_RDWR)
    for part in (getattr(stream, "_response", None), stream, getattr(stream, "_sock", None)):
        if part is not None:
            with suppress(OSError, ValueError):
                part.close()


_BUILD = "Build it with: deskhand sandbox build"
