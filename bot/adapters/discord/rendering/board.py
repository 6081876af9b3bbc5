"""The actions of a turn while they run: one line each, from pending to done or failed."""

from __future__ import annotations

import discord

from bot.adapters.chat.board import MARKS, Board, Task
from bot.adapters.discord.press import Deed
from bot.adapters.discord.rendering.elements import Button, Card, Colour, line, post, words_of
from bot.adapters.discord.rendering.post import Post

WORKING = "Working…"
_MOST = 15
"""Lines shown; a turn runs at most eight actions."""
_NAME, _NOTE = 80, 120


def board_post(board: Board, about: str) -> Post:
    """The board with a Stop button while something runs."""
    more = len(board.tasks) - _MOST
    lines = [*map(_line, board.tasks[:_MOST]), *([f"and {more} more"] if more > 0 else [])] or [WORKING]
    stop = () if board.over else (Button(Deed.STOP, about, "Stop", discord.ButtonStyle.danger),)
    return post(Card(Colour.CALM, ("\n".join(lines),), buttons=stop), words_of(*lines))


def _line(task: Task) -> str:
    note = line(task.note, _NOTE)
    return f"{MARKS[task.status]} {line(task.name, _NAME) or 'Action'}" + (f" – {note}" if note else "")
