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
from bot.adapters.discord.incoming import Inbox
from bot.adapters.discord.reading import Incoming
from bot.adapters.discord.receiving import Receiver
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
        self._inbox.close()
        await self.desk.tasks.rest(DRAIN_SECONDS)

    @property
    def desk(self) -> Desk:
        assert self._desk, "the reception opens before the line"
        return self._desk

    async def said(self, client: Client, message: discord.Message) -> None:
        if (incoming := await self._read(client, message)) and not self._shut:
            await self._inbox.take(incoming)

    async def changed(self, client: Client, payload: discord.RawMessageUpdateEvent) -> None:
        if is_change(payload) and (incoming := await self._read(client, payload.message)) and not self._shut:
            self.desk.tasks.spawn(self._edits.noticed(incoming), "an edit")

    async def pressed(self, client: Client, interaction: discord.Interaction[Any], deed: str, about: str) -> None:
        self.desk.tasks.spawn(buttons.pressed(Spot(self.desk, interaction), deed, about), "a press")

    async def submitted(self, client: Client, interaction: discord.Interaction[Any]) -> None:
        self.desk.tasks.spawn(forms.submitted(Spot(self.desk, interaction)), "a form")

    async def ready(self, client: Client, shard: int) -> None:
        if not self._shut:
            self.desk.tasks.spawn(self._looked_back(client, shard), "the look back")

    def commands(self, tree: app_commands.CommandTree[Any]) -> None:
        commands.register(tree, self.desk)

    async def again(self, client: Client, about: str, user: str) -> bool:
        """Answer a changed question."""
        return await self._edits.again(about, user, client.us)

    async def _looked_back(self, client: Client, shard: int) -> None:
        receiver = Receiver(self.desk.outbox, client.us)
        async for message, channel in self._catch_up.missed(client, shard):
            if self._shut:
                return
            if incoming := await receiver.read(message, channel):
                await self._inbox.take(incoming, late=True)

    async def _read(self, client: Client, message: discord.Message) -> Incoming | None:
        return None if self._shut else await Receiver(self.desk.outbox, client.us).read(message)
