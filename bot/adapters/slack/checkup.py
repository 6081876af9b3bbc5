"""``doctor slack``: what of the set-up works, what does not, and how to mend it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

import aiohttp

from bot.adapters.slack.access import SlackConfig
from bot.adapters.slack.installations import introduced
from bot.adapters.slack.manifest import EVENTS, SCOPES
from bot.adapters.slack.watchdog import socket_address
from bot.domain.finding import Finding
from bot.errors import ConfigError, DeskhandError

_REINSTALL = "Add it under OAuth & Permissions, Bot Token Scopes, and install the app again."


async def examine(config: SlackConfig, seen: Mapping[str, int] | None = None) -> list[Finding]:
    """Look at everything; one fault does not hide the next. ``seen`` counts events of the running service by type."""
    findings = list(_settings(config))
    async with config.session() as session:
        if config.bot_token:
            findings += await _token(config, session)
        if config.app_token:
            findings.append(await _socket(config, session))
    return findings + ([] if seen is None else list(_events(seen)))


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


async def _token(config: SlackConfig, session: aiohttp.ClientSession) -> list[Finding]:
    try:
        found, scopes = await introduced(config.client(session, config.bot_token), datetime.now(UTC))
    except DeskhandError as error:
        mend = "Copy DESKHAND_SLACK_BOT_TOKEN from OAuth & Permissions, or install the app again."
        return [Finding("slack token", "problem", str(error), mend)]
    about = f"{found.name} ({found.team}) as {found.bot_user}"
    if not found.bot_id:
        return [Finding("slack token", "problem", f"{about} is a person's token", "Set the bot token, xoxb-….")]
    return [Finding("slack token", "ok", about), *_scopes(scopes)]


def _scopes(granted: Collection[str]) -> Iterator[Finding]:
    missing = [scope for scope in SCOPES if scope.name not in granted]
    if not missing:
        yield Finding("slack scopes", "ok", f"all {len(SCOPES)} granted")
    for scope in missing:
        state = "problem" if scope.needed else "warning"
        yield Finding("slack scopes", state, f"{scope.name} is missing: {scope.without}", _REINSTALL)


async def _socket(config: SlackConfig, session: aiohttp.ClientSession) -> Finding:
    """Asks for a ticket and opens a socket with it, as the service does; one more for a moment does no harm."""
    try:
        client = config.client(session)
        address = await socket_address(client, config.app_token)
        limit = aiohttp.ClientWSTimeout(ws_close=2)
        async with session.ws_connect(address, timeout=limit, proxy=client.proxy) as socket:
            hello = await socket.receive_json(timeout=config.timeout_seconds)
    except ConfigError as error:
        return Finding("slack socket", "problem", str(error), "Set the new token and start again.")
    except (DeskhandError, aiohttp.ClientError, TimeoutError, TypeError, ValueError) as error:
        text = str(error) if isinstance(error, DeskhandError) else "the socket did not open"
        return Finding("slack socket", "problem", text, "Let this machine reach Slack at port 443, websockets too.")
    return Finding("slack socket", "ok", f"opens; {hello.get('num_connections', 1)} connected, this one among them")


def _events(seen: Mapping[str, int]) -> Iterator[Finding]:
    """Slack does not tell what an app is subscribed to; what never comes gives it away."""
    silent = [kind for kind in EVENTS if not seen.get(kind)]
    if not silent:
        yield Finding("slack events", "ok", ", ".join(f"{kind} {seen[kind]}" for kind in EVENTS))
    for kind in silent:
        mend = "Compare Event Subscriptions with the manifest, unless nobody has tried yet."
        yield Finding("slack events", "warning", f"no {kind} since the start: {EVENTS[kind]}", mend)
