"""Workspaces that installed the app: their tokens, sealed, and renewed by one task at a time."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.chat.pacing import Limited
from bot.adapters.slack.sealing import Sealing
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable, translated
from bot.errors import DeskhandError
from bot.ports import Claims, Clock

log = logging.getLogger(__name__)

AHEAD = timedelta(hours=2)
"""A token of twelve hours is renewed when this much of its life is left."""
_KEY = "slack/"
_LOOKS = (0.2, 0.5, 1.0, 2.0)
"""Seconds between looks at the row when another process may have spent the refresh token and is about to store."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The app in one workspace. Times are UTC."""

    team: str
    bot_user: str
    bot_id: str
    token: str = field(repr=False)
    installed_at: datetime
    name: str = ""
    refresh: str = field(default="", repr=False)
    """Good for one renewal; empty where tokens do not expire."""
    expires_at: datetime | None = None


class Workspaces(Protocol):
    """Where the app is installed."""

    async def installed(self, team: str) -> Installation | None:
        """With a token that is good now; None where it is not installed. Raises SlackRefused or SlackUnreachable."""
        ...

    async def remove(self, team: str, at: datetime) -> bool:
        """Forget what was installed up to ``at``; whether something was."""
        ...


class InstallationRows(Protocol):
    """Where sealed installations are kept, by team. Errors of the store are StorageErrors."""

    async def get(self, key: str) -> str | None: ...

    async def all(self) -> Mapping[str, str]:
        """All sealed texts, by key."""
        ...

    async def put(self, key: str, ciphertext: str, at: datetime) -> None:
        """Insert or replace."""
        ...

    async def delete(self, key: str) -> bool:
        """Says whether it was there."""
        ...


@dataclass(frozen=True, slots=True)
class Safe:
    """What keeps installations."""

    rows: InstallationRows
    sealing: Sealing
    claims: Claims


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """The app as ``oauth.v2`` knows it. ``client`` has no token; ``teams`` may install it, all where empty."""

    client: AsyncWebClient
    client_id: str
    client_secret: str = field(repr=False)
    authorize_url: str
    scopes: tuple[str, ...]
    redirect_url: str = ""
    teams: frozenset[str] = frozenset()

    async def access(self, **grant: str) -> Mapping[str, Any]:
        """Tokens for a code or a refresh token. Raises SlackRefused or SlackUnreachable."""
        # Not by ``client.oauth_v2_access``: it signs in with aiohttp's BasicAuth, which is deprecated.
        form = {"client_id": self.client_id, "client_secret": self.client_secret, **grant}
        return (await called(self.client, "oauth.v2.access", data=form))[0]


class Installations:
    """``Workspaces`` over sealed rows. ``sleep`` is in seconds."""

    def __init__(self, safe: Safe, app: OAuthApp, clock: Clock, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._safe = safe
        self._app = app
        self._clock = clock
        self._sleep = sleep
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def installed(self, team: str) -> Installation | None:
        """As ``Workspaces``; a token that expires soon is renewed first, once, whoever asks for it."""
        found = await self._read(team)
        if found is None or not self._is_due(found):
            return found
        async with self._turns[team]:
            found = await self._read(team)
            return await self._renewed(found) if found and self._is_due(found) else found

    async def teams(self) -> Sequence[str]:
        """Where it is installed, whether or not its token is good."""
        return sorted(key.removeprefix(_KEY) for key in await self._safe.rows.all() if key.startswith(_KEY))

    async def remove(self, team: str, at: datetime) -> bool:
        """As ``Workspaces``: news of an end may come late, after the app was installed anew."""
        async with self._turns[team]:
            found = await self._read(team)
            late = found is not None and found.installed_at.replace(microsecond=0) > at
            return not late and await self._safe.rows.delete(_key(team))

    async def install(self, code: str) -> Installation:
        """Exchange what the person's browser brought and keep it. Raises SlackRefused or SlackUnreachable."""
        where = {"redirect_uri": self._app.redirect_url} if self._app.redirect_url else {}
        told = await self._app.access(code=code, **where)
        team = str((told.get("team") or {}).get("id") or "")
        if not team or told.get("is_enterprise_install"):
            raise SlackRefused("oauth.v2.access", "org_wide_install")
        if self._app.teams and team not in self._app.teams:
            raise SlackRefused("oauth.v2.access", "team_not_allowed")
        made = self._given(await self._introduced(str(told["access_token"])), told)
        async with self._turns[team]:
            await self._keep(made)
        return made

    async def _introduced(self, token: str) -> Installation:
        client = _with_token(self._app.client, token)
        return (await introduced(client, self._clock()))[0]

    def _is_due(self, found: Installation) -> bool:
        return bool(found.refresh and found.expires_at and found.expires_at - AHEAD <= self._clock())

    async def _renewed(self, old: Installation) -> Installation:
        try:
            told = await self._app.access(grant_type="refresh_token", refresh_token=old.refresh)
        except (SlackRefused, SlackUnreachable) as error:
            return await self._without_renewal(old, error)
        new = self._given(old, told)
        await self._keep(new)
        return new

    async def _without_renewal(self, old: Installation, error: DeskhandError) -> Installation:
        """Another process may have been first; else the old token serves as long as it lives."""
        for pause in _LOOKS if isinstance(error, SlackRefused) else ():
            found = await self._read(old.team)
            if found and found.token != old.token:
                return found
            await self._sleep(pause)
        if old.expires_at and old.expires_at <= self._clock():
            raise error
        log.error("the token of %s was not renewed: %s; it is good until %s", old.team, error, old.expires_at)
        return old

    def _given(self, known: Installation, told: Mapping[str, Any]) -> Installation:
        """With the tokens that Slack just handed out."""
        seconds = int(told.get("expires_in") or 0)
        return replace(
            known,
            token=str(told["access_token"]),
            refresh=str(told.get("refresh_token") or ""),
            expires_at=self._clock() + timedelta(seconds=seconds) if seconds else None,
        )

    async def _read(self, team: str) -> Installation | None:
        sealed = await self._safe.rows.get(_key(team))
        return _from_text(self._safe.sealing.decrypt(sealed, _key(team))) if sealed else None

    async def _keep(self, made: Installation) -> None:
        key = _key(made.team)
        await self._safe.rows.put(key, self._safe.sealing.encrypt(_to_text(made), key), self._clock())


async def called(client: AsyncWebClient, method: str, **how: Any) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The body and headers of one call, tried once. Raises SlackRefused or SlackUnreachable."""
    try:
        with translated(method):
            answer = await client.api_call(method, **how)
    except Limited as limited:
        raise SlackUnreachable(f"Slack has no time for {method}: {limited}") from limited
    data = answer.data
    headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
    return (data if isinstance(data, dict) else {}), headers


async def introduced(client: AsyncWebClient, at: datetime) -> tuple[Installation, frozenset[str]]:
    """Who we are with a client's token, and its scopes. Raises as ``called``."""
    told, headers = await called(client, "auth.test")
    scopes = frozenset(filter(None, map(str.strip, headers.get("x-oauth-scopes", "").split(","))))
    team, user, bot, name = (str(told.get(key) or "") for key in ("team_id", "user_id", "bot_id", "team"))
    return Installation(team, user, bot, client.token or "", at, name), scopes


def _with_token(client: AsyncWebClient, token: str) -> AsyncWebClient:
    made = copy(client)
    made.token = token
    return made


def _key(team: str) -> str:
    return f"{_KEY}{team}"


def _to_text(made: Installation) -> str:
    return json.dumps(asdict(made), default=lambda moment: moment.astimezone(UTC).isoformat())


def _from_text(text: str) -> Installation:
    fields = json.loads(text)
    for name in ("installed_at", "expires_at"):
        fields[name] = datetime.fromisoformat(fields[name]) if fields[name] else None
    return Installation(**fields)
