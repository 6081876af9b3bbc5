"""Answers from templates: what actions printed, or their JSON as labelled lines and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.readable import readable
from bot.domain.run import ActionResult

LONGEST = 6_000
"""Characters of one action's part of an answer."""
_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")
_GREETING = re.compile(r"(?i)^\W*(hi|hello|hey|good (morning|afternoon|evening))\b")
_THANKS = re.compile(r"(?i)^\W*(thanks?|thank you|thx|perfect|great|cool|ok(ay)?)\b")


def write_answer(question: str, results: Sequence[ActionResult], capabilities: Sequence[str]) -> str:
    """One readable text; a heading for each action when there are several that gave something."""
    told = [result for result in results if result.succeeded]
    parts = [_part(result, heading=len(told) > 1) for result in told]
    if parts:
        return "\n\n".join(parts)
    if results:
        return "\n\n".join(f"**{result.name}**: {_failure(result)}" for result in results)
    return _nothing_ran(question, capabilities)


def _part(result: ActionResult, *, heading: bool) -> str:
    text = _HIDDEN.sub("", readable(result.output)).strip() or "It ran and returned nothing."
    if len(text) > LONGEST:
        text = text[:LONGEST].rsplit("\n", 1)[0] + "\n\n…(the rest is in the history)"
    return f"**{result.name}**\n\n{text}" if heading else text


def _failure(result: ActionResult) -> str:
    detail = result.detail or result.label.replace("_", " ")
    return f"did not succeed: {detail}. You can ask again, or check with whoever runs that service."


def _nothing_ran(question: str, capabilities: Sequence[str]) -> str:
    listed = ", ".join(capabilities[:12])
    offer = f" I can help with: {listed}." if listed else ""
    if _GREETING.match(question):
        return f"Hello!{offer} What would you like to know?"
    if _THANKS.match(question):
        return "You are welcome."
    return f"I found no action that fits your question.{offer} Try other words, or name what you need."
