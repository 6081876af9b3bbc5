"""What we listen to: each listener hands the work to a task of ours."""

from __future__ import annotations

import logging
from typing import Any

import discord
from discord import app_commands

from bot.adapters.discord import buttons, commands
from bot.adapters.discord.catch_up import CatchUp
from bot.adapters.discord.client import Client
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.edits import Edits, is_change
from bot.adapters.discord.incoming import Inbox
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.reading import Incoming, read
from bot.adapters.discord.spots import Spot

log = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
"""How long answers may take after the stop."""


class Reception:
    """All listeners of one desk; ``client.Listeners``."""

    def __init__(self) -> None:
        self._desk: Desk | None = None
        self._shut = False

    def open(self, desk: Desk) -> None:
        """From now on there is somebody to work."""
        self._desk = desk
        self._inbox = Inbox(desk)
        self._edits = Edits(desk, self._inbox)
        self._catch_up = CatchUp(desk)

    async def rest(self) -> None:
        """Take nothing more, and wait for what is under way. What is left out is found on the next look back."""
        self._shut = True
        await self.desk.tasks.rest(DRAIN_SECONDS)

    @property
    def desk(self) -> Desk:
        assert self._desk, "the reception opens before the line"
        return self._desk

    async def said(self, client: Client, message: discord.Message) -> None:
        if incoming := await self._read(client, message):
            await self._inbox.take(incoming)

    async def changed(self, client: Client, payload: discord.RawMessageUpdateEvent) -> None:
        if is_change(payload) and (incoming := await self._read(client, payload.message)):
            self.desk.tasks.spawn(self._edits.noticed(incoming), "an edit")

    async def pressed(self, client: Client, interaction: discord.Interaction[Any], deed: str, about: str) -> None:
        await buttons.pressed(Spot(self.desk, interaction), deed, about)

    async def ready(self, client: Client) -> None:
        self.desk.tasks.spawn(self._looked_back(client), "the look back")

    def commands(self, tree: app_commands.CommandTree[Any]) -> None:
        commands.register(tree, self.desk, self._ask_about)

    async def again(self, client: Client, about: str, user: str) -> bool:
        """Answer a changed question."""
        return await self._edits.again(about, user, client.us)

    async def _ask_about(self, spot: Spot, message: discord.Message) -> None:
        await commands.asked_about(spot, message)

    async def _looked_back(self, client: Client) -> None:
        async for message in self._catch_up.missed(client):
            if incoming := await self._read(client, message):
                await self._inbox.take(incoming, late=True)

    async def _read(self, client: Client, message: discord.Message) -> Incoming | None:
        """With the channel in full: of one that is not in the cache the gateway tells only the id."""
        if message.author.bot or self._shut:
            return None
        channel: Any = message.channel
        if isinstance(channel, discord.PartialMessageable) or getattr(channel, "parent", channel) is None:
            try:
                channel = await self.desk.outbox.channel(channel.id)
            except (DiscordRefused, DiscordUnreachable) as error:
                log.warning("a message in an unknown channel is left alone: %s", error)
                return None
        return read(message, channel, client.us)
