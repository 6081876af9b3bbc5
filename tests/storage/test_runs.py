"""The intent log keeps what ``ports.RunStore`` promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.run import Document, File, RunState
from bot.domain.run_log import EntryKind, LogEntry, PlacedEntry
from bot.ports import RunStore
from bot.storage.run_log import LONGEST_ENTRY, MOST_ENTRIES
from bot.storage.storage import Storage
from tests.storage.samples import minutes, run


async def test_a_run_comes_back_as_it_was(storage: Storage) -> None:
    runs: RunStore = storage.runs

    await runs.started(run())

    assert await runs.latest(5) == [run()]


async def test_the_end_of_a_run_is_recorded(storage: Storage) -> None:
    await storage.runs.started(run(outcome="", output="", status=None, seconds=None, detail=""))
    ended = run(state=RunState.DONE)

    await storage.runs.finished(ended)

    assert await storage.runs.get("r1") == ended


async def test_a_run_that_was_put_down_can_start_and_keeps_the_wish_to_stop_it(storage: Storage) -> None:
    await storage.runs.started(run(state=RunState.QUEUED))
    assert await storage.runs.wish("r1", "Sam")

    await storage.runs.started(run())

    assert await storage.runs.latest(5) == [run(stop_by="Sam")]
    assert await storage.runs.wishes() == {"r1": "Sam"}


async def test_only_what_is_under_way_can_be_stopped_and_only_what_has_ended_deleted(storage: Storage) -> None:
    await storage.runs.started(run())
    assert not await storage.runs.delete("r1")

    said = LogEntry(minutes(1), EntryKind.INFO, "page 3")
    await storage.runs.finished(run(state=RunState.DONE), [TABLE], [], [said])

    assert not await storage.runs.wish("r1", "Sam")
    assert await storage.run_log.after("r1", 0, 9) == [PlacedEntry(1, said)]
    assert await storage.runs.delete("r1")
    assert await storage.runs.get("r1") is None
    assert await storage.runs.document("r1", 0) is None
    assert not await storage.run_log.after("r1", 0, 9)


async def test_a_doubt_is_settled_by_one_of_any_number(storage: Storage) -> None:
    await storage.runs.started(run(state=RunState.UNKNOWN))

    answers = [await storage.runs.resolve("r1", RunState.DONE, "success", f"by {name}") for name in ("Sam", "Alex")]

    assert answers == [True, False]
    found = await storage.runs.get("r1")
    assert found
    assert (found.state, found.detail) == (RunState.DONE, "by Sam")


async def test_what_was_put_down_and_does_not_run_is_dropped_and_what_started_is_not(storage: Storage) -> None:
    await storage.runs.started(run("waits", state=RunState.QUEUED))
    await storage.runs.started(run("goes on"))

    for name in ("waits", "goes on"):
        await storage.runs.dropped(name)

    assert [each.id for each in await storage.runs.latest(9)] == ["goes on"]


async def test_a_run_that_says_too_much_is_cut_and_says_so(storage: Storage) -> None:
    for _ in range(3):
        await storage.run_log.append("r1", [LogEntry(minutes(0), EntryKind.INFO, "x" * 9_000)] * (MOST_ENTRIES // 2))

    last = await storage.run_log.after("r1", MOST_ENTRIES - 1, 9)
    assert [(each.place, each.entry.kind) for each in last] == [
        (MOST_ENTRIES, EntryKind.INFO), (MOST_ENTRIES + 1, EntryKind.ERROR),
    ]  # fmt: skip
    assert len(last[0].entry.text) == LONGEST_ENTRY


async def test_the_end_of_a_run_whose_action_was_removed_leaves_no_trace(storage: Storage) -> None:
    await storage.runs.started(run())
    await storage.actions.remove("refund-lookup")

    await storage.runs.finished(run(state=RunState.DONE))

    assert await storage.runs.get("r1") is None


CHART = Document("chart.png", "image/png", bytes(range(256)))
TABLE = Document("sla.csv", "text/csv", b"id;left")


async def test_documents_come_back_as_they_were_and_go_with_their_action(storage: Storage) -> None:
    runs: RunStore = storage.runs
    await runs.started(run())

    await runs.finished(run(state=RunState.DONE), [CHART, TABLE])
    await runs.finished(run("nobody", state=RunState.DONE), [CHART])

    assert [await runs.document("r1", place) for place in range(3)] == [CHART, TABLE, None]
    assert await runs.files(["nobody", "r1"]) == [
        File("r1", 0, "chart.png", "image/png", 256),
        File("r1", 1, "sla.csv", "text/csv", 7),
    ]
    await storage.actions.remove("refund-lookup")
    assert await runs.document("r1", 0) is None


async def test_history_is_newest_first_and_can_be_of_one_action(storage: Storage) -> None:
    for number in range(5):
        action = "even" if number % 2 == 0 else "odd"
        await storage.runs.started(run(f"r{number}", action=action, started_at=minutes(number)))

    assert [found.id for found in await storage.runs.latest(3)] == ["r4", "r3", "r2"]
    assert [found.id for found in await storage.runs.latest(9, "odd")] == ["r3", "r1"]
    assert await storage.runs.latest(9, "none") == []


async def test_the_runs_of_a_turn_come_in_the_order_of_starting(storage: Storage) -> None:
    for number in (2, 0, 1):
        await storage.runs.started(run(f"r{number}", started_at=minutes(number)))
    await storage.runs.started(run("other", turn_id="t2"))

    assert [found.id for found in await storage.runs.of_turn("t1")] == ["r0", "r1", "r2"]


@pytest.mark.parametrize(
    ("action", "key", "since", "found"),
    [
        ("refund-lookup", "k-1", -1, "first"),
        ("refund-lookup", "k-1", 0, "first"),
        ("refund-lookup", "k-1", 1, "second"),
        ("refund-lookup", "k-1", 9, None),
        ("refund-lookup", "k-2", -1, None),
        ("another", "k-1", -1, None),
    ],
)
async def test_the_first_run_with_a_key_is_found(
    storage: Storage, action: str, key: str, since: int, found: str | None
) -> None:
    await storage.runs.started(run("second", started_at=minutes(2)))
    await storage.runs.started(run("first", started_at=minutes(0)))

    first = await storage.runs.with_key(action, key, minutes(since))

    assert (first.id if first else None) == found


@pytest.mark.parametrize("state", list(RunState))
async def test_every_state_comes_back(storage: Storage, state: RunState) -> None:
    await storage.runs.started(run())

    await storage.runs.finished(replace(run(), state=state))

    stored = await storage.runs.get("r1")
    assert stored is not None
    assert stored.state is state


async def test_what_ran_for_one_person_is_found_by_their_id_alone(storage: Storage) -> None:
    for number, asker in enumerate(["a", "a <a@x.example>", "ab", "a <b", "b <a"]):
        await storage.runs.started(replace(run(), id=f"r{number}", asker=asker, started_at=minutes(number)))

    found = await storage.runs.latest_of("a", 10)

    assert [item.id for item in found] == ["r3", "r1", "r0"]
