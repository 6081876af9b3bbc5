"""Python actions: a waiting container against a cold ``docker run`` of the same image, limits and script, in one run.

Bounds: waiting p50 at most 40 ms and 20 times faster than cold; p99 at most 150 ms at one job a second; 20 jobs at once
no slower than 20 cold ones at once; 3 jobs a second sustained; four waiting containers in 400 MB. Needs an engine and
an image: ``deskhand sandbox build slim`` or ``full``. ``python -m benchmarks.sandbox [slim|full]`` takes one, slim
if none is named. Prints one JSON object; exits 1 when a bound is missed.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from bot.ports import SandboxJob
from bot.sandbox.containers import MEMORY, NOBODY, PROCESSES, TEMPORARY_SPACE
from bot.sandbox.docker_sandbox import Capacity, DockerSandbox
from bot.sandbox.engine import connect
from bot.sandbox.image import image_tag

SCRIPTS = {
    "slim": "import requests\nprint('hi')",
    "full": "import requests, pandas\nprint('hi')",
}
MODULES = {"slim": ("requests",), "full": ("requests", "pandas")}
"""What the service finds in the scripts at hand, and has loaded ahead."""
COLD_RUNS, PACED_RUNS, AT_ONCE, SUSTAINED_SECONDS = 12, 60, 20, 15.0
LIMITS = [
    "--memory", MEMORY, "--memory-swap", MEMORY, "--cpus", "1", "--pids-limit", str(PROCESSES), "--read-only",
    "--tmpfs", f"/tmp:{TEMPORARY_SPACE}", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--init",
    "--user", NOBODY, "--log-driver", "none", "--ulimit", "core=0",
]  # fmt: skip


async def quiet(_piece: str) -> None: ...


async def cold(image: str, script: str) -> None:
    """One container by Docker's own command, from nothing to its removal."""
    process = await asyncio.create_subprocess_exec(
        "docker", "run", "--rm", *LIMITS, image, "python3", "-c", script,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert output == b"hi\n"


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    begun = perf_counter()
    await work()
    return perf_counter() - begun


class Bench:
    """The sandbox under load."""

    def __init__(self, sandbox: DockerSandbox, script: str) -> None:
        self._sandbox = sandbox
        self._script = script

    async def job(self) -> None:
        result = await self._sandbox.run(SandboxJob("bench", self._script, {}, 30), quiet)
        assert result.output == "hi\n", result.error_output

    async def paced(self) -> list[float]:
        """Seconds of each job at one a second."""
        times = []
        for _ in range(PACED_RUNS):
            took = await timed(self.job)
            times.append(took)
            await asyncio.sleep(max(0.0, 1 - took))
        return times

    async def sustained(self) -> float:
        """Jobs a second with four askers that never rest."""
        begun = perf_counter()
        done = 0

        async def ask() -> None:
            nonlocal done
            while perf_counter() - begun < SUSTAINED_SECONDS:
                await self.job()
                done += 1

        await asyncio.gather(*(ask() for _ in range(4)))
        return done / (perf_counter() - begun)

    async def at_once(self, work: Callable[[], Awaitable[None]]) -> float:
        return await timed(lambda: _all(work))


async def _all(work: Callable[[], Awaitable[None]]) -> None:
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def memory_of(instance: str) -> float:
    """MB that the waiting containers hold, as ``docker stats`` counts: without what the page cache can give back."""
    client = connect("", 10)
    found = client.containers(filters={"label": f"deskhand.instance={instance}"})
    usages = [client.stats(item["Id"], stream=False)["memory_stats"] for item in found]
    client.close()
    return sum(_held(usage) for usage in usages) / 1e6


def _held(usage: dict[str, Any]) -> float:
    stats = usage["stats"]
    return float(usage["usage"] - stats.get("total_inactive_file", stats.get("inactive_file", 0)))


async def run(variant: str) -> dict[str, float]:
    image, script = image_tag(variant), SCRIPTS[variant]
    sandbox = DockerSandbox(variant, "bench", capacity=Capacity(8, 4, 8))
    sandbox.prepare(MODULES[variant])
    bench = Bench(sandbox, script)
    colds = [await timed(lambda: cold(image, script)) for _ in range(COLD_RUNS)]
    cold_burst = await bench.at_once(lambda: cold(image, script))
    keeping = asyncio.create_task(sandbox.keep_warm())
    await sandbox.warm()
    idle = await asyncio.to_thread(memory_of, "bench")
    paced = await bench.paced()
    await sandbox.warm()
    burst = await bench.at_once(bench.job)
    await sandbox.warm()
    rate = await bench.sustained()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await sandbox.close()
    warm_p50, cold_p50 = statistics.median(paced) * 1000, statistics.median(colds) * 1000
    return {
        "cold_p50_ms": cold_p50, "warm_p50_ms": warm_p50, "warm_p99_ms": statistics.quantiles(paced, n=100)[98] * 1000,
        "times_faster": cold_p50 / warm_p50, "burst_of_20_cold_s": cold_burst, "burst_of_20_s": burst,
        "sustained_per_s": rate, "idle_pool_of_4_mb": idle,
    }  # fmt: skip


def missed(found: dict[str, float]) -> list[str]:
    held = {
        "warm_p50_ms": found["warm_p50_ms"] <= 40,
        "times_faster": found["times_faster"] >= 20,
        "warm_p99_ms": found["warm_p99_ms"] <= 150,
        "burst_of_20_s": found["burst_of_20_s"] <= found["burst_of_20_cold_s"],
        "sustained_per_s": found["sustained_per_s"] >= 3,
        "idle_pool_of_4_mb": found["idle_pool_of_4_mb"] <= 400,
    }
    return [name for name, ok in held.items() if not ok]


def main() -> int:
    variant = sys.argv[1] if len(sys.argv) > 1 else "slim"
    found = asyncio.run(run(variant))
    wrong = missed(found)
    print(json.dumps({"variant": variant, **{k: round(v, 2) for k, v in found.items()}, "missed": wrong}))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
