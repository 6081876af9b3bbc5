"""``/healthz``, ``/readyz`` and ``/metrics`` over HTTP, beside the web chat or on a port of their own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from bot.telemetry.health import Health
from bot.telemetry.metrics import Metrics

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Pages:
    """Routes for operators. With a ``token`` only its holder sees measures and what is wrong; all see good or bad.

    ``refresh`` brings the measures that are looked up, not counted, up to date.
    """

    def __init__(
        self, health: Health, metrics: Metrics, refresh: Callable[[], Awaitable[None]], token: str = ""
    ) -> None:
        self._health = health
        self._metrics = metrics
        self._refresh = refresh
        self._token = token

    def routes(self) -> Sequence[web.RouteDef]:
        """For any aiohttp application."""
        return (
            web.get("/healthz", self._alive),
            web.get("/readyz", self._ready),
            web.get("/metrics", self._measures),
        )

    async def _alive(self, _: web.Request) -> web.Response:
        """The event loop turns, or nobody would answer."""
        return web.json_response({"status": "ok"})

    async def _ready(self, request: web.Request) -> web.Response:
        found = await self._health.readiness()
        told: dict[str, object] = {"status": "ready" if found.ready else "not ready"}
        if self._may(request):
            told["parts"] = {name: problem or "ok" for name, problem in found.problems.items()}
        return web.json_response(told, status=200 if found.ready else 503)

    async def _measures(self, request: web.Request) -> web.Response:
        if not self._may(request):
            problem = '{"error": "Send the header Authorization: Bearer <token>."}'
            raise web.HTTPUnauthorized(text=problem, content_type="application/json")
        await self._refresh()
        return web.Response(body=self._metrics.page(), headers={"Content-Type": _TEXT})

    def _may(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        return not self._token or secrets.compare_digest(given.encode(), self._token.encode())


@asynccontextmanager
async def served(pages: Pages, host: str, port: int) -> AsyncIterator[int]:
    """The pages on a port of their own (0 takes a free one), for processes without the web chat. Raises OSError."""
    app = web.Application()
    app.add_routes(pages.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
