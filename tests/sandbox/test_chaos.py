"""Kill -9 at any moment: what was left is gone after the next start."""

from __future__ import annotations

import asyncio
import random
import sys

from bot.sandbox.docker_sandbox import DockerSandbox
from tests.sandbox.conftest import HOST, containers_of

RUNS = 200
INSTANCE = "tests-chaos"


async def killed_after(lines: int) -> tuple[int, int]:
    """Start a worker and kill it when it has told so many runs; how many it had reaped, and how many it ran."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.sandbox.worker", INSTANCE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    reaped = int((await process.stdout.readline()).split()[1])
    told = [await process.stdout.readline() for _ in range(lines)]
    process.kill()
    await process.wait()
    assert set(told) <= {b"ran 0\n"}, told
    return reaped, len(told)


async def test_after_200_runs_and_kills_at_random_nothing_is_left(image: str) -> None:
    chance = random.Random(7)
    ran = reaped = kills = 0
    while ran < RUNS:
        removed, done = await killed_after(chance.randint(1, 40))
        ran, reaped, kills = ran + done, reaped + removed, kills + 1
    left = containers_of(INSTANCE)
    last = DockerSandbox("slim", INSTANCE, HOST)

    # The engine may still be making what the killed process asked for last; the service looks again and again, too.
    async with asyncio.timeout(20):
        while await last.reap() or containers_of(INSTANCE):
            await asyncio.sleep(0.2)

    assert kills > 5
    assert reaped > 0, "the kills left nothing behind, so they proved nothing"
    assert left, "the last kill left nothing behind, so the last start proved nothing"
    await last.host_address()
    await last.close()
