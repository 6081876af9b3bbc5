"""Which calls of a turn wait for others of it, and whether those ended as they must (Q2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult


async def held_back(
    call: ActionCall, calls: Sequence[ActionCall], results: Mapping[str, asyncio.Future[ActionResult]]
) -> str:
    """Wait for the calls that this one comes after; why it may not run, or nothing."""
    after = call.spec.after
    if after is None:
        return ""
    before = _before(call, [other for other in calls if other.spec.slug == after.action])
    if not before:
        return f"it only runs after {after.action}, which did not run"
    ended = [await asyncio.shield(results[other.id]) for other in before]
    wrong = next((result for result in ended if after.outcome not in (result.label, result.outcome.value)), None)
    return f"{wrong.name} ended with {wrong.label.replace('_', ' ')}" if wrong else ""


def _before(call: ActionCall, candidates: list[ActionCall]) -> list[ActionCall]:
    """Of several calls of the awaited action, those about the same values, if any are."""
    same = [other for other in candidates if _agree(call.arguments, other.arguments)]
    return same or candidates


def _agree(some: Mapping[str, object], others: Mapping[str, object]) -> bool:
    return all(some[name] == others[name] for name in some.keys() & others.keys())
