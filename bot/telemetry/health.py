"""Whether this process can do its work now: ``/readyz``. Whether it lives at all is ``/healthz``, which asks nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.errors import DeskhandError

Check = Callable[[], Awaitable[str]]
"""What is wrong, in plain words; empty if nothing is."""
PATIENCE = 3.0
"""Seconds that one check may take."""
KEPT = 2.0
"""Seconds for which an answer is given again, so that a flood of questions is no flood of work."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answers of all checks by name; an empty text is a good answer."""

    problems: Mapping[str, str]

    @property
    def ready(self) -> bool:
        return not any(self.problems.values())


class Health:
    """Asks every part side by side, each for no longer than ``PATIENCE``. Add checks at any time, by name."""

    def __init__(self, monotonic: Callable[[], float], patience: float = PATIENCE) -> None:
        self._monotonic = monotonic
        self._patience = patience
        self._checks: dict[str, Check] = {}
        self._asking = asyncio.Lock()
        self._known: Readiness | None = None
        self._known_at = 0.0
        self.draining = False
        """Set once the process is asked to end: it finishes what it has and takes nothing new."""

    def add(self, name: str, check: Check) -> None:
        """Ask this part too."""
        self._checks[name] = check
        self._known = None

    def watch(self, name: str, works: Callable[[], bool], problem: str) -> None:
        """Ask a part that only knows yes and no; ``problem`` is what no means."""

        async def check() -> str:
            return "" if works() else problem

        self.add(name, check)

    def watch_task(self, name: str, task: asyncio.Task[None]) -> None:
        """Ask whether a task that is to run as long as the process still does."""
        self.watch(name, lambda: not task.done(), "nobody does this any more")

    async def readiness(self) -> Readiness:
        """How every part is now, or was a moment ago."""
        if self.draining:
            return Readiness({"process": "it is ending"})
        async with self._asking:
            if self._known is None or self._monotonic() - self._known_at > KEPT:
                self._known = await self._asked()
                self._known_at = self._monotonic()
            return self._known

    async def _asked(self) -> Readiness:
        async with asyncio.TaskGroup() as group:
            asked = {name: group.create_task(self._problem(check)) for name, check in self._checks.items()}
        return Readiness({name: task.result() for name, task in asked.items()})

    async def _problem(self, check: Check) -> str:
        try:
            async with asyncio.timeout(self._patience):
                return await check()
        except TimeoutError:
            return f"no answer within {self._patience:g} s"
        except DeskhandError as error:
            return str(error)
