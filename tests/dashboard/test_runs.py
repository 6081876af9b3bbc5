"""Runs over HTTP: listed, shown, followed, stopped, settled, deleted and started."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import aiohttp
import pytest

from bot.domain.message import Origin
from bot.domain.run import Document, RunState
from bot.domain.run_log import EntryKind, LogEntry
from bot.storage.storage import Storage
from tests.dashboard.desk import HOOK, Desk, run
from tests.fakes import START

Event = tuple[str, str, dict[str, object]]


async def test_runs_are_listed_newest_first_a_page_at_a_time(desk: Desk) -> None:
    for number in range(7):
        await desk.storage.runs.started(run(number, started_at=START + timedelta(seconds=number // 2)))
    seen, path = list[str](), "/api/v1/runs?limit=3"

    cursor: str | None = ""
    while cursor is not None:
        page = (await desk.ask("GET", path + (f"&cursor={cursor}" if cursor else ""))).body
        seen += [found["id"] for found in page["runs"]]
        cursor = page["next"]

    assert seen == [f"r{number:03d}" for number in range(6, -1, -1)]


async def test_a_list_may_be_narrowed(desk: Desk) -> None:
    await desk.storage.runs.started(run(1))
    await desk.storage.runs.started(run(2, action="refund", trigger="chat", state=RunState.UNKNOWN))

    async def ids(query: str) -> list[str]:
        return [found["id"] for found in (await desk.ask("GET", f"/api/v1/runs?{query}")).body["runs"]]

    assert await ids("action=refund") == await ids("state=unknown") == await ids("trigger=chat") == ["r002"]
    assert await ids("action=refund&trigger=webhook") == []
    assert len(await ids("")) == 2


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=999", "state=lost", "who=me", "cursor=r999", "limit=²"])
async def test_a_list_that_cannot_be_had_is_told_why(desk: Desk, query: str) -> None:
    told = await desk.ask("GET", f"/api/v1/runs?{query}")

    assert (told.status, told.headers["Content-Type"].partition(";")[0]) == (400, "application/problem+json")
    assert told.body["detail"]


async def test_a_run_is_shown_whole_with_its_files(desk: Desk) -> None:
    ended = run(1, output="shipped", seconds=0.5, status=200)
    await desk.storage.runs.started(ended)
    await desk.storage.runs.finished(ended, [Document("chart.png", "image/png", b"png")])

    told = await desk.ask("GET", "/api/v1/runs/r001")

    wanted = {"id": "r001", "state": "done", "output": "shipped", "started_at": START.isoformat(), "trigger": "webhook"}
    assert told.body | wanted == told.body
    assert told.body["inputs"] == {"order_number": "12345"}
    assert told.body["files"] == [{"place": 0, "name": "chart.png", "media_type": "image/png", "size": 3}]
    assert told.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_run_that_was_promised_is_queued_until_it_begins(desk: Desk) -> None:
    await desk.storage.webhooks.put(HOOK)
    location = (await desk.call({"order_number": "1"})).headers["Location"]

    assert (await desk.ask("GET", location)).body["state"] == "queued"


async def test_what_is_not_there_is_told_so(desk: Desk) -> None:
    asked = [("GET", ""), ("DELETE", ""), ("GET", "/log"), ("POST", "/stop"), ("POST", "/resolve")]

    told = [await desk.ask(method, f"/api/v1/runs/r999{path}", {}) for method, path in asked]

    assert {each.status for each in told} == {404}
    assert desk.hands.done == []


async def test_runs_are_stopped_settled_and_deleted_by_the_desk(desk: Desk) -> None:
    await desk.storage.runs.started(run(1))
    desk.hands.resolved = run(1)

    stopped = await desk.ask("POST", "/api/v1/runs/r001/stop", {})
    settled = await desk.ask("POST", "/api/v1/runs/r001/resolve", {"how": "not-done"})
    deleted = await desk.ask("DELETE", "/api/v1/runs/r001")

    assert [stopped.status, settled.status, deleted.status] == [202, 200, 204]
    assert settled.body["id"] == "r001"
    assert desk.hands.done == [("stop", "r001", "api"), ("resolve", "r001", "not-done"), ("delete", "r001")]


async def test_what_the_desk_will_not_do_is_a_conflict_with_the_reason(desk: Desk) -> None:
    await desk.storage.runs.started(run(1))
    desk.hands.stops = desk.hands.deletes = False

    told = [
        await desk.ask("POST", "/api/v1/runs/r001/stop", {}),
        await desk.ask("POST", "/api/v1/runs/r001/resolve", {"how": "done"}),
        await desk.ask("DELETE", "/api/v1/runs/r001"),
    ]
    wrong = await desk.ask("POST", "/api/v1/runs/r001/resolve", {"how": "maybe"})

    assert [each.status for each in told] == [409, 409, 409]
    assert "it is done" in told[0].body["detail"]
    assert (wrong.status, "not-done" in wrong.body["detail"]) == (400, True)


async def test_a_run_is_started_by_hand_once_for_a_key(desk: Desk) -> None:
    body = {"parameters": {"order_number": 7}}
    key = {"Idempotency-Key": "k1"}
    path = "/api/v1/actions/order-lookup/runs"

    told = await asyncio.gather(*(desk.ask("POST", path, body, headers=key) for _ in range(20)))
    other = await desk.ask("POST", path, {"parameters": {"order_number": 8}}, headers=key)
    unnamed = [await desk.ask("POST", path, body) for _ in range(2)]

    assert {(each.status, each.body["run"]) for each in told} == {(202, told[0].body["run"])}
    assert other.status == 409
    assert unnamed[0].body["run"] != unnamed[1].body["run"]
    job = desk.kept.jobs[0]
    await desk.calls.do(job)
    (errand,) = desk.carrying.errands
    assert (errand.run_id, errand.origin, errand.asker.id) == (told[0].body["run"], Origin.MANUAL, "api")
    assert errand.arguments == {"order_number": "7", "channel": "web"}
    assert desk.carrying.handed == []


@pytest.mark.parametrize(
    ("slug", "body", "status"),
    [
        ("nothing", {}, 404),
        ("refund", {}, 409),
        ("order-lookup", {}, 422),
        ("order-lookup", {"parameters": []}, 400),
        ("order-lookup", {"parameters": [1]}, 400),
        ("order-lookup", {"order_number": 1}, 400),
        ("order-lookup", [], 400),
    ],
)
async def test_a_start_that_makes_no_sense_is_told_what_is_wrong(
    desk: Desk, slug: str, body: object, status: int
) -> None:
    told = await desk.ask("POST", f"/api/v1/actions/{slug}/runs", body)

    assert (told.status, bool(told.body["detail"])) == (status if body != {"parameters": []} else 422, True)
    assert desk.kept.jobs == []


async def test_a_write_is_started_with_a_yes(desk: Desk) -> None:
    assert (await desk.ask("POST", "/api/v1/actions/refund/runs", {"confirmed": True})).status == 202


def say(number: int, kind: EntryKind = EntryKind.INFO) -> LogEntry:
    return LogEntry(START + timedelta(seconds=number), kind, f"line {number}\nof two")


async def read_event(answer: aiohttp.ClientResponse) -> Event:
    lines = dict[str, str]()
    while line := (await answer.content.readline()).decode().rstrip("\n"):
        name, _, value = line.partition(": ")
        lines[name] = value
    return lines.get("id", ""), lines.get("event", ""), json.loads(lines.get("data", "{}"))


async def test_a_log_is_followed_while_it_is_written_and_ends_with_its_run(desk: Desk) -> None:
    await desk.storage.runs.started(run(1, state=RunState.STARTED))
    await desk.logged.append("r001", [say(1, EntryKind.STEP)])

    async with desk.session.get(f"{desk.base}/api/v1/runs/r001/log") as answer:
        first = await read_event(answer)
        await desk.logged.append("r001", [say(2), say(3, EntryKind.ERROR)])
        more = [await read_event(answer) for _ in range(2)]
        await desk.storage.runs.finished(run(1, state=RunState.ERROR))
        end = await read_event(answer)
        rest = await answer.content.read()

    assert first == ("1", "step", {"place": 1, "at": say(1).at.isoformat(), "kind": "step", "text": say(1).text})
    assert [event[:2] for event in more] == [("2", "info"), ("3", "error")]
    assert (end, rest) == (("", "end", {"state": "error"}), b"")


async def test_the_log_of_a_promised_run_waits_for_it_and_ends_when_it_is_deleted(desk: Desk) -> None:
    await desk.storage.webhooks.put(HOOK)
    run_id = (await desk.call({"order_number": "1"})).body["run"]

    async with desk.session.get(f"{desk.base}/api/v1/runs/{run_id}/log") as answer:
        await desk.storage.runs.started(run(1, id=run_id, state=RunState.STARTED))
        await desk.logged.append(run_id, [say(1)])
        first = await read_event(answer)
        await desk.storage.runs.finished(run(1, id=run_id))
        await desk.storage.inbox.settle(desk.kept.jobs[0].key, START)
        assert await desk.storage.runs.delete(run_id)
        last = await read_event(answer)

    assert first[:2] == ("1", "info")
    assert last[1] == "end"
    assert (await desk.ask("GET", f"/api/v1/runs/{run_id}")).status == 404


async def test_a_log_is_taken_up_after_the_last_event_that_was_seen(desk: Desk) -> None:
    await desk.storage.runs.started(run(1))
    await desk.logged.append("r001", [say(number) for number in range(1, 6)])

    async with desk.session.get(f"{desk.base}/api/v1/runs/r001/log", headers={"Last-Event-ID": "3"}) as answer:
        events = [await read_event(answer) for _ in range(3)]
    listed = await desk.ask(
        "GET", "/api/v1/runs/r001/log", headers={"Accept": "application/json", "Last-Event-ID": "4"}
    )
    wrong = await desk.ask("GET", "/api/v1/runs/r001/log", headers={"Last-Event-ID": "x"})

    assert [event[0] for event in events] == ["4", "5", ""]
    assert [entry["place"] for entry in listed.body["entries"]] == [5]
    assert listed.body["state"] == "done"
    assert wrong.status == 400


async def test_a_log_with_nothing_new_shows_that_the_line_stands(desk: Desk) -> None:
    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    desk.streams._sleep = at_once
    await desk.storage.runs.started(run(1, state=RunState.STARTED))

    async with desk.session.get(f"{desk.base}/api/v1/runs/r001/log") as answer:
        line = await answer.content.readline()

    assert line == b": still here\n"


async def test_of_too_many_that_look_on_the_last_is_told_so_and_all_end_with_the_server(
    desk: Desk, storage: Storage
) -> None:
    desk.streams._most = 2
    await storage.runs.started(run(1, state=RunState.STARTED))
    await desk.logged.append("r001", [say(1)])
    path = f"{desk.base}/api/v1/runs/r001/log"

    async with desk.session.get(path) as first, desk.session.get(path) as second:
        for answer in (first, second):
            await read_event(answer)
        told = await desk.ask("GET", "/api/v1/runs/r001/log")
        await desk.streams.close()
        with pytest.raises(aiohttp.ClientPayloadError):
            await first.content.read()

    assert told.status == 503
