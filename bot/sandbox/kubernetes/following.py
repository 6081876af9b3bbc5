"""Follows the log of a run whose script has begun, through cuts and re-readings, to its end."""

from __future__ import annotations

import asyncio

from bot.errors import SandboxError
from bot.ports import Emit
from bot.sandbox.kubernetes.cluster import Cluster
from bot.sandbox.kubernetes.frames import Hearing
from bot.sandbox.kubernetes.pod import PodState
from bot.sandbox.kubernetes.problems import ApiProblem

_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between two looks, by the failures since the last good one."""
_MOST_FAILURES = 8
"""Requests in a row, about ten seconds, until a run counts as lost."""


class Following:
    """What the script prints goes to ``emit``."""

    def __init__(self, cluster: Cluster, hearing: Hearing, emit: Emit) -> None:
        self._cluster = cluster
        self._hearing = hearing
        self._emit = emit
        self._failures = 0

    async def to_the_end(self, pod: PodState) -> PodState:
        """The pod as last seen. Raises SandboxError if pod or cluster go away."""
        while True:
            complete = await self._tried(pod)
            if self._hearing.ended or (complete and pod.over):
                return pod
            pod = await self._looked(pod)
            await asyncio.sleep(_PAUSES[min(self._failures, len(_PAUSES) - 1)])

    async def _tried(self, pod: PodState) -> bool:
        try:
            return await self._listened(pod)
        except ApiProblem as problem:
            if problem.status in (401, 403):
                raise
            self._failures += 1
            return False

    async def _listened(self, pod: PodState) -> bool:
        """Read the log from its beginning; whether it came to an end of its own."""
        self._hearing.frames.again()
        async with self._cluster.log(pod.name) as pieces:
            self._failures = 0
            async for piece in pieces:
                if text := self._hearing.heard(piece):
                    await self._emit(text)
                if self._hearing.ended:
                    break
        return True

    async def _looked(self, pod: PodState) -> PodState:
        try:
            seen = await self._cluster.pod(pod.name)
        except ApiProblem as problem:
            self._failures += 1
            if self._failures < _MOST_FAILURES and problem.passing:
                return pod
            raise SandboxError(f"a run was lost from sight, and may have done its work ({problem})") from problem
        if seen is None:
            raise SandboxError(
                "the pod of a run was removed from outside, and the script may have done part of its work; "
                "look at what it changes, then ask again"
            )
        return seen
