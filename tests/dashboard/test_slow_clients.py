"""Slow-loris over real sockets: who dribbles is told so and let go, and nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from bot.storage.storage import Storage
from tests.dashboard.desk import HOOK, SECRET, Desk, opened

HEAD = f"POST /hooks/w1/{SECRET} HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\n"


async def connected(desk: Desk, stack: AsyncExitStack) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(desk.base.rpartition(":")[2]))
    stack.callback(writer.close)
    return reader, writer


async def test_a_head_that_never_ends_is_told_408_and_closed(storage: Storage) -> None:
    async with opened(storage, head_seconds=0.3) as desk, AsyncExitStack() as stack:
        lines = [await connected(desk, stack) for _ in range(50)]
        for _, writer in lines[1:]:  # the first one says nothing at all
            writer.write(HEAD.encode())
        answers = [await reader.read() for reader, _ in lines]

    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 408 Request Timeout"}


async def test_a_body_that_never_ends_is_told_408(storage: Storage) -> None:
    await storage.webhooks.put(HOOK)
    async with opened(storage, body_seconds=0.3) as desk, AsyncExitStack() as stack:
        lines = [await connected(desk, stack) for _ in range(30)]
        for _, writer in lines:
            writer.write(f'{HEAD}Content-Length: 100\r\n\r\n{{"order'.encode())
        answers = [await reader.readuntil(b"\r\n") for reader, _ in lines]

    assert set(answers) == {b"HTTP/1.1 408 Request Timeout\r\n"}
    assert desk.kept.jobs == []


async def test_others_are_served_while_some_dribble(storage: Storage) -> None:
    await storage.webhooks.put(HOOK)
    async with opened(storage) as desk, AsyncExitStack() as stack:
        lines = [await connected(desk, stack) for _ in range(30)]
        for _, writer in lines:
            writer.write(f'{HEAD}Content-Length: 100\r\n\r\n{{"order'.encode())
        told = await desk.call({"order_number": "12345"})

    assert (told.status, len(desk.kept.jobs)) == (202, 1)


async def test_the_same_holds_for_the_rest_of_the_api(storage: Storage) -> None:
    async with opened(storage, body_seconds=0.3) as desk, AsyncExitStack() as stack:
        reader, writer = await connected(desk, stack)
        writer.write(b"POST /api/v1/actions/order-lookup/runs HTTP/1.1\r\nHost: desk\r\nContent-Length: 9\r\n\r\n{")
        assert await reader.readuntil(b"\r\n") == b"HTTP/1.1 408 Request Timeout\r\n"


async def test_a_client_that_goes_away_in_its_body_starts_nothing(storage: Storage) -> None:
    await storage.webhooks.put(HOOK)
    async with opened(storage) as desk, AsyncExitStack() as stack:
        _, writer = await connected(desk, stack)
        writer.write(f'{HEAD}Content-Length: 100\r\n\r\n{{"order'.encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        told = await desk.call({"order_number": "12345"})

    assert (told.status, len(desk.kept.jobs)) == (202, 1)


async def test_a_connection_that_was_heard_is_kept_for_the_next_request(storage: Storage) -> None:
    await storage.webhooks.put(HOOK)
    looks = list[Callable[[], None]]()
    async with opened(storage, later=lambda _, look: looks.append(look)) as desk, AsyncExitStack() as stack:
        reader, writer = await connected(desk, stack)
        first = await called(reader, writer, 1)
        silent = await connected(desk, stack)
        while len(looks) < 2:  # until the server knows of both
            await asyncio.sleep(0)
        for look in looks:
            look()
        told = await silent[0].read()
        second = await called(reader, writer, 2)

    assert (first, second) == (b"202", b"202")
    assert told.startswith(b"HTTP/1.1 408 ")


async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bytes:
    """One call on a connection that is kept; the status."""
    body = f'{{"order_number": "{number}"}}'
    writer.write(f"{HEAD}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
    return head.split(b" ")[1]
