"""Another try: only where it cannot do a thing twice, as long as the service asks, and never past the time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import stamina
from aiohttp import web

from bot.actions.api_call import wait_before_next
from bot.domain.action import HttpCall
from bot.domain.run import Outcome
from bot.ports import Given
from tests.actions.calls.world import (
    GIVEN,
    KEYED,
    Handler,
    api_action,
    call_of,
    executor,
    quiet,
    raw_service,
    run,
    service,
)


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    """Tries follow each other at once; how many there may be stays as the action says."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


def failing(times: int, status: int = 503, headers: dict[str, str] | None = None) -> Handler:
    """Answers ``status`` so many times, then 200."""
    left = iter(range(times))

    async def answer(_request: web.Request) -> web.Response:
        if next(left, None) is None:
            return web.json_response({"ok": True})
        return web.json_response({"error": "later"}, status=status, headers=headers)

    return answer


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_read_is_tried_again_until_it_succeeds(status: int) -> None:
    async with service(failing(2, status)) as shop:
        result = await run(api_action(HttpCall("GET", shop.at(), retries=2)))

    assert (result.outcome, result.status, result.notes) == (Outcome.SUCCESS, 200, ("3 tries",))
    assert len(shop.seen) == 3


async def test_tries_end_where_the_action_says_and_the_last_answer_is_told() -> None:
    async with service(failing(9)) as shop:
        result = await run(api_action(HttpCall("GET", shop.at(), retries=2)))

    assert len(shop.seen) == 3
    assert (result.outcome, result.status) == (Outcome.ERROR, 503)
    assert (result.detail, result.notes) == ("127.0.0.1 answered 503", ("3 tries",))
    assert "later" in result.output


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 501, 505])
async def test_an_answer_that_will_stay_is_not_asked_for_again(status: int) -> None:
    async with service(failing(1, status)) as shop:
        result = await run(api_action(HttpCall("GET", shop.at(), retries=5)))

    assert (len(shop.seen), result.status, result.notes) == (1, status, ())


@pytest.mark.parametrize(
    ("method", "given", "tries"),
    [
        ("GET", GIVEN, 3),
        ("POST", GIVEN, 1),
        ("PUT", GIVEN, 1),
        ("PATCH", GIVEN, 1),
        ("DELETE", GIVEN, 1),
        ("POST", KEYED, 3),
        ("PUT", KEYED, 3),
        ("PATCH", KEYED, 3),
        ("DELETE", KEYED, 3),
    ],
)
async def test_a_write_is_repeated_only_with_an_idempotency_key(method: str, given: Given, tries: int) -> None:
    async with service(failing(9)) as shop:
        await run(api_action(HttpCall(method, shop.at(), retries=2)), given=given)

    assert len(shop.seen) == tries
    assert {seen.headers.get("idempotency-key", "") for seen in shop.seen} == {given.idempotency_key}


async def test_a_read_whose_connection_broke_is_tried_again() -> None:
    async def break_off(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with raw_service(break_off) as shop:
        result = await run(api_action(HttpCall("GET", shop.at(), retries=2)))

    assert len(shop.seen) >= 3
    assert (result.detail, result.notes) == ("the connection to 127.0.0.1 broke", ("3 tries",))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_write_whose_connection_broke_is_not_repeated_and_in_doubt(method: str) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    async with raw_service(break_off) as shop:
        result = await run(api_action(HttpCall(method, shop.at(), retries=2)))

    assert len(shop.seen) == 1
    assert result.detail == "the connection to 127.0.0.1 broke, so it may or may not have been done"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_write_on_a_connection_that_went_stale_is_not_repeated_either(method: str) -> None:
    asked: list[bytes] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.transport.abort()

    async with raw_service(once) as shop, executor() as api:
        spec = api_action(HttpCall(method, shop.at()))
        first = await api.execute(call_of(spec), GIVEN, quiet)
        second = await api.execute(call_of(spec), GIVEN, quiet)

    assert (first.outcome, second.outcome) == (Outcome.SUCCESS, Outcome.ERROR)
    assert (len(asked), len(shop.seen)) == (2, 1)


async def test_a_service_that_wants_more_time_than_there_is_is_not_waited_for() -> None:
    async with service(failing(9, 429, {"Retry-After": "3600"})) as shop:
        result = await run(api_action(HttpCall("GET", shop.at(), retries=2, timeout_seconds=5)))

    assert (len(shop.seen), result.outcome, result.detail) == (1, Outcome.ERROR, "127.0.0.1 answered 429")


@pytest.mark.parametrize("asked", ["0", "1", "Fri, 20 Nov 2026 09:00:02 GMT"])
async def test_a_service_that_asks_for_little_time_is_asked_again(asked: str) -> None:
    async with service(failing(1, 429, {"Retry-After": asked})) as shop:
        result = await run(api_action(HttpCall("GET", shop.at(), retries=1, timeout_seconds=5)))

    assert (len(shop.seen), result.outcome) == (2, Outcome.SUCCESS)


@pytest.mark.parametrize(
    ("asked", "tries", "backoff", "left", "wait"),
    [
        (None, 1, 0.5, 10.0, 0.5),
        (None, 2, 0.5, 10.0, 1.0),
        (None, 3, 0.5, 10.0, 2.0),
        (None, 20, 0.5, 100.0, 30.0),
        (None, 1, 0.0, 10.0, 0.0),
        (None, 3, 0.5, 1.9, None),
        (2.0, 1, 0.5, 10.0, 2.0),
        (0.0, 5, 0.5, 10.0, 0.0),
        (10.0, 1, 0.5, 10.0, None),
        (3600.0, 1, 0.5, 10.0, None),
        (0.0, 1, 0.5, -1.0, None),
    ],
)
def test_the_wait_is_what_the_service_asked_for_or_doubles(
    asked: float | None, tries: int, backoff: float, left: float, wait: float | None
) -> None:
    assert wait_before_next(asked, tries, backoff, left) == wait
