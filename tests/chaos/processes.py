"""Keeps the service's processes alive, kills them, and knows when each of them died."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_PAUSE = 0.2
_MOST_CRASHES = 25
"""So many deaths in a row that nobody asked for, and the run is given up."""


@dataclass
class Role:
    """One process of the service, started again whenever it dies."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    deaths: list[float] = field(default_factory=list)
    armed: str = ""
    """A point at which the next process dies; only that one."""
    passage: int = 1
    process: asyncio.subprocess.Process | None = None
    own_deaths: int = 0
    """Deaths in a row that were not by signal: it cannot even start."""

    def kill(self) -> bool:
        """End it at once, as a power cut would; false if it is not there."""
        if self.process is None or self.process.returncode is not None:
            return False
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        return True

    async def keep(self) -> None:
        """Start it again until cancelled; then end it gently."""
        try:
            while self.own_deaths < _MOST_CRASHES:
                await self._once()
                await asyncio.sleep(_PAUSE)
            raise RuntimeError(f"{self.name} does not start; see {self.log}")
        finally:
            await self._end()

    async def _once(self) -> None:
        point = {"CHAOS_POINT": self.armed, "CHAOS_PASSAGE": str(self.passage)} if self.armed else {}
        self.armed = ""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.chaos.service", *self.command,
                env={**os.environ, **self.environment, **point}, stdin=asyncio.subprocess.DEVNULL, stdout=log,
                stderr=log,
            )  # fmt: skip
            code = await self.process.wait()
        self.deaths.append(time.monotonic())
        self.own_deaths = 0 if code == -signal.SIGKILL else self.own_deaths + 1

    async def _end(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(30):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
