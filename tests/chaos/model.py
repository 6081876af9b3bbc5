"""A language model that does what a question says: ``look-up T0001`` becomes a call of that action."""

from __future__ import annotations

import re
from typing import Any

from tests.simulators.openai import OpenAISimulator

_ITEM = re.compile(r"\bT\d{4}\b")
_WANTED = re.compile(r"\b(look-up|change|note|keyed) (T\d{4})\b")


class Obedient(OpenAISimulator):
    """Plans from the newest message alone, and answers ``ANSWER T0001: it is done.``"""

    def __init__(self) -> None:
        super().__init__()
        self.plan_with(_plan)
        self.reply_with(_answer)


def answer_to(item: str) -> str:
    """How the one answer about an item begins."""
    return f"ANSWER {item}:"


def _plan(request: dict[str, Any]) -> dict[str, Any]:
    found = _WANTED.findall(_newest(request))
    return {"calls": [{"action": action, "arguments": {"item": item}} for action, item in found]}


def _answer(request: dict[str, Any]) -> str:
    found = _ITEM.findall(_newest(request))
    return f"{answer_to(found[0])} it was looked after." if found else "Hello."


def _newest(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"]).rpartition("Newest message:")[2]
