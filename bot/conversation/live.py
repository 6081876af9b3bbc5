"""The executions under way, so that the person who asked can stop them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.person import Sender
from bot.domain.run import ActionResult


@dataclass(slots=True, eq=False)
class LiveRun:
    """One execution: whose it is, and what it said so far."""

    id: str
    name: str
    turn_id: str
    conversation: str
    asker: str
    said: list[str] = field(default_factory=list)
    """Its output so far, masked."""
    stopped_by: str = ""
    """The display name of who stopped it; empty while nobody did."""
    task: asyncio.Task[ActionResult] | None = None


class LiveRuns:
    """Knows what runs now in this process."""

    def __init__(self) -> None:
        self._runs: set[LiveRun] = set()
        self._stopped_turns: dict[str, str] = {}

    async def carried_out(self, run: LiveRun, work: Coroutine[Any, Any, ActionResult]) -> ActionResult | None:
        """The result of ``work``, or None when it was stopped. Cancellation from outside passes through."""
        run.task = asyncio.ensure_future(work)
        self._runs.add(run)
        try:
            return await run.task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if run.stopped_by and current is not None and not current.cancelling():
                return None
            raise
        finally:
            self._runs.discard(run)

    def stop(self, conversation: str, by: Sender) -> Sequence[str]:
        """Stop what runs for ``by`` in a conversation, and what of the same turns still waits; the names."""
        found = [run for run in self._runs if run.conversation == conversation and run.asker == by.id]
        for run in found:
            self._stopped_turns[run.turn_id] = by.display_name or "the person who asked"
            _stop(run, self._stopped_turns[run.turn_id])
        return [run.name for run in found]

    @property
    def busy(self) -> bool:
        """Whether anything runs."""
        return bool(self._runs)

    def stop_run(self, run_id: str, name: str) -> None:
        """Stop one run, if it is here, in the name of a person; the others of its turn go on."""
        for run in self._runs:
            if run.id == run_id and not run.stopped_by:
                _stop(run, name)

    def who_stopped(self, turn_id: str) -> str:
        """The name of the person who stopped this turn, or nothing."""
        return self._stopped_turns.get(turn_id, "")

    def forget(self, turn_id: str) -> None:
        """The turn has ended."""
        self._stopped_turns.pop(turn_id, None)


def _stop(run: LiveRun, name: str) -> None:
    run.stopped_by = name
    if run.task is not None:
        run.task.cancel()
