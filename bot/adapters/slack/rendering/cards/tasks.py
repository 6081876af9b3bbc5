"""The actions of a turn while they run: one card each, from pending to done or failed."""

from __future__ import annotations

from bot.adapters.chat.board import MARKS, Board, Status, Task
from bot.adapters.markup.neutral import brief, cut, escaped, plain
from bot.adapters.slack.rendering.cards.post import Payload, Post, notice_text
from bot.adapters.slack.rendering.elements import Json, actions, button, context
from bot.adapters.slack.rendering.limits import TASK_TEXT

STOP = "stop"
_MOST = 20
"""Cards shown; a turn runs at most eight actions."""
_NAME = 80


def status_line(board: Board) -> str:
    """For Slack's status, which follows our name: ``is checking Stripe, Jira…``; empty when nothing runs."""
    names = [task.name for task in board.tasks if task.status is Status.RUNNING]
    return cut(f"is checking {', '.join(map(_name, names))}…", 100) if names else ""


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
    return f"{MARKS[task.status]} {_title(task)}" + (f" – {brief(task.note, TASK_TEXT)}" if task.note else "")


def _title(task: Task) -> str:
    return _name(task.name) or "Action"


def _name(name: str) -> str:
    return plain(brief(name, _NAME))
