"""Keeps the Socket Mode connection alive: looks at it itself, and replaces it whole rather than mend it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.installations import called
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.errors import ConfigError, DeskhandError

log = logging.getLogger(__name__)

CHECK_SECONDS = 2.0
LONGEST_PAUSE = 30.0
"""Seconds between tries while Slack cannot be reached."""
_MISSES = 2
"""Looks in a row that find it broken: Slack often asks the client to come again, which takes a moment."""
_CLOSE_SECONDS = 2.0
_PINGS = 4
"""Pings without any answer after which the other side is deaf."""
_APP_TOKEN = "DESKHAND_SLACK_APP_TOKEN"  # noqa: S105 - a name, no secret
_CREATE = "make one under Basic Information, App-Level Tokens, with the scope connections:write"
_FAULTS = {
    "not_allowed_token_type": f"{_APP_TOKEN}: this is no app-level token (xapp-…); {_CREATE}",
    "missing_scope": f"{_APP_TOKEN}: the token lacks the scope connections:write; {_CREATE}",
}
_UNKNOWN = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})


@dataclass(frozen=True, slots=True)
class Health:
    """How the connection is. ``silent_seconds`` is the time since anything came from Slack, a pong at least."""

    connected: bool
    silent_seconds: float
    connections: int = 0
    """Made since the start."""


@dataclass(frozen=True, slots=True)
class Dialler:
    """Opens connections for an app. ``client`` needs no token."""

    app: AsyncApp
    client: AsyncWebClient
    app_token: str
    ping_seconds: float
    timeout_seconds: float

    async def dial(self) -> AsyncSocketModeHandler:
        """A new, open connection. Raises as ``socket_address``."""
        address = await socket_address(self.client, self.app_token)
        handler = AsyncSocketModeHandler(
            self.app, self.app_token, self.client.logger, self.client, ping_interval=self.ping_seconds
        )
        handler.client.auto_reconnect_enabled = handler.client.default_auto_reconnect_enabled = False
        handler.client.wss_uri, handler.client.proxy = address, self.client.proxy
        try:
            async with asyncio.timeout(self.timeout_seconds):  # the SDK tries the same address for ever
                await handler.connect_async()  # type: ignore[no-untyped-call]
        except BaseException as error:
            await hang_up(handler)
            if isinstance(error, TimeoutError):
                raise SlackUnreachable("Slack did not open a socket") from error
            raise
        return handler


async def socket_address(client: AsyncWebClient, app_token: str) -> str:
    """A ticket for one connection. Raises ConfigError for a bad token, else SlackRefused or SlackUnreachable."""
    try:
        told, _ = await called(client, "apps.connections.open", headers={"Authorization": f"Bearer {app_token}"})
    except SlackRefused as refused:
        if refused.error in _UNKNOWN:
            raise ConfigError([f"{_APP_TOKEN}: Slack does not take it ({refused.error}); {_CREATE}"]) from refused
        if refused.error in _FAULTS:
            raise ConfigError([_FAULTS[refused.error]]) from refused
        raise
    if not told.get("url"):
        raise SlackUnreachable("Slack gave no address to connect to")
    return str(told["url"])


async def hang_up(handler: AsyncSocketModeHandler) -> None:
    """Close it, without the other side where that does not answer."""
    handler.client.closed = True
    with suppress(TimeoutError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await handler.close_async()  # type: ignore[no-untyped-call]
            return
    await handler.close_async()  # type: ignore[no-untyped-call]  # the first call gave up on a polite end


class Watchdog:
    """Holds one connection at a time, in lock-step: the old one is closed before the next is opened.

    ``monotonic`` and ``sleep`` are in seconds. The SDK's own reconnecting is off but for Slack's ``disconnect``.
    """

    def __init__(
        self,
        dialler: Dialler,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._dialler = dialler
        self._monotonic = monotonic
        self._sleep = sleep
        self._handler: AsyncSocketModeHandler | None = None
        self._heard = monotonic()
        self._pong: float | None = None
        self._misses = 0
        self._failures = 0
        self._made = 0
        self._connected = False

    async def run(self) -> None:
        """Connect, then look again and again, until cancelled. What goes wrong is logged and tried again."""
        await self._connect()
        while True:
            await self._sleep(min(CHECK_SECONDS * 2**self._failures, LONGEST_PAUSE))
            try:
                await self.check()
            except Exception:
                log.exception("the look at the connection to Slack failed")

    async def check(self) -> None:
        """One look; what is broken at the second one is replaced."""
        self._connected = await self._is_alive()
        self._misses = 0 if self._connected else self._misses + 1
        if self._misses >= _MISSES:
            await self._replace()

    def health(self) -> Health:
        """As of the last look."""
        return Health(self._connected, self._monotonic() - self._heard, self._made)

    async def close(self) -> None:
        """Receive nothing more."""
        handler, self._handler, self._connected = self._handler, None, False
        if handler:
            await hang_up(handler)

    async def _is_alive(self) -> bool:
        if self._handler is None:
            return False
        client = self._handler.client
        if client.last_ping_pong_time != self._pong:
            self._pong = client.last_ping_pong_time
            self._heard = self._monotonic()
        deaf = self._monotonic() - self._heard > _PINGS * self._dialler.ping_seconds + CHECK_SECONDS
        return not deaf and await client.is_connected()

    async def _replace(self) -> None:
        log.warning("the connection to Slack is lost; opening another")
        await self.close()
        await self._connect()

    async def _connect(self) -> None:
        try:
            self._handler = await self._dialler.dial()
        except DeskhandError as error:
            self._failures = min(self._failures + 1, 5)
            log.error("no connection to Slack: %s", error)  # noqa: TRY400 - the text says all
            return
        self._handler.client.on_message_listeners.append(self._note)
        self._made += 1
        self._misses = self._failures = 0
        self._connected, self._pong = True, None
        self._heard = self._monotonic()

    async def _note(self, _: Any) -> None:
        self._heard = self._monotonic()
