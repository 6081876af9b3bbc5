"""The actions of a turn while they run: one card each, from pending to done or failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.adapters.footer import duration
from bot.adapters.slack.rendering.cards.post import Payload, Post, notice_text
from bot.adapters.slack.rendering.elements import Json, actions, button, context
from bot.adapters.slack.rendering.limits import TASK_TEXT
from bot.adapters.slack.rendering.neutral import brief, cut, escaped, plain
from bot.domain.message import Used
from bot.domain.progress import Planned, Progress, RunEnded, RunStarted
from bot.domain.run import Outcome

STOP = "stop"
_MOST = 20
"""Cards shown; a turn runs at most eight actions."""
_NAME = 80


class Status(StrEnum):
    """In Slack's words."""

    PENDING = "pending"
    RUNNING = "in_progress"
    DONE = "complete"
    FAILED = "error"


_MARKS = {Status.PENDING: "○", Status.RUNNING: "◔", Status.DONE: "✓", Status.FAILED: "✗"}


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


def status_line(board: Board) -> str:
    """For Slack's status under the message field: ``Checking Stripe, Jira…``; empty when nothing runs."""
    names = [task.name for task in board.tasks if task.status is Status.RUNNING]
    return cut(f"Checking {', '.join(map(_name, names))}…", 100) if names else ""


def task_updates(board: Board) -> list[Json]:
    """``task_update`` chunks for a stream; the same id replaces the card."""
    return [_update(index, task) for index, task in enumerate(board.tasks[:_MOST])]


def tasks_post(board: Board, turn_id: str) -> Post:
    """The board as a message with a Stop button while something runs."""
    stop = () if board.over else (actions("stop", (button("Stop", STOP, turn_id, "danger"),)),)
    lines = [_line(task) for task in board.tasks[:_MOST]] or ["Working…"]
    text = notice_text("\n".join(lines))
    cards = tuple(_card(index, task) for index, task in enumerate(board.tasks[:_MOST]))
    plainly = context(cut("\n".join(lines), 2_900, escaped))
    rungs = (Payload(text, (*cards, *stop)),) if cards else ()
    return Post((*rungs, Payload(text, (plainly, *stop)), Payload(text)))


def _noted(task: Task, note: str, status: Status) -> Task:
    return replace(task, note=note, status=status)


def _ended(used: Used) -> Task:
    if used.outcome is Outcome.SUCCESS:
        return Task(used.name, Status.DONE, used.run_id, duration(used.seconds or 0))
    return Task(used.name, Status.FAILED, used.run_id, used.detail or used.label.replace("_", " "))


def _update(index: int, task: Task) -> Json:
    made = {"type": "task_update", "id": f"task-{index}", "title": _title(task), "status": task.status.value}
    return {**made, "output": cut(plain(task.note), TASK_TEXT)} if task.note else made


def _card(index: int, task: Task) -> Json:
    made = {"type": "task_card", "task_id": f"task-{index}", "title": _title(task), "status": task.status.value}
    return {**made, "output": _rich(task.note)} if plain(task.note).strip() else made


def _rich(text: str) -> Json:
    element = {"type": "text", "text": cut(plain(text), TASK_TEXT)}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


def _line(task: Task) -> str:
    return f"{_MARKS[task.status]} {_title(task)}" + (f" – {brief(task.note, TASK_TEXT)}" if task.note else "")


def _title(task: Task) -> str:
    return _name(task.name) or "Action"


def _name(name: str) -> str:
    return plain(brief(name, _NAME))
