"""How to reach Discord, and where and how to answer there."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

import discord

from bot.adapters.chat import wording
from bot.adapters.chat.listening import Listening
from bot.errors import ConfigError

PERMISSIONS = discord.Permissions(
    view_channel=True, send_messages=True, send_messages_in_threads=True, create_public_threads=True,
    embed_links=True, attach_files=True, read_message_history=True, add_reactions=True,
)  # fmt: skip
"""What the bot needs; never Administrator."""


@dataclass(frozen=True, slots=True)
class DiscordConfig:
    """The token and how much the bot may hear."""

    token: str = field(default="", repr=False)
    message_content: bool = True
    """The privileged intent. Without it only mentions, replies to us, direct messages and commands are heard."""
    shard_count: int = 0
    """0: as many as Discord advises."""
    shard_ids: tuple[int, ...] = ()
    """The shards of this process, where several share the work; empty: all."""
    api_base: str = ""
    gateway_url: str = ""
    """A Discord that is not the real one; on this machine only."""
    heartbeat_timeout: float = 60.0
    guild_ready_timeout: float = 2.0
    identify_seconds: float = 5.0
    """Between two sessions: Discord takes one in that time."""

    def check(self) -> None:
        """Raises ConfigError with all that does not fit."""
        if faults := list(self._faults()):
            raise ConfigError(faults)

    @property
    def intents(self) -> discord.Intents:
        """What the gateway is asked to tell."""
        return discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=self.message_content)

    def _faults(self) -> Iterator[str]:
        if self.token.count(".") != 2 or any(blank in self.token for blank in " \t\n"):
            yield "DESKHAND_DISCORD_BOT_TOKEN: a bot token has three parts with dots; copy it from Bot → Reset Token"
        if self.shard_ids and not self.shard_count:
            yield "DESKHAND_DISCORD_SHARD_COUNT: set it, as DESKHAND_DISCORD_SHARD_IDS names shards of this process"
        if wrong := [each for each in self.shard_ids if not 0 <= each < self.shard_count] if self.shard_count else []:
            yield f"DESKHAND_DISCORD_SHARD_IDS: {wrong} are not below the count {self.shard_count}; they begin at 0"
        if bool(self.api_base) != bool(self.gateway_url):
            yield "DESKHAND_DISCORD_API_BASE: it and DESKHAND_DISCORD_GATEWAY_URL belong together; set both or none"
        for name, url in (("API_BASE", self.api_base), ("GATEWAY_URL", self.gateway_url)):
            if url and not _is_here(url):
                yield f"DESKHAND_DISCORD_{name}: {url} is not on this machine; it is for a simulated Discord alone"


class Direct(StrEnum):
    """Whose direct messages, and private commands in servers that are not listed, are answered."""

    ALL = "all"
    LINKED = "linked"
    """Of people who proved their e-mail."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Rules:
    """Where we answer, whom, and how; channels, categories, roles and people by id."""

    listening: Mapping[str, Listening] = field(default_factory=dict)
    """Channels and forums that differ from mentions only."""
    allowed: frozenset[str] = frozenset()
    """Guilds, categories, channels and forums that we answer in; empty for all that we can see."""
    roles: frozenset[str] = frozenset()
    """Who may ask in a guild; empty for everybody."""
    trusted: frozenset[str] = frozenset()
    """Roles whose members answer in our stead, where we were not called by name."""
    direct: Direct = Direct.ALL
    yield_seconds: float = 0.0
    """How long a question that calls nobody waits for one of them."""
    patience: float = 0.3
    """Seconds of work until it is shown: on a turn that is done by then it would only flicker."""

    def mode(self, *places: str) -> Listening:
        """Of the first place that has one of its own."""
        found = (self.listening[each] for each in places if each in self.listening)
        return next(found, Listening.MENTIONS)

    def allows(self, *places: str) -> bool:
        """Whether one of them, from guild to channel, is on the list."""
        return not self.allowed or bool(self.allowed & set(places))

    def unserved(self, *, linked: bool) -> str:
        """Why somebody may not talk to us alone; empty if they may."""
        if self.direct is Direct.ALL or (self.direct is Direct.LINKED and linked):
            return ""
        return wording.NOT_ALONE if self.direct is Direct.OFF else wording.LINKED_ONLY

    def admits(self, roles: frozenset[str]) -> bool:
        """Whether somebody with these roles may ask."""
        return not self.roles or bool(self.roles & roles)


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
