"""Runs a page at a time, newest first, on both databases."""

from __future__ import annotations

from bot.domain.run import Run, RunState
from bot.ports import RunPages, Sought
from bot.storage.storage import Storage
from tests.storage.samples import minutes


def run(number: int, action: str = "order-lookup", state: RunState = RunState.DONE) -> Run:
    """Two of each minute."""
    return Run(
        f"r{number}", "t1", "web:c1", action, "Order lookup", "?", {}, "chat", "web:1", state, minutes(number // 2)
    )


async def test_pages_follow_one_another_without_a_gap_where_runs_began_at_one_moment(storage: Storage) -> None:
    pages: RunPages = storage.run_pages
    for number in range(7):
        await storage.runs.started(run(number))

    seen, cursor = list[str](), ""
    while page := await pages.page(Sought(cursor=cursor), 2):
        seen += [found.id for found in page]
        cursor = seen[-1]

    assert seen == [f"r{number}" for number in range(6, -1, -1)]
    assert await pages.page(Sought(cursor="nobody"), 2) is None


async def test_what_is_sought_is_found_alone(storage: Storage) -> None:
    await storage.runs.started(run(1))
    await storage.runs.started(run(2, "refund", RunState.UNKNOWN))

    found = [
        await storage.run_pages.page(sought, 9) or ()
        for sought in (Sought("refund"), Sought(state="unknown"), Sought(trigger="chat"), Sought(trigger="webhook"))
    ]

    assert [[each.id for each in page] for page in found] == [["r2"], ["r2"], ["r2", "r1"], []]
