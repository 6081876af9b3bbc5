"""What we listen to: each listener hands the work to a task of ours."""

from __future__ import annotations

import logging
from typing import Any

import discord
from discord import app_commands

from bot.adapters.discord import buttons, commands, forms
from bot.adapters.discord.catch_up import CatchUp
from bot.adapters.discord.client import Client
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.edits import Edits, is_change
from bot.adapters.discord.incoming import Ears
from bot.adapters.discord.reading import Incoming
from bot.adapters.discord.receiving import Receiver
from bot.adapters.discord.spots import Spot
from bot.errors import StorageError

log = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
"""How long answers may take after the stop."""
KEEPING_SECONDS = 2.0
"""Between two tries to keep a message."""


class Reception:
    """All listeners of one desk; ``client.Listeners``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ears = Ears(desk)
        self._edits = Edits(desk, self._ears)
        self._shut = False

    async def rest(self) -> None:
        """Take nothing more, and wait for what is under way. What is left out is found on the next look back."""
        self._shut = True
        await self._desk.tasks.rest(DRAIN_SECONDS)

    async def said(self, client: Client, message: discord.Message) -> None:
        if (incoming := await self._read(client, message)) and not self._shut:
            await self._taken(incoming)

    async def changed(self, client: Client, payload: discord.RawMessageUpdateEvent) -> None:
        if is_change(payload) and (incoming := await self._read(client, payload.message)) and not self._shut:
            self._desk.tasks.spawn(self._edits.noticed(incoming), "an edit")

    async def pressed(self, client: Client, interaction: discord.Interaction[Any], deed: str, about: str) -> None:
        self._desk.tasks.spawn(buttons.pressed(Spot.at(self._desk, interaction), deed, about), "a press")

    async def submitted(self, client: Client, interaction: discord.Interaction[Any]) -> None:
        data: Any = interaction.data
        self._desk.tasks.spawn(forms.submitted(Spot.at(self._desk, interaction), data), "a form")

    async def ready(self, client: Client, shard: int) -> None:
        if not self._shut:
            self._desk.tasks.spawn(self._looked_back(client, shard), "the look back")

    def commands(self, tree: app_commands.CommandTree[Any]) -> None:
        commands.register(tree, self._desk)

    async def _looked_back(self, client: Client, shard: int) -> None:
        receiver = self._receiver(client)
        async for message, channel in CatchUp(self._desk, self._desk.outbox.by(client)).missed(client, shard):
            if self._shut:
                return
            if incoming := await receiver.read(message, channel):
                await self._taken(incoming, late=True)

    def _receiver(self, client: Client) -> Receiver:
        return Receiver(self._desk.outbox.by(client), client.us)

    async def _read(self, client: Client, message: discord.Message) -> Incoming | None:
        return None if self._shut else await self._receiver(client).read(message)

    async def _taken(self, message: Incoming, *, late: bool = False) -> None:
        """Discord tells of a message once, so while the database is away it is held on to."""
        while not self._shut:
            try:
                await self._ears.take(message, late=late)
            except StorageError:
                log.exception("a message cannot be kept now")
                await self._desk.sleep(KEEPING_SECONDS)
            else:
                return
