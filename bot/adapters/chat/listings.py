"""What a person is told of commands, actions and runs: one raw line each, whoever shows them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.adapters.footer import run_mark
from bot.adapters.markup.neutral import brief
from bot.domain.action import ActionState
from bot.domain.run import Run, RunState

MEANINGS: Mapping[str, str] = {
    "help": "this list",
    "ask <question>": "ask me; only you see the answer until you share it",
    "actions": "what I can look up or do for you",
    "history": "your recent runs",
    "schedule": "results that are posted regularly",
    "stop": "stop what runs for you",
    "status": "what I can do, what runs and what waits",
}
"""Words of a command, and what they do."""
NO_ACTIONS = "No actions are open to you."
NO_RUNS = "No runs yet."
MOST_ACTIONS = 40


def action_line(state: ActionState) -> str:
    """``Order lookup: when somebody asks about an order (off: needs the secret KEY)``."""
    off = "" if state.enabled else f" (off: {brief(state.reason or 'switched off', 200)})"
    return f"{brief(state.spec.name, 100)}: {brief(state.spec.condition, 200)}{off}"


def run_line(run: Run) -> str:
    """``✓ Order lookup · where is order 7``; why, where it did not go well."""
    failed = f": {brief(run.detail, 80)}" if run.detail and run.state is not RunState.DONE else ""
    return f"{run_mark(run.state)} {brief(run.name, 80)}{failed} · {brief(run.question, 100)}"
