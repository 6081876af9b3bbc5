"""Who we are in each workspace, and the client that speaks there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.installations import Installation, Workspaces
from bot.adapters.slack.wire import SlackRefused

log = logging.getLogger(__name__)


class OneWorkspace:
    """``Workspaces`` for an app with a token of its own."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    async def installed(self, team: str) -> Installation | None:
        """Ours, for our team alone."""
        return self._installation if team == self._installation.team else None

    async def remove(self, team: str, at: datetime) -> bool:
        """The token came from the settings and stays there; Slack refuses it from now on."""
        log.error("the app was removed from %s on %s; install it and set the new token", team, at)
        return False


class Roster:
    """``outbox.Clients``, and who we are in each workspace."""

    def __init__(self, workspaces: Workspaces, client: Callable[[str], AsyncWebClient]) -> None:
        self._workspaces = workspaces
        self._client = client
        self._made: dict[str, AsyncWebClient] = {}
        """By workspace, with the token that it had last."""

    async def of(self, team: str) -> AsyncWebClient:
        """As ``outbox.Clients``."""
        token = (await self._known(team)).token
        made = self._made.get(team)
        if made is None or made.token != token:
            made = self._made[team] = self._client(token)
        return made

    async def bot_user(self, team: str) -> str:
        """The user that we are. Raises as ``of``."""
        return (await self._known(team)).bot_user

    async def authorize(self, team_id: str | None, enterprise_id: str | None) -> AuthorizeResult | None:
        """Bolt asks this at every event. None where the app is not installed."""
        found = await self._workspaces.installed(team_id) if team_id else None
        if found is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=found.team, bot_user_id=found.bot_user, bot_id=found.bot_id,
            bot_token=found.token,
        )  # fmt: skip

    async def _known(self, team: str) -> Installation:
        found = await self._workspaces.installed(team)
        if found is None:
            raise SlackRefused("auth.test", "not_installed")
        return found
