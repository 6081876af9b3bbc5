"""The intent log keeps what ``ports.RunStore`` promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.run import Document, File, RunState
from bot.errors import StorageError
from bot.ports import RunStore
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


async def test_a_run_cannot_start_twice(storage: Storage) -> None:
    await storage.runs.started(run())

    with pytest.raises(StorageError, match=r"UNIQUE|unique"):
        await storage.runs.started(run())


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

    await runs.keep("r1", [CHART, TABLE])
    await runs.keep("nobody", [CHART])

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
