"""One request with what it names, already looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulators.discord import access
from tests.simulators.discord.core import Core
from tests.simulators.discord.guild import Guild
from tests.simulators.discord.model import Channel, Interaction, Message
from tests.simulators.discord.posting import Form, Place
from tests.simulators.discord.protocol import JSON, refused


@dataclass(frozen=True)
class Ask:
    """What a handler works on. It answers with JSON, or with none for 204."""

    core: Core
    route: str
    arguments: Mapping[str, str]
    query: Mapping[str, str]
    form: Form
    body: Any
    bearer: str = ""
    """A person's access token."""

    def channel(self, *needed: str) -> Channel:
        """The channel of the path, with what the bot needs there."""
        found = self.core.channel(self.arguments["channel"])
        if found is None:
            raise refused(10003)
        access.require(self.core, found, "view_channel", *needed)
        return found

    def message(self, channel: Channel) -> Message:
        """The message of the path; private ones are not found by it."""
        found = self.core.message(channel.id, self.arguments["message"])
        if found is None or found.only_for:
            raise refused(10008)
        return found

    def guild(self) -> Guild:
        """The guild of the path."""
        found = self.core.guilds.get(self.arguments["guild"])
        if found is None or self.core.bot.id not in found.members:
            raise refused(10004)
        return found

    def interaction(self) -> Interaction:
        """The interaction of the token in the path."""
        found = self.core.interactions.get(self.arguments["token"])
        if found is None:
            raise refused(10015)
        return found

    def place(self, channel: Channel) -> Place:
        """Where this request puts a message."""
        return Place(channel, self.route)


Handler = Callable[[Ask], JSON | list[JSON] | None]


def open_thread(channel: Channel) -> None:
    """In an archived thread nothing may be changed."""
    if channel.thread and channel.thread.archived:
        raise refused(50083)
