"""The actions of a turn while they run: one line each, from pending to done or failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.adapters.footer import duration
from bot.domain.message import Used
from bot.domain.progress import Planned, Progress, RunEnded, RunStarted
from bot.domain.run import Outcome


class Status(StrEnum):
    """How far an action is; the words are those of Slack's task cards."""

    PENDING = "pending"
    RUNNING = "in_progress"
    DONE = "complete"
    FAILED = "error"


MARKS = {Status.PENDING: "○", Status.RUNNING: "◔", Status.DONE: "✓", Status.FAILED: "✗"}


@dataclass(frozen=True, slots=True)
class Task:
    """One action of the turn."""

    name: str
    status: Status = Status.PENDING
    run_id: str = ""
    note: str = ""
    """How long it took, or why it failed."""


@dataclass(frozen=True, slots=True)
class Board:
    """All actions of a turn, in the order in which they were planned. Each event gives a new board."""

    tasks: tuple[Task, ...] = ()

    def told(self, progress: Progress) -> Board:
        """The board after ``progress``; the same one if it shows nothing new."""
        match progress:
            case Planned(names):
                return Board((*self.tasks, *map(Task, names)))
            case RunStarted(run_id, name):
                return self._with(run_id, Task(name, Status.RUNNING, run_id))
            case RunEnded(used):
                return self._with(used.run_id, _ended(used))
            case _:
                return self

    def stopped(self) -> Board:
        """What had not begun never will; what runs tells its own end."""
        ends = {Status.PENDING: ("not started", Status.FAILED)}
        return Board(tuple(_noted(task, *ends.get(task.status, (task.note, task.status))) for task in self.tasks))

    @property
    def over(self) -> bool:
        """Nothing is waited for any more."""
        return all(task.status in (Status.DONE, Status.FAILED) for task in self.tasks)

    def _with(self, run_id: str, task: Task) -> Board:
        place = self._place(run_id, task.name)
        return Board((*self.tasks[:place], task, *self.tasks[place + 1 :]))

    def _place(self, run_id: str, name: str) -> int:
        """Its own run, else the first of that name that has not begun, else the end."""
        own = (i for i, task in enumerate(self.tasks) if run_id and task.run_id == run_id)
        waiting = (i for i, task in enumerate(self.tasks) if not task.run_id and task.name == name)
        return next(own, next(waiting, len(self.tasks)))


def _noted(task: Task, note: str, status: Status) -> Task:
    return replace(task, note=note, status=status)


def _ended(used: Used) -> Task:
    if used.outcome is Outcome.SUCCESS:
        return Task(used.name, Status.DONE, used.run_id, duration(used.seconds or 0))
    return Task(used.name, Status.FAILED, used.run_id, used.detail or used.label.replace("_", " "))
