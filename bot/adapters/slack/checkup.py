"""``doctor slack``: what of the set-up works, what does not, and how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.access import SlackConfig
from bot.adapters.slack.installations import Installations, Safe, called, introduced
from bot.adapters.slack.manifest import SCOPES
from bot.adapters.slack.trial import ONLY_SOCKETS, Trial
from bot.adapters.slack.watchdog import socket_address
from bot.adapters.slack.wire import SlackRefused
from bot.domain.finding import Finding
from bot.errors import ConfigError, DeskhandError

_REINSTALL = "Add it under OAuth & Permissions, Bot Token Scopes, and install the app again."
_COPY = "Copy DESKHAND_SLACK_BOT_TOKEN from OAuth & Permissions, or install the app again."
_ANEW = "Install the app there again, at /slack/install."
_MOST = 40
"""Channels that are looked at: Slack lets us ask for fifty a minute."""
_NONE: Mapping[str, str] = MappingProxyType({})


async def examine(
    config: SlackConfig, listed: Mapping[str, str] = _NONE, safe: Safe | None = None, trial: Trial | None = None
) -> list[Finding]:
    """Look at everything; one fault does not hide the next.

    ``listed`` are the channels that the settings name, with the settings that do; ``safe`` keeps the installations
    where there may be several; ``trial`` has somebody try every event.
    """
    async with config.session() as session:
        look = _Look(config, session)
        if config.bot_token:
            await look.at_token(config.bot_token, _COPY)
        elif safe:
            await look.at_installations(safe)
        await look.at_channels(listed)
        if config.app_token:
            look.found += await _socket(config, session, trial)
        elif trial:
            look.found.append(ONLY_SOCKETS)
    return [*_settings(config), *look.found]


class _Look:
    """Asks Slack one thing after the other; what it refuses once does not keep the rest from being asked."""

    def __init__(self, config: SlackConfig, session: aiohttp.ClientSession) -> None:
        self.found: list[Finding] = []
        self._config = config
        self._session = session
        self._reached: list[AsyncWebClient] = []
        """Of the workspaces that know us."""

    async def at_token(self, token: str, mend: str, whose: str = "") -> None:
        """Who we are with it, and what we may do; ``whose`` is the workspace where there are several."""
        client = self._config.client(self._session, token)
        try:
            found, scopes = await introduced(client, _now())
        except DeskhandError as error:
            self._problem("slack token", f"{whose}: {error}" if whose else str(error), mend)
            return
        about = f"{found.name} ({found.team}) as {found.bot_user}"
        if not found.bot_id:
            self._problem("slack token", f"{about} is a person's token", "Set the bot token, xoxb-….")
            return
        self._reached.append(client)
        self.found += [Finding("slack token", "ok", about), *_scopes(scopes, f" in {found.name}" if whose else "")]

    async def at_installations(self, safe: Safe) -> None:
        """Each workspace's token as the service uses it, which renews one that is about to expire."""
        app = self._config.oauth(self._config.client(self._session))
        installations = Installations(safe, app, _now, asyncio.sleep)
        teams = await installations.teams()
        if not teams:
            mend = "Open https://<your host>/slack/install."
            self.found.append(Finding("slack token", "warning", "the app is in no workspace yet", mend))
        for team in teams:
            await self._at_team(installations, team)

    async def at_channels(self, listed: Mapping[str, str]) -> None:
        """Those that the settings name; nothing can be said of them where no token is good."""
        if not (listed and self._reached):
            return
        found: list[Finding] = []
        try:
            for channel in sorted(listed)[:_MOST]:
                found.append(await self._channel(channel, listed[channel]))  # noqa: PERF401 - what came before is kept
        except DeskhandError as error:
            found.append(Finding("slack channels", "warning", f"not all were looked at: {error}", "Try again later."))
        good = [each.text for each in found if each.state == "ok"]
        self.found += [each for each in found if each.state != "ok"]
        self.found += [Finding("slack channels", "ok", f"open to the bot: {', '.join(good)}")] if good else []
        if len(listed) > _MOST:
            text = f"only the first {_MOST} of {len(listed)} channels were looked at"
            self.found.append(Finding("slack channels", "warning", text))

    async def _at_team(self, installations: Installations, team: str) -> None:
        try:
            found = await installations.installed(team)
        except DeskhandError as error:
            self._problem("slack token", f"{team}: {error}", _ANEW)
            return
        if found:
            await self.at_token(found.token, _ANEW, f"{found.name} ({team})")

    async def _channel(self, channel: str, setting: str) -> Finding:
        """In the first workspace that knows it. Raises SlackUnreachable."""
        refused = set()
        for client in self._reached:
            try:
                told, _ = await called(client, "conversations.info", http_verb="GET", params={"channel": channel})
            except SlackRefused as error:
                refused.add(error.error)
            else:
                return _state(told.get("channel") or {}, channel, setting)
        return _unknown(channel, setting, refused)

    def _problem(self, part: str, text: str, mend: str) -> None:
        self.found.append(Finding(part, "problem", text, mend))


def _settings(config: SlackConfig) -> Iterator[Finding]:
    try:
        config.check()
    except ConfigError as error:
        for fault in error.faults:
            yield Finding("slack settings", "problem", fault, "See docs/guide/slack.md.")
        return
    way = "Socket Mode" if config.app_token else "signed HTTP at /slack/events"
    whom = "one workspace" if config.bot_token else "every workspace that installs the app at /slack/install"
    yield Finding("slack settings", "ok", f"{way}, {whom}")
    if config.client_id and not config.teams:
        mend = "Name the workspaces in DESKHAND_SLACK_TEAMS unless strangers may use your actions."
        yield Finding("slack settings", "warning", "whoever finds /slack/install can install the bot", mend)


def _scopes(granted: Collection[str], where: str) -> Iterator[Finding]:
    missing = [scope for scope in SCOPES if scope.name not in granted]
    if not missing:
        yield Finding("slack scopes", "ok", f"all {len(SCOPES)} granted{where}")
    for scope in missing:
        state = "problem" if scope.needed else "warning"
        yield Finding("slack scopes", state, f"{scope.name} is missing{where}: {scope.without}", _REINSTALL)


def _state(told: Mapping[str, Any], channel: str, setting: str) -> Finding:
    name = f"#{told['name']}" if told.get("name") else channel
    about = f"{name} ({channel}), which {setting} names,"
    if told.get("is_archived"):
        mend = f"Unarchive it, or take it out of {setting}."
        return Finding("slack channels", "problem", f"{about} is archived", mend)
    if told.get("is_member", True):  # direct messages have no members to tell of
        return Finding("slack channels", "ok", name)
    mend = f"Write /invite and the bot's name in {name}."
    return Finding("slack channels", "problem", f"{about} does not have the bot as a member", mend)


def _unknown(channel: str, setting: str, refused: Collection[str]) -> Finding:
    about = f"{channel}, which {setting} names,"
    if "missing_scope" in refused:
        mend = "Grant channels:read, and groups:read for private channels, and install the app again."
        return Finding("slack channels", "warning", f"{about} cannot be looked at", mend)
    mend = "Copy the id from the end of the channel's details, C012…; into a private channel invite the bot first."
    return Finding("slack channels", "problem", f"{about} is not known to Slack, or private without the bot", mend)


async def _socket(config: SlackConfig, session: aiohttp.ClientSession, trial: Trial | None) -> Sequence[Finding]:
    """Asks for a ticket and opens a socket with it, as the service does; one more for a moment does no harm."""
    try:
        client = config.client(session)
        address = await socket_address(client, config.app_token)
        limit = aiohttp.ClientWSTimeout(ws_close=2)
        async with session.ws_connect(address, timeout=limit, proxy=client.proxy) as socket:
            hello = await socket.receive_json(timeout=config.timeout_seconds)
            connected = int(hello.get("num_connections") or 1)
            events = await trial.findings(socket, connected - 1) if trial else ()
    except ConfigError as error:
        return [Finding("slack socket", "problem", str(error), "Set the new token and start again.")]
    except (DeskhandError, aiohttp.ClientError, TimeoutError, TypeError, ValueError) as error:
        text = str(error) if isinstance(error, DeskhandError) else "the socket did not open"
        return [Finding("slack socket", "problem", text, "Let this machine reach Slack at port 443, websockets too.")]
    return [Finding("slack socket", "ok", f"opens; {connected} connected, this one among them"), *events]


def _now() -> datetime:
    return datetime.now(UTC)
