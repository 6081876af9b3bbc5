"""Opens the line to Slack: one HTTP session, checked tokens, bolt's app, Socket Mode or signed HTTP.

::

    async with open_connection(config, clock=clock) as connection, Tasks() as tasks:
        desk = ...  # on connection.clients
        connection.listen(register)
        await connection.run(stop)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urljoin

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.bolt import Bolt
from bot.adapters.slack.install_pages import InstallPages
from bot.adapters.slack.installations import (
    Installation,
    Installations,
    OAuthApp,
    Safe,
    Workspaces,
    introduced,
)
from bot.adapters.slack.manifest import SCOPES
from bot.adapters.slack.outbox import SlackRefused
from bot.adapters.slack.roster import OneWorkspace, Roster
from bot.adapters.slack.watchdog import Dialler, Health, Watchdog, socket_address
from bot.errors import ConfigError
from bot.ports import Clock

log = logging.getLogger(__name__)
wire = logging.getLogger(f"{__name__}.wire")
wire.setLevel(logging.INFO)  # at DEBUG the SDK would log whole answers, tokens among them

LARGEST_BODY = 1 << 20
"""Bytes of one request: a click carries the whole message that it is in."""
DRAIN_SECONDS = 10.0
"""How long listeners may take after the stop; they only claim and enqueue."""


@dataclass(frozen=True, slots=True)
class SlackConfig:
    """Either ``bot_token`` for one workspace, or ``client_id`` and ``client_secret`` for all that install the app.

    With ``app_token`` events come over Socket Mode, else as HTTP requests signed with ``signing_secret``.
    """

    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    redirect_url: str = ""
    """Where Slack sends people back to, ending in ``/slack/oauth_redirect``; empty if the app has only one."""
    teams: frozenset[str] = frozenset()
    """Ids of workspaces that may install the app; all where empty."""
    base_url: str = "https://slack.com/api/"
    timeout_seconds: int = 10
    ping_seconds: float = 10.0

    def check(self) -> None:
        """Raises ConfigError with all that is missing or mixed up."""
        if faults := list(self._faults()):
            raise ConfigError(faults)

    def _faults(self) -> Iterator[str]:
        one, many = bool(self.bot_token), bool(self.client_id or self.client_secret)
        if one == many:
            yield "DESKHAND_SLACK_BOT_TOKEN: set it, or DESKHAND_SLACK_CLIENT_ID and _SECRET for several workspaces" + (
                "; not both" if one else ""
            )
        if many and not (self.client_id and self.client_secret):
            yield "DESKHAND_SLACK_CLIENT_SECRET: it and DESKHAND_SLACK_CLIENT_ID belong together; set both"
        if self.bot_token and not self.bot_token.startswith(("xoxb-", "xoxe.")):
            yield "DESKHAND_SLACK_BOT_TOKEN: a bot token begins with xoxb-; copy it from OAuth & Permissions"
        if self.app_token and not self.app_token.startswith("xapp-"):
            yield "DESKHAND_SLACK_APP_TOKEN: an app-level token begins with xapp-; copy it from Basic Information"
        if not (self.app_token or self.signing_secret):
            yield "DESKHAND_SLACK_APP_TOKEN: set it for Socket Mode, or DESKHAND_SLACK_SIGNING_SECRET for HTTP"

    def session(self) -> aiohttp.ClientSession:
        """For all clients. The SDK gives its time-out only to sessions that it makes itself."""
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.timeout_seconds))

    def client(self, session: aiohttp.ClientSession, token: str | None = None) -> AsyncWebClient:
        """One that tries each call once: the outbox repeats itself, and knows which calls may be repeated."""
        return AsyncWebClient(
            token, self.base_url, self.timeout_seconds, session=session, user_agent_prefix="Deskhand", logger=wire,
            retry_handlers=[],
        )  # fmt: skip

    def oauth(self, client: AsyncWebClient) -> OAuthApp:
        """The app for those who install it."""
        authorize = urljoin(self.base_url, "/oauth/v2/authorize")
        return OAuthApp(
            client,
            self.client_id,
            self.client_secret,
            authorize,
            tuple(scope.name for scope in SCOPES),
            self.redirect_url,
            self.teams,
        )


@asynccontextmanager
async def open_connection(
    config: SlackConfig,
    safe: Safe | None = None,
    *,
    clock: Clock,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Connection]:
    """Check the tokens and make clients; nothing is received before ``Connection.run``.

    ``safe`` keeps installations of several workspaces. Raises ConfigError for what an operator must mend, else
    SlackRefused or SlackUnreachable.
    """
    config.check()
    async with config.session() as session:
        client = config.client(session)
        if config.app_token:
            await socket_address(client, config.app_token)
        pages: list[web.RouteDef] = []
        workspaces: Workspaces
        if config.bot_token:
            workspaces = OneWorkspace(await _this_workspace(config.client(session, config.bot_token), clock))
        elif safe:
            app = config.oauth(client)
            workspaces = Installations(safe, app, clock, sleep)
            pages = InstallPages(workspaces, safe, app, clock).routes()
        else:
            raise ConfigError(["DESKHAND_SLACK_CLIENT_ID: several workspaces need a store for their tokens"])
        yield Connection(config, session, workspaces, pages, monotonic, sleep)


async def _this_workspace(client: AsyncWebClient, clock: Clock) -> Installation:
    try:
        return (await introduced(client, clock()))[0]
    except SlackRefused as refused:
        mend = "copy it from OAuth & Permissions, or install the app again"
        raise ConfigError([f"DESKHAND_SLACK_BOT_TOKEN: Slack does not take it ({refused.error}); {mend}"]) from refused


class Connection:
    """The open line; see ``open_connection``."""

    def __init__(
        self,
        config: SlackConfig,
        session: aiohttp.ClientSession,
        workspaces: Workspaces,
        pages: list[web.RouteDef],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.session = session
        """Shared by all that speaks to Slack."""
        self.clients = Roster(workspaces, partial(config.client, session))
        self.seen: Counter[str] = Counter()
        """Events by type that came since the start."""
        self._config = config
        self._workspaces = workspaces
        self._pages = pages
        self._monotonic = monotonic
        self._heard = monotonic()
        self._open = False
        self._app = Bolt(config.client(session), config.signing_secret, self.clients.authorize, self._note)
        dialler = Dialler(self._app, config.client(session), config.app_token, config.ping_seconds, 30.0)
        self._watchdog = Watchdog(dialler, monotonic, sleep) if config.app_token else None

    async def bot_user(self, team: str) -> str:
        """The user that we are in a workspace. Raises SlackRefused where the app is not installed."""
        return await self.clients.bot_user(team)

    def listen(self, register: Callable[[AsyncApp], None]) -> None:
        """Add listeners: first ours for the end of an installation, then ``register``'s.

        What none of them takes is acknowledged all the same; ``register`` must not call ``app.error``.
        """
        self._app.event("app_uninstalled")(self._removed)
        self._app.event("tokens_revoked")(self._revoked)
        register(self._app)
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
        return [*self._pages, *([] if self._watchdog else [web.post("/slack/events", self._take)])]

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
        if not _is_signed(self._config.signing_secret, await asked.read(), asked.headers):
            return web.json_response({"error": "invalid request"}, status=401)
        return await to_aiohttp_response(await self._app.async_dispatch(await to_bolt_request(asked)))

    def _note(self, body: Any) -> None:
        self._heard = self._monotonic()
        event = body.get("event") if isinstance(body, dict) else None
        if isinstance(event, dict):
            self.seen[str(event.get("type"))] += 1

    async def _removed(self, body: dict[str, Any]) -> None:
        at = datetime.fromtimestamp(int(body.get("event_time") or time.time()), UTC)
        if await self._workspaces.remove(str(body["team_id"]), at):
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
