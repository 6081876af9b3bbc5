"""One container, from its making to its removal. It serves one job and is never used again."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Set
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError, NotFound

from bot.errors import SandboxError
from bot.sandbox.containers import NOBODY, left_over
from bot.sandbox.engine import ANSWER_SECONDS, DockerEngine, removed
from bot.sandbox.inside import BOOTSTRAP

STDOUT = 1


class ContainerLost(SandboxError):
    """It ended, or was never ready, before it took up a job: the job can be given to another one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a container is made of."""

    image: str
    labels: Mapping[str, str]
    host: Mapping[str, Any]
    """Arguments of the SDK's ``create_host_config``."""
    preload: tuple[str, ...] = ()
    """Modules that it loads before it knows its job."""


class Container:
    """A container that runs our program and waits for its job on standard input."""

    def __init__(self, engine: DockerEngine) -> None:
        self.id = ""
        self.ended = False
        """Whether its output has come to an end, by itself or because the engine went away."""
        self._engine = engine
        self._stream: Any = None
        self._pieces: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue()
        self._early = b""
        """Standard output that came with a line that was waited for."""

    @classmethod
    async def start(cls, engine: DockerEngine, shape: Shape) -> Container:
        """Make and start one. Raises SandboxError; leaves nothing behind then, nor when cancelled."""
        container = cls(engine)
        loop = asyncio.get_running_loop()
        async with container.or_removed():
            await engine.call(lambda client: container._begin(client, shape, loop))
        return container

    @asynccontextmanager
    async def or_removed(self) -> AsyncIterator[None]:
        """Remove it if what is done with it fails or is cancelled, before that is told."""
        try:
            yield
        except BaseException:
            await asyncio.shield(self.remove())
            raise

    async def ready(self, seconds: float) -> None:
        """Wait until it has loaded what it was told to. Raises ContainerLost."""
        await self._line(b"READY\n", seconds)

    async def submit(self, job: Mapping[str, Any], seconds: float) -> None:
        """Hand over the job and wait until it is taken up. Raises ContainerLost: then nothing of it was done."""
        line = json.dumps(job).encode() + b"\n"
        try:
            await self._engine.call(lambda _: _send(self._stream, line))
        except SandboxError as error:
            raise ContainerLost("a container could not be given its job") from error
        await self._line(b"BEGUN\n", seconds)

    async def _line(self, wanted: bytes, seconds: float) -> None:
        heard = self._early
        try:
            async with asyncio.timeout(seconds):
                while wanted not in heard:
                    piece = await self._pieces.get()
                    if piece is None:
                        raise ContainerLost("a container ended before it took up a job")
                    heard += piece[1] if piece[0] == STDOUT else b""
        except TimeoutError as error:
            raise ContainerLost("a container took too long to get ready") from error
        self._early = heard.partition(wanted)[2]

    async def pieces(self) -> AsyncIterator[tuple[int, bytes]]:
        """What it writes, as (stream, bytes), until it ends."""
        early, self._early = self._early, b""
        if early:
            yield STDOUT, early
        while (piece := await self._pieces.get()) is not None:
            yield piece

    async def kill(self) -> None:
        await self._engine.call(lambda client: _killed(client, self.id))

    async def state(self) -> Mapping[str, Any]:
        """How it ended: ``ExitCode``, ``OOMKilled`` and more, in the engine's words."""
        return await self._engine.call(lambda client: _state(client, self.id))

    async def remove(self) -> None:
        """Destroy it, whatever it does at the moment. An engine that is down owes it: see ``reaped``."""
        if self._stream is not None:
            _close(self._stream)
        if self.id:
            try:
                await self._engine.call(lambda client: removed(client, self.id))
            except SandboxError:
                self._engine.owed.add(self.id)

    def _begin(self, client: Any, shape: Shape, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread: make, attach, start. Each is noted at once, so that ``remove`` finds what there is."""
        self.id = _created(client, shape)
        self._stream = _attached(client, self.id)
        threading.Thread(target=self._read, args=(loop,), name=f"container {self.id[:12]}", daemon=True).start()
        client.start(self.id)

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own: a waiting container blocks it for minutes."""
        with suppress(OSError, ValueError, RuntimeError):
            for piece in _frames(_raw(self._stream)):
                loop.call_soon_threadsafe(self._pieces.put_nowait, piece)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        self.ended = True
        self._pieces.put_nowait(None)


def reaped(client: Any, instance_label: str, owed: Set[str]) -> int:
    """Remove the containers under a label whose service has ended, and those that are owed; how many."""
    found = client.containers(all=True, filters={"label": instance_label})
    dead = [str(item["Id"]) for item in found if item["Id"] in owed or left_over(item.get("Labels") or {})]
    for container in dead:
        removed(client, container)
    return len(dead)


def _created(client: Any, shape: Shape) -> str:
    made = client.create_container(
        shape.image,
        command=["python3", "-c", BOOTSTRAP, *shape.preload],
        stdin_open=True,
        user=NOBODY,
        labels=dict(shape.labels),
        host_config=client.create_host_config(**shape.host),
    )
    return str(made["Id"])


def _attached(client: Any, container: str) -> Any:
    stream = client.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    _raw(stream).settimeout(None)
    return stream


def _frames(raw: Any) -> Iterator[tuple[int, bytes]]:
    """The pieces of both streams (Docker's API, "Stream format").

    The SDK's own reader asks the operating system whether bytes are there, which for TLS is the wrong place.
    """
    while len(header := _exactly(raw, 8)) == 8:
        size = int.from_bytes(header[4:], "big")
        data = _exactly(raw, size)
        yield header[0], data
        if len(data) < size:
            return


def _exactly(raw: Any, size: int) -> bytes:
    """``size`` bytes, or fewer at the end of the stream."""
    data = bytearray()
    while len(data) < size and (piece := raw.recv(size - len(data))):
        data += piece
    return bytes(data)


def _send(stream: Any, line: bytes) -> None:
    try:
        _raw(stream).sendall(line)
    except OSError as error:
        raise ContainerLost("a container had ended") from error


def _raw(stream: Any) -> Any:
    return getattr(stream, "_sock", stream)


def _killed(client: Any, container: str) -> None:
    with suppress(NotFound, APIError):
        client.kill(container)


def _state(client: Any, container: str) -> Mapping[str, Any]:
    client.wait(container, timeout=ANSWER_SECONDS)
    return dict(client.inspect_container(container)["State"])


def _close(stream: Any) -> None:
    """The SDK hands out a socket inside a response; each must be closed, or the connection stays open.

    Shutting down comes first: it wakes the thread that reads, which closing alone would leave waiting for ever.
    """
    with suppress(OSError):
        _raw(stream).shutdown(socket.SHUT_RDWR)
    for part in (getattr(stream, "_response", None), stream, getattr(stream, "_sock", None)):
        if part is not None:
            with suppress(OSError, ValueError):
                part.close()
