"""The turns and executions under way, so that the person who asked can stop them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.domain.person import Sender
from bot.domain.run import ActionResult

THOUGHT = "your question"
"""What was stopped where no action ran."""


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


class TurnStopped(Exception):
    """Its asker cut a turn short while nothing ran: while it was thought about what to run or what to say."""

    def __init__(self, by: str) -> None:
        super().__init__(f"stopped by {by}")
        self.by = by


@dataclass(slots=True, eq=False)
class LiveTurn:
    """One turn on its way: whose it is, and whether it thinks."""

    id: str
    conversation: str
    asker: str
    stopped_by: str = ""
    """The display name of who stopped it; empty while nobody did. Once stopped it is let finish with what it has."""
    _patience: asyncio.Timeout | None = None

    @asynccontextmanager
    async def thinking(self) -> AsyncIterator[None]:
        """A stretch in which the model is asked; a person ends it as ``asyncio.timeout`` would. Raises TurnStopped."""
        try:
            async with asyncio.timeout(None) as patience:
                self._patience = patience
                yield
        except TimeoutError as late:
            if not patience.expired():
                raise
            raise TurnStopped(self.stopped_by) from late
        finally:
            self._patience = None

    def still_wanted(self) -> None:
        """Raises TurnStopped if somebody stopped it before it began to think."""
        if self.stopped_by:
            raise TurnStopped(self.stopped_by)

    def stop(self, name: str) -> None:
        """End its thinking, if it thinks, in the name of a person."""
        self.stopped_by = name
        if self._patience:
            self._patience.reschedule(asyncio.get_running_loop().time())


class LiveWork:
    """Knows what is under way in this process."""

    def __init__(self) -> None:
        self._turns: set[LiveTurn] = set()
        self._runs: set[LiveRun] = set()
        self._stopped_turns: dict[str, str] = {}

    @contextmanager
    def turn(self, turn_id: str, conversation: str, asker: str) -> Iterator[LiveTurn]:
        """A turn, for the length of the block."""
        turn = LiveTurn(turn_id, conversation, asker)
        self._turns.add(turn)
        try:
            yield turn
        finally:
            self._turns.discard(turn)
            self.forget(turn_id)

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
        """Stop what is under way for ``by`` there, and what of the same turns still waits; the names.

        No conversation means all of them.
        """
        name = by.display_name or "the person who asked"
        runs = [run for run in self._runs if _is_theirs(run, conversation, by)]
        fresh = [turn for turn in self._turns if _is_theirs(turn, conversation, by) and not turn.stopped_by]
        busy = {run.turn_id for run in runs}
        self._stopped_turns |= dict.fromkeys((*busy, *(turn.id for turn in fresh)), name)
        for run in runs:
            _stop(run, name)
        for turn in fresh:
            turn.stop(name)
        return [*(run.name for run in runs), *(THOUGHT for turn in fresh if turn.id not in busy)]

    def holds(self, conversation: str, by: Sender) -> bool:
        """Whether a turn of theirs is under way here."""
        return any(_is_theirs(turn, conversation, by) for turn in self._turns)

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._turns or self._runs)

    def stop_turn(self, turn_id: str, name: str) -> None:
        """Stop a turn that thinks, if it is here, in the name of a person."""
        for turn in self._turns:
            if turn.id == turn_id and not turn.stopped_by:
                self._stopped_turns[turn_id] = name
                turn.stop(name)

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


def _is_theirs(work: LiveTurn | LiveRun, conversation: str, by: Sender) -> bool:
    return work.asker == by.id and conversation in ("", work.conversation)
