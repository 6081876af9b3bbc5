"""``doctor discord``: what of the set-up works, what does not, and how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import discord
from discord.http import Route

from bot.adapters.discord import commands
from bot.adapters.discord.config import PERMISSIONS, DiscordConfig
from bot.adapters.discord.line import pointed_at
from bot.domain.finding import Finding
from bot.errors import ConfigError

_CLOCK_SECONDS = 5.0
"""A clock that is further off makes tokens of commands look old."""
_MOST = 20
"""Channels that are told of singly."""
_PORTAL = "discord.com/developers/applications"


def invitation(application: int | str) -> str:
    """The address at which somebody brings the bot into their server, with no more rights than it needs."""
    asked = f"client_id={application}&scope=bot+applications.commands&permissions={PERMISSIONS.value}"
    return f"https://discord.com/oauth2/authorize?{asked}"


async def examine(config: DiscordConfig, listed: Collection[str] = ()) -> list[Finding]:
    """Look at everything; one fault does not hide the next. ``listed`` are the channels that the settings name."""
    try:
        config.check()
    except ConfigError as error:
        return [Finding("discord settings", "problem", fault, "See docs/guide/discord.md.") for fault in error.faults]
    with pointed_at(config):
        client = discord.Client(intents=config.intents)
        async with client:
            try:
                await client.login(config.token)
            except discord.LoginFailure:
                mend = "Copy DESKHAND_DISCORD_BOT_TOKEN from Bot → Reset Token."
                return [Finding("discord token", "problem", "Discord does not take it", mend)]
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                mend = "Let this machine reach discord.com at port 443, websockets too."
                return [Finding("discord token", "problem", f"Discord cannot be asked: {type(error).__name__}", mend)]
            return [finding async for finding in _Look(client, config, listed).findings()]


class _Look:
    """Asks Discord with a client that is logged in, and not connected."""

    def __init__(self, client: discord.Client, config: DiscordConfig, listed: Collection[str]) -> None:
        self._client = client
        self._config = config
        self._listed = listed

    async def findings(self) -> AsyncIterator[Finding]:
        """One after the other; what one call refuses does not keep the others from being made."""
        about = self._client.user
        yield Finding("discord token", "ok", f"logs in as {about} ({about.id if about else ''})")
        for finding in self._application():
            yield finding
        for look in (self._clock, self._commands, self._guilds):
            try:
                for finding in await look():
                    yield finding
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                yield Finding("discord", "warning", f"not everything could be looked at: {error}")

    def _application(self) -> Iterator[Finding]:
        flags = self._client.application_flags
        allowed = flags.gateway_message_content or flags.gateway_message_content_limited
        if self._config.message_content and not allowed:
            mend = f"Switch it on at {_PORTAL} → Bot, or set DESKHAND_DISCORD_MESSAGE_CONTENT=false."
            yield Finding("discord intents", "problem", "Message Content Intent is off", mend)
        elif self._config.message_content:
            yield Finding("discord intents", "ok", "messages can be read")
        else:
            text = "only mentions, replies, direct messages and commands are heard"
            yield Finding("discord intents", "warning", text, "Set DESKHAND_DISCORD_MESSAGE_CONTENT=true for the rest.")
        application = self._client.application
        if application and application.interactions_endpoint_url:
            mend = f"Empty Interactions Endpoint URL at {_PORTAL} → General Information."
            yield Finding("discord buttons", "problem", "commands and buttons go to a web address, not here", mend)

    async def _clock(self) -> list[Finding]:
        """Discord says when it sent its answer."""
        async with aiohttp.ClientSession() as session, session.get(f"{Route.BASE}/gateway") as answer:
            told = answer.headers.get("Date")
        if not told:
            return []
        off = abs((datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds())
        if off <= _CLOCK_SECONDS:
            return [Finding("discord clock", "ok", "agrees with Discord's")]
        return [Finding("discord clock", "warning", f"{off:.0f} s off", "Let this machine set its clock (NTP).")]

    async def _commands(self) -> list[Finding]:
        known = await self._client.http.get_global_commands(int(self._client.application_id or 0))
        missing = sorted(commands.NAMES - {str(each["name"]) for each in known})
        if not missing:
            return [Finding("discord commands", "ok", f"all {len(commands.NAMES)} are known to Discord")]
        text = f"Discord does not know {', '.join(missing)}"
        return [Finding("discord commands", "warning", text, "Start the bot once: it tells Discord of them.")]

    async def _guilds(self) -> list[Finding]:
        guilds = [guild async for guild in self._client.fetch_guilds(limit=200)]
        if not guilds:
            invite = f"Open {invitation(self._client.application_id or 0)}"
            return [Finding("discord servers", "warning", "the bot is in no server", invite)]
        found = [Finding("discord servers", "ok", ", ".join(guild.name for guild in guilds[:_MOST]))]
        for guild in guilds:
            found += await self._channels(guild)
        return found

    async def _channels(self, guild: discord.Guild) -> list[Finding]:
        """Of the channels that are listed, else of the server as a whole."""
        full = await self._client.fetch_guild(guild.id)
        member = await full.fetch_member(self._client.user.id if self._client.user else 0)
        if not self._listed:
            return _missing(f"in {guild.name}", member.guild_permissions)
        channels = [each for each in await full.fetch_channels() if str(each.id) in self._listed]
        found = (_missing(f"in #{each.name}", each.permissions_for(member)) for each in channels[:_MOST])
        return [finding for findings in found for finding in findings]


def _missing(where: str, held: discord.Permissions) -> list[Finding]:
    words = [name.replace("_", " ") for name, wanted in PERMISSIONS if wanted and not getattr(held, name)]
    if not words:
        return [Finding("discord rights", "ok", f"all that it needs {where}")]
    mend = "Give them to the bot's role there, or invite the bot anew."
    return [Finding("discord rights", "problem", f"missing {where}: {', '.join(words)}", mend)]
