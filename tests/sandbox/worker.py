"""A service in small, to be killed: ``python -m tests.sandbox.worker INSTANCE`` runs scripts, four at a time, for ever.

At its start it removes what earlier ones left, as the service does. It prints a line for each run that ends.
"""

from __future__ import annotations

import asyncio
import sys

from bot.ports import SandboxJob
from bot.sandbox.docker_sandbox import Capacity, DockerSandbox


async def main(instance: str) -> None:
    async def emit(piece: str) -> None:
        """Nobody listens."""

    sandbox = DockerSandbox("slim", instance, capacity=Capacity(6, 3, 6))
    print("reaped", await sandbox.reap(), flush=True)

    async def work(number: int) -> None:
        while True:
            code = f"import time\ntime.sleep(0.0{number})\nprint({number})"
            result = await sandbox.run(SandboxJob("chaos", code, {}, 20), emit)
            print("ran", result.exit_code, flush=True)

    async with asyncio.TaskGroup() as group:
        group.create_task(sandbox.keep_warm())
        for number in range(1, 5):
            group.create_task(work(number))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
