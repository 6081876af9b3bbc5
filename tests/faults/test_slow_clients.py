"""Clients that send a byte now and then take nothing away from others."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import aiohttp

from bot.telemetry.health import Health
from bot.telemetry.metrics import Metrics
from bot.telemetry.pages import Pages, served


async def _nothing() -> None:
    """There is nothing to look up."""


async def test_half_sent_requests_keep_nobody_else_waiting() -> None:
    pages = Pages(Health(time.monotonic), Metrics(), _nothing)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(served(pages, "127.0.0.1", 0))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        for _ in range(200):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: desk\r\nX-Slow: ")
            await writer.drain()
            stack.push_async_callback(writer.wait_closed)
            stack.callback(writer.close)

        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.status == 200
