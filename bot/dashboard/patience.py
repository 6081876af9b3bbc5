"""A web server that does not wait for ever: a client that dribbles its request away is told so and let go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web

from bot.dashboard.bodies import BODY_SECONDS
from bot.dashboard.problems import Answer, Problem, told

HEAD_SECONDS = 10.0
"""How long the first request of a connection may take to be known."""
IDLE_SECONDS = 75.0
"""How long a connection is kept for the next one."""
LINGER_SECONDS = 2.0
"""How long the rest of a body that was refused is read, so that its sender reads the answer."""
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

Later = Callable[[float, Callable[[], None]], object]
"""Has something done after some seconds."""


class PatientRunner(web.AppRunner):
    """``AppRunner`` whose clients must say what they want within ``head_seconds`` and the rest within ``body_seconds``.

    It writes no access log, so that no address with a secret in it is logged.
    """

    def __init__(
        self,
        app: web.Application,
        head_seconds: float = HEAD_SECONDS,
        body_seconds: float = BODY_SECONDS,
        shutdown_timeout: float = 20,
        later: Later | None = None,
    ) -> None:
        times: dict[str, Any] = {"keepalive_timeout": IDLE_SECONDS, "lingering_time": LINGER_SECONDS}
        super().__init__(app, access_log=None, shutdown_timeout=shutdown_timeout, **times)
        self._patience = _Patience(head_seconds, body_seconds, later or _later)
        app.middlewares.append(self._patience.hearing)

    @property
    def server(self) -> web.Server | None:
        """What makes a protocol for each connection."""
        server = super().server
        return cast("web.Server", self._patience.watched(server)) if server else None


class _Patience:
    def __init__(self, head_seconds: float, body_seconds: float, later: Later) -> None:
        self._head_seconds = head_seconds
        self._body_seconds = body_seconds
        self._later = later
        self._silent: set[web.RequestHandler] = set()

    def watched(self, server: Callable[[], web.RequestHandler]) -> Callable[[], web.RequestHandler]:
        """``server``, with an eye on every connection until its first request is known."""

        def connected() -> web.RequestHandler:
            connection = server()
            self._silent.add(connection)
            self._later(self._head_seconds, lambda: self._look(connection))
            return connection

        return connected

    @web.middleware
    async def hearing(self, request: web.Request, handler: Answer) -> web.StreamResponse:
        """Note who was heard, and read what is short; webhooks read their own, which may be longer."""
        self._silent.discard(request.protocol)
        if request.can_read_body and not request.path.startswith("/hooks/"):
            try:
                async with asyncio.timeout(self._body_seconds):
                    await request.read()
            except TimeoutError:
                return told(Problem(408, f"The body did not come within {self._body_seconds:g} seconds."))
            except web.HTTPRequestEntityTooLarge:
                return told(Problem(413, "The body is too large."))
        return await handler(request)

    def _look(self, connection: web.RequestHandler) -> None:
        if connection not in self._silent:
            return
        self._silent.discard(connection)
        transport: Any = connection.transport
        if transport is not None and not transport.is_closing():
            transport.write(_TOO_SLOW)
            transport.close()


def _later(seconds: float, act: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, act)
