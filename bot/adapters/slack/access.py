"""How Slack is reached: one HTTP session, checked settings, the workspaces and a client for each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urljoin, urlsplit
from urllib.request import proxy_bypass

import aiohttp
from aiohttp import web
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.blanking import blanked
from bot.adapters.slack.install_pages import InstallPages
from bot.adapters.slack.installations import Installation, Installations, OAuthApp, Safe, Workspaces, introduced
from bot.adapters.slack.manifest import SCOPES
from bot.adapters.slack.roster import OneWorkspace, Roster
from bot.adapters.slack.wire import SlackRefused
from bot.errors import ConfigError
from bot.ports import Clock

wire = logging.getLogger(f"{__name__}.wire")
wire.setLevel(logging.INFO)  # at DEBUG the SDK would log whole answers, tokens among them
wire.addFilter(blanked)


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

    @property
    def proxy(self) -> str | None:
        """What the environment names for Slack, as the SDK reads it; ``NO_PROXY``, which the SDK passes over, counts.

        Not by aiohttp's ``trust_env``: that reads ~/.netrc too, and with a ``default`` in it no token is ever sent.
        """
        named = load_http_proxy_from_env(wire)
        return None if named and proxy_bypass(urlsplit(self.base_url).hostname or "") else named

    def session(self) -> aiohttp.ClientSession:
        """For all that goes to Slack. It keeps no cookies: one workspace must not know of another.

        The SDK gives its time-out only to sessions that it makes itself.
        """
        limit = aiohttp.ClientTimeout(total=self.timeout_seconds)
        return aiohttp.ClientSession(timeout=limit, proxy=self.proxy, cookie_jar=aiohttp.DummyCookieJar())

    def client(self, session: aiohttp.ClientSession, token: str | None = None) -> AsyncWebClient:
        """One that tries each call once: the outbox repeats itself, and knows which calls may be repeated."""
        made = AsyncWebClient(
            token, self.base_url, self.timeout_seconds, session=session, user_agent_prefix="Deskhand", logger=wire,
            retry_handlers=[],
        )  # fmt: skip
        made.proxy = self.proxy  # an argument of None would have the SDK look for itself
        return made

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


@dataclass(frozen=True, slots=True)
class Access:
    """What everything that speaks to Slack shares; see ``open_access``."""

    config: SlackConfig
    session: aiohttp.ClientSession
    workspaces: Workspaces
    clients: Roster
    pages: Sequence[web.RouteDef] = ()
    """To install the app at, where that is possible."""
    home: str = ""
    """The one workspace that the app is in; empty where there may be several."""


@asynccontextmanager
async def open_access(
    config: SlackConfig,
    safe: Safe | None = None,
    *,
    clock: Clock,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Access]:
    """Check the settings and the bot token, and make clients; nothing is received.

    ``safe`` keeps installations of several workspaces. Raises ConfigError for what an operator must mend, else
    SlackRefused or SlackUnreachable.
    """
    config.check()
    async with config.session() as session:
        client = config.client(session)
        pages: Sequence[web.RouteDef] = ()
        workspaces: Workspaces
        home = ""
        if config.bot_token:
            here = await _this_workspace(config.client(session, config.bot_token), clock)
            workspaces, home = OneWorkspace(here), here.team
        elif safe:
            app = config.oauth(client)
            workspaces = Installations(safe, app, clock, sleep)
            pages = InstallPages(workspaces, safe, app, clock).routes()
        else:
            raise ConfigError(["DESKHAND_SLACK_CLIENT_ID: several workspaces need a store for their tokens"])
        yield Access(config, session, workspaces, Roster(workspaces, partial(config.client, session)), pages, home)


async def _this_workspace(client: AsyncWebClient, clock: Clock) -> Installation:
    try:
        return (await introduced(client, clock()))[0]
    except SlackRefused as refused:
        mend = "copy it from OAuth & Permissions, or install the app again"
        raise ConfigError([f"DESKHAND_SLACK_BOT_TOKEN: Slack does not take it ({refused.error}); {mend}"]) from refused
