"""Waiting containers on a real engine: used once, replaced, never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from docker.errors import NotFound

from bot.errors import SandboxError
from bot.sandbox.container import Container
from bot.sandbox.docker_sandbox import Capacity, DockerSandbox
from bot.sandbox.engine import connect
from bot.sandbox.pool import BUSY_SECONDS, Pool
from tests.sandbox.conftest import HOST, Ran, containers_of

WHO = "import socket\nprint(socket.gethostname())"


@pytest.fixture
async def warm(image: str) -> AsyncIterator[DockerSandbox]:
    sandbox = DockerSandbox("slim", "tests-pool", HOST, capacity=Capacity(4, 2, 4))
    keeping = asyncio.create_task(sandbox.keep_warm())
    await sandbox.warm()
    yield sandbox
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await sandbox.close()
    assert containers_of("tests-pool") == []


async def test_a_waiting_container_serves_one_job_and_another_takes_its_place(warm: DockerSandbox) -> None:
    before = {name[:12] for name in containers_of("tests-pool")}
    run = Ran(warm)

    first, second = [(await run(WHO)).output.strip() for _ in range(2)]
    await warm.warm()

    assert {first, second} <= before
    assert first != second
    assert not {first, second} & {name[:12] for name in containers_of("tests-pool")}


async def test_modules_of_the_scripts_at_hand_are_loaded_before_the_job_is_known(warm: DockerSandbox) -> None:
    look = "import sys\nprint('requests' in sys.modules, 'httpx' in sys.modules, 'os.no_such' in sys.modules)"
    before = await Ran(warm)(look)
    warm.prepare(["httpx", "os.no_such", "no_such_module", "json"])
    for _ in range(2):
        await Ran(warm)("print()")
    await warm.warm()
    after = [(await Ran(warm)(look)).output for _ in range(5)]

    assert before.output == "True False False\n"
    assert after[-1] == "False True False\n"


async def test_a_burst_beyond_the_pool_runs_cold_and_none_fails(warm: DockerSandbox) -> None:
    run = Ran(warm)

    results = await asyncio.gather(*(run(WHO) for _ in range(12)))

    assert [result.exit_code for result in results] == [0] * 12
    assert len({result.output for result in results}) == 12


async def test_a_container_that_died_while_it_waited_is_passed_over(warm: DockerSandbox) -> None:
    client = connect(HOST, 10)
    for container in containers_of("tests-pool"):
        client.kill(container)
    client.close()

    result = await Ran(warm)(WHO)

    assert result.exit_code == 0


async def test_the_secrets_of_one_job_are_in_no_other_container(warm: DockerSandbox) -> None:
    run = Ran(warm)
    look = "import os, pathlib\nprint(dict(os.environ), list(pathlib.Path('/tmp').rglob('*')))"

    first = await run(look, SECRET="zebra-4711")
    second = await run(look)

    assert "zebra-4711" in first.output
    assert "zebra-4711" not in second.output


async def test_no_setting_of_a_container_tells_the_job(warm: DockerSandbox) -> None:
    begun = asyncio.Event()

    async def emit(piece: str) -> None:
        begun.set()

    from bot.ports import SandboxJob

    code = "print(1, flush=True)\nimport time\ntime.sleep(30)"
    running = asyncio.create_task(warm.run(SandboxJob("x", code, {"SECRET": "zebra-4711"}, 30), emit))
    await begun.wait()
    client = connect(HOST, 10)
    settings = ""
    for container in containers_of("tests-pool"):
        with suppress(NotFound):  # one that has served its job may go meanwhile
            settings += repr(client.inspect_container(container))
    client.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert "deskhand.instance" in settings
    assert "zebra-4711" not in settings
    assert "time.sleep(30)" not in settings


class Stub(Container):
    """A container in name only: for rules of the pool that need a clock."""

    def __init__(self) -> None:
        self.ended = False
        self.removed = False

    async def remove(self) -> None:
        self.removed = True


async def test_as_many_wait_as_the_last_seconds_needed_within_the_limits() -> None:
    now = [0.0]

    async def make() -> Container:
        return Stub()

    pool = Pool(make, 1, 3, lambda: now[0])
    keeping = asyncio.create_task(pool.keep())
    sizes = []
    for taken in (0, 2, 9):
        for _ in range(taken):
            pool.take()
        await pool.full()
        sizes.append(len(pool))
    now[0] += BUSY_SECONDS + 1
    while len(pool) > 1:
        pool.take()
        now[0] += BUSY_SECONDS + 1
    pool.take()
    await pool.full()
    sizes.append(len(pool))
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)

    assert sizes == [1, 2, 3, 1]


async def test_an_engine_that_fails_is_asked_again_and_later_serves() -> None:
    made = []
    asked = 0

    async def make() -> Container:
        nonlocal asked
        asked += 1
        if asked <= 2:
            raise SandboxError("down")
        made.append(Stub())
        return made[-1]

    pool = Pool(make, 1, 1, lambda: 0.0)
    keeping = asyncio.create_task(pool.keep())
    await pool.full()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)

    assert asked == 3
    assert made[0].removed, "what still waits at the end is destroyed"
