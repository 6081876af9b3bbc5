"""Short messages of our own: what can be said, and what can be asked for."""

from __future__ import annotations

from collections.abc import Sequence

from bot.adapters.markup.neutral import brief, cut, escaped
from bot.adapters.slack.rendering.cards.post import Payload, simple
from bot.adapters.slack.rendering.elements import context, section
from bot.domain.action import ActionState

COMMANDS = (
    ("help", "this list"),
    ("ask <question>", "ask me; only you see the answer until you share it"),
    ("actions", "what I can look up or do for you"),
    ("history", "your recent runs"),
    ("schedule", "results that are posted regularly"),
    ("stop", "stop what runs for you"),
    ("status", "what I can do, what runs and what waits"),
)
"""Words after the command, and what they do."""


def help_payload(command: str = "/deskhand") -> Payload:
    """The answer to ``/deskhand help``."""
    lines = [f"• `{escaped(f'{command} {words}')}` – {meaning}" for words, meaning in COMMANDS]
    spoken = "\n".join(f"{command} {words} – {meaning}" for words, meaning in COMMANDS)
    tail = "Or mention me in a channel, or write to me directly. Say “stop” in a thread to stop me."
    return simple(f"{spoken}\n{tail}", section("\n".join(("*What you can say*", *lines))), context(tail))


def actions_payload(states: Sequence[ActionState]) -> Payload:
    """The answer to ``/deskhand actions``: as many as there is room for."""
    lines = [f"{brief(state.spec.name, 100)}: {brief(state.spec.condition, 200)}{_off(state)}" for state in states]
    text = "\n".join(f"• {line}" for line in lines[:40]) or "No actions are open to you."
    more = (context(f"and {len(lines) - 40} more"),) if len(lines) > 40 else ()
    return simple(text, section(cut(text, 2_900, escaped)), *more)


def _off(state: ActionState) -> str:
    return "" if state.enabled else f" (off: {brief(state.reason or 'switched off', 200)})"
