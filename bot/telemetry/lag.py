"""How late the event loop comes back: the first sign that something blocks it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.ports import Meters

EVERY = 0.5
"""Seconds between two looks."""


async def watch_loop(
    meters: Meters, monotonic: Callable[[], float], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Measure until cancelled."""
    while True:
        wanted = monotonic() + EVERY
        await sleep(EVERY)
        meters.loop_lagged(max(0.0, monotonic() - wanted))
