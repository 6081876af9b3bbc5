"""The line to Slack: bolt's app on Socket Mode or signed HTTP.

::

    async with open_access(config, clock=clock) as access:
        connection = await open_line(access)
        connection.listen(register)
        await connection.run(stop)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.adapters.slack.access import Access
from bot.adapters.slack.bolt import Bolt
from bot.adapters.slack.watchdog import Dialler, Health, Watchdog, socket_address

log = logging.getLogger(__name__)

LARGEST_BODY = 1 << 20
"""Bytes of one request: a click carries the whole message that it is in."""
DRAIN_SECONDS = 10.0
"""How long listeners may take after the stop; they only keep what is to be done."""


async def open_line(
    access: Access,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Connection:
    """Check the token of Socket Mode, where there is one; nothing is received before ``Connection.run``.

    Raises ConfigError for what an operator must mend, else SlackRefused or SlackUnreachable.
    """
    config = access.config
    if config.app_token:
        await socket_address(config.client(access.session), config.app_token)
    return Connection(access, monotonic, sleep)


class Connection:
    """The open line; see ``open_line``."""

    def __init__(
        self, access: Access, monotonic: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self.clients = access.clients
        self._access = access
        self._monotonic = monotonic
        self._heard = monotonic()
        self._open = False
        config, session = access.config, access.session
        self._app = Bolt(config.client(session), config.signing_secret, self.clients.authorize, self._note)
        dialler = Dialler(self._app, config.client(session), config.app_token, config.ping_seconds, 30.0)
        self._watchdog = Watchdog(dialler, monotonic, sleep) if config.app_token else None

    async def bot_user(self, team: str) -> str:
        """The user that we are in a workspace. Raises SlackRefused where the app is not installed."""
        return await self.clients.bot_user(team)

    def listen(self, register: Callable[[AsyncApp], None]) -> None:
        """Add listeners: ``register``'s, then ours for the end of an installation. Bolt asks each in turn.

        What none of them takes is acknowledged all the same; ``register`` must not call ``app.error``.
        """
        register(self._app)
        self._app.event("app_uninstalled")(self._removed)
        self._app.event("tokens_revoked")(self._revoked)
        self._open = True

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until ``stop``; then nothing more, and listeners that run come to their end."""
        try:
            await self._until(stop)
        finally:
            self._open = False
            if self._watchdog:
                await self._watchdog.close()
            await self._app.rest(DRAIN_SECONDS)

    def routes(self) -> list[web.RouteDef]:
        """For the web server: requests of Slack, where it is not Socket Mode, and the pages to install at."""
        # Without a signing secret anybody could sign: in Socket Mode there is no route at all.
        return [*self._access.pages, *([] if self._watchdog else [web.post("/slack/events", self._take)])]

    def health(self) -> Health:
        """For ``/healthz``."""
        return self._watchdog.health() if self._watchdog else Health(self._open, self._monotonic() - self._heard)

    async def _until(self, stop: asyncio.Event) -> None:
        if self._watchdog is None:
            await stop.wait()
            return
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._watchdog.run())
            await stop.wait()
            watching.cancel()

    async def _take(self, request: web.Request) -> web.Response:
        if not self._open:
            return web.Response(status=503, text="starting or stopping")
        asked = request.clone(client_max_size=LARGEST_BODY)
        if not _is_signed(self._access.config.signing_secret, await asked.read(), asked.headers):
            return web.json_response({"error": "invalid request"}, status=401)
        return await to_aiohttp_response(await self._app.async_dispatch(await to_bolt_request(asked)))

    def _note(self, _: Any) -> None:
        self._heard = self._monotonic()

    async def _removed(self, body: dict[str, Any]) -> None:
        at = datetime.fromtimestamp(int(body.get("event_time") or time.time()), UTC)
        if await self._access.workspaces.remove(str(body["team_id"]), at):
            log.warning("the app was removed from the workspace %s", body["team_id"])

    async def _revoked(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        if (event.get("tokens") or {}).get("bot"):
            await self._removed(body)


def _is_signed(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether Slack sent it. Bolt asks too, but reads the body first and stumbles over what is not JSON."""
    try:
        return bool(secret) and SignatureVerifier(secret).is_valid_request(body, dict(headers))
    except (TypeError, ValueError):
        return False
