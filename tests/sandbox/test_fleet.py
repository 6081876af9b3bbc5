"""Several engines, engines behind TLS, engines that hang, vanish and come back: real ones behind real sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.errors import SandboxError
from bot.ports import SandboxJob, SandboxResult
from bot.sandbox.advice import warnings_of
from bot.sandbox.docker_sandbox import Capacity, DockerSandbox
from bot.sandbox.engine import connect
from bot.sandbox.fleet import REST_SECONDS, Fleet
from tests.sandbox.certificates import write_certificates
from tests.sandbox.conftest import HOST, containers_of

ENGINE = "/var/run/docker.sock"


class Line:
    """A line to the real engine that can be cut, go dead and be mended."""

    def __init__(self) -> None:
        self.state = "open"
        self._writers: set[asyncio.StreamWriter] = set()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self.state == "cut":
                return
            if self.state == "dead":
                await asyncio.Event().wait()
            engine_reader, engine_writer = await asyncio.open_unix_connection(ENGINE)
            self._writers.add(engine_writer)
            await asyncio.gather(_copy(reader, engine_writer), _copy(engine_reader, writer))
        except OSError:
            return
        finally:
            writer.close()
            self._writers.discard(writer)

    def cut(self) -> None:
        self.state = "cut"
        for writer in list(self._writers):
            writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        return
    finally:
        if writer.can_write_eof():
            writer.write_eof()


@asynccontextmanager
async def line_at(line: Line, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    server = await asyncio.start_server(line, "127.0.0.1", 0, ssl=context)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        line.cut()


async def printed(sandbox: DockerSandbox | Fleet, code: str = "print('hi')") -> SandboxResult:
    async def emit(piece: str) -> None:
        """Nobody listens."""

    return await sandbox.run(SandboxJob("t", code, {}, 20), emit)


async def test_an_engine_that_goes_and_comes_back_serves_without_a_restart(image: str) -> None:
    line = Line()
    async with line_at(line) as address:
        sandbox = DockerSandbox("slim", "tests-line", address)
        before = await printed(sandbox)
        line.cut()
        with pytest.raises(SandboxError, match="does not answer"):
            await printed(sandbox)
        line.state = "open"
        after = await printed(sandbox)
        await sandbox.reap()
        await sandbox.close()

    assert (before.output, after.output) == ("hi\n", "hi\n")
    assert containers_of("tests-line") == []


async def test_an_engine_that_hangs_is_given_up_within_ten_seconds(image: str) -> None:
    line = Line()
    line.state = "dead"
    async with line_at(line) as address:
        sandbox = DockerSandbox("slim", "tests-dead", address)
        with pytest.raises(SandboxError, match="does not answer"):
            async with asyncio.timeout(10):
                await printed(sandbox)
        line.cut()
        await sandbox.close()


async def test_an_engine_lost_while_a_script_runs_ends_it_and_it_is_not_run_again(image: str) -> None:
    line = Line()
    begun = asyncio.Event()

    async def emit(piece: str) -> None:
        begun.set()

    async with line_at(line) as address:
        now = [0.0]
        lost = DockerSandbox("slim", "tests-lost", address)
        fleet = Fleet([lost, DockerSandbox("slim", "tests-spare")], lambda: now[0])
        job = SandboxJob("t", "print('begun', flush=True)\nimport time\ntime.sleep(3)\nprint('done')", {}, 20)
        running = asyncio.create_task(fleet.run(job, emit))
        await begun.wait()
        line.cut()
        result = await running
        line.state = "open"
        await fleet.reap()
        await fleet.close()

    assert (result.exit_code, result.output) == (None, "begun\n")
    assert containers_of("tests-lost") == []


async def test_a_container_that_ended_while_the_engine_was_lost_is_removed_when_it_is_back(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sandbox.docker_sandbox.TIDY_SECONDS", 0.1)
    line = Line()
    begun = asyncio.Event()

    async def emit(piece: str) -> None:
        begun.set()

    async with line_at(line) as address:
        sandbox = DockerSandbox("slim", "tests-owed", address, capacity=Capacity(2, 0, 0))
        keeping = asyncio.create_task(sandbox.keep_warm())
        job = SandboxJob("t", "print('begun', flush=True)\nimport time\ntime.sleep(1)", {}, 20)
        running = asyncio.create_task(sandbox.run(job, emit))
        await begun.wait()
        line.cut()
        await running
        (left,) = containers_of("tests-owed")
        await asyncio.to_thread(wait_for_the_end, left)
        kept = containers_of("tests-owed")
        line.state = "open"
        async with asyncio.timeout(10):
            while containers_of("tests-owed"):
                await asyncio.sleep(0.1)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await sandbox.close()

    assert kept == [left], "it could be removed at once, so this proved nothing"


def wait_for_the_end(container: str) -> None:
    """Of a container, as seen on a line that is never cut."""
    client = connect(HOST, 20)
    try:
        client.wait(container)
    finally:
        client.close()


async def test_an_image_that_is_not_built_is_told_with_the_command(image: str) -> None:
    sandbox = DockerSandbox("slim", "tests-bare")
    sandbox.image = sandbox._egress._image = "deskhand-sandbox:never-built"

    with pytest.raises(SandboxError, match="deskhand sandbox build"):
        await printed(sandbox)
    state = await sandbox.state()
    await sandbox.close()

    assert state.problem == "the image for Python actions is not built"


async def test_an_engine_behind_tls_proves_itself_and_wants_our_proof(image: str, tmp_path: Path) -> None:
    server_side = write_certificates(tmp_path)
    async with line_at(Line(), server_side) as address:
        trusted = DockerSandbox("slim", "tests-tls", address, certificates=tmp_path)
        result = await printed(trusted, "import time\nprint('a')\ntime.sleep(0.2)\nprint('b' * 200_000)")
        await trusted.close()
        stranger = DockerSandbox("slim", "tests-tls", address)
        with pytest.raises(SandboxError):
            await printed(stranger)
        await stranger.close()

    assert result.output == "a\n" + "b" * 200_000 + "\n"


class Engine(DockerSandbox):
    """An engine in name only: for the choice among several."""

    def __init__(self, name: str, running: int = 0, *, down: bool = False) -> None:
        self.name = name
        self.running = running
        self.down = down
        self.asked = 0

    @property
    def waiting(self) -> int:
        return 0

    async def run(self, job: SandboxJob, emit: object) -> SandboxResult:
        self.asked += 1
        if self.down:
            raise SandboxError(f"{self.name} is down")
        return SandboxResult(0, self.name, "", 0.1)


@pytest.fixture
def now() -> list[float]:
    return [0.0]


async def test_the_idlest_engine_is_chosen(now: list[float]) -> None:
    fleet = Fleet([Engine("a", 3), Engine("b", 1), Engine("c", 2)], lambda: now[0])

    assert (await printed(fleet)).output == "b"


async def test_an_engine_that_is_down_is_passed_over_and_tried_again_later(now: list[float]) -> None:
    broken, other = Engine("a", down=True), Engine("b", 5)
    fleet = Fleet([broken, other], lambda: now[0])

    served = [(await printed(fleet)).output for _ in range(3)]
    asked = broken.asked
    broken.down = False
    now[0] += REST_SECONDS + 1
    later = (await printed(fleet)).output

    assert (served, asked, later) == (["b"] * 3, 1, "a")


async def test_when_all_are_down_the_last_reason_is_told(now: list[float]) -> None:
    with pytest.raises(SandboxError, match="b is down"):
        await printed(Fleet([Engine("a", down=True), Engine("b", down=True)], lambda: now[0]))


async def test_python_actions_can_be_switched_off(now: list[float]) -> None:
    with pytest.raises(SandboxError, match="switched off"):
        await printed(Fleet([], lambda: now[0]))


GOOD = {"MemoryLimit": True, "SwapLimit": True, "CpuCfsQuota": True, "PidsLimit": True,
        "SecurityOptions": ["name=seccomp,profile=default"]}  # fmt: skip


@pytest.mark.parametrize(
    ("runc", "info", "said"),
    [
        ("1.1.5", {}, "CVE-2024-21626"),
        ("1.1.12", {}, "CVE-2025-31133"),
        ("1.2.7", {}, "CVE-2025-31133"),
        ("1.2.8", {}, ""),
        ("1.3.2", {}, "CVE-2025-31133"),
        ("1.3.3", {}, ""),
        ("1.4.0", {}, ""),
        ("unknown", {}, ""),
        ("1.4.0", {"PidsLimit": False}, "cannot enforce: 128 processes"),
        ("1.4.0", {"MemoryLimit": False, "SwapLimit": False}, "512 MB of memory, no swap"),
        ("1.4.0", {"SecurityOptions": None}, "without seccomp"),
    ],
)
def test_what_is_to_be_said_of_an_engine(runc: str, info: dict[str, object], said: str) -> None:
    told = list(warnings_of({"runc": runc}, {**GOOD, **info}))

    assert bool(told) is bool(said)
    assert said in " ".join(told)
