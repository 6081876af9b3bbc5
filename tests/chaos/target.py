"""The service that actions call. Its log of calls is the truth that the verdict is read from."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

ANSWERS_AFTER = 0.05
"""Seconds of work for each call."""


@dataclass
class Call:
    """One request, as it was seen here."""

    kind: str
    """``look-up``, ``change``, ``note`` or ``keyed``."""
    item: str
    key: str
    at: float
    answered: bool = False
    """Whether the answer was written before the caller was gone."""


@dataclass
class Target:
    """``async with Target() as target``; ``url`` is where it listens. ``on_call`` hears of each call as it comes in."""

    calls: list[Call] = field(default_factory=list)
    on_call: Callable[[Call], None] = lambda call: None

    async def __aenter__(self) -> Target:
        app = web.Application()
        app.router.add_route("*", "/{kind}/{item}", self._called)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def of(self, item: str, kind: str) -> list[Call]:
        """The calls about one item."""
        return [call for call in self.calls if (call.item, call.kind) == (item, kind)]

    async def _called(self, request: web.Request) -> web.StreamResponse:
        """A key that is known gives the first answer again: the target does its part of "never twice"."""
        call = Call(
            request.match_info["kind"], request.match_info["item"], request.headers.get("Idempotency-Key", ""),
            time.monotonic(),
        )  # fmt: skip
        self.calls.append(call)
        self.on_call(call)
        await asyncio.sleep(ANSWERS_AFTER)
        response = web.json_response({"item": call.item, "state": "fine"})
        with suppress(ConnectionError):
            await response.prepare(request)
            await response.write_eof()
            call.answered = True
        return response
