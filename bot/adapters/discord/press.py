"""Buttons that survive a restart: what they do and what they are about stands in their custom id.

Source: discord.py 2.7.1, ``ui.DynamicItem``. A view must never hold these beside plain buttons, and must be made anew
for each send and edit: a view instance that is sent again without them takes their handler away everywhere.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Protocol, Self

import discord
from discord import ui

LABEL = 80
"""Characters of a label, at most."""


class Deed(StrEnum):
    """What a press asks for."""

    CONFIRM = "confirm"
    EDIT = "edit"
    CANCEL = "cancel"
    STOP = "stop"
    GOOD = "good"
    BAD = "bad"
    RETRY = "retry"
    SHARE = "share"
    AGAIN = "again"
    """Answer a question that was changed."""


class Pressed(Protocol):
    """What a client must be to take presses."""

    async def pressed(self, interaction: discord.Interaction[Any], deed: str, about: str) -> None:
        """Do it. Never raises; the person is always told something."""
        ...


class Press(ui.DynamicItem[ui.Button[Any]], template=r"dh:(?P<deed>[a-z]{1,20}):(?P<about>[^\n]{0,70})"):
    """A button. ``about`` is an id of ours, never an argument of an action."""

    def __init__(
        self,
        deed: str,
        about: str,
        label: str = "",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        emoji: str | None = None,
    ) -> None:
        self.deed = deed
        self.about = about
        super().__init__(
            ui.Button(label=label[:LABEL] or None, style=style, emoji=emoji, custom_id=f"dh:{deed}:{about}")
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Made anew at each press, whichever process sent it."""
        label = item.label if isinstance(item, ui.Button) else None
        return cls(match["deed"], match["about"], label or "?")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        us: Pressed = interaction.client
        await us.pressed(interaction, self.deed, self.about)


class Stranger(ui.DynamicItem[ui.Button[Any]], template=r"(?!dh:[a-z]{1,20}:[^\n]{0,70}\Z)(?P<id>[\s\S]+)"):
    """All that no ``Press`` is, so of an older version of us: its presser is told, instead of being left waiting."""

    def __init__(self, custom_id: str) -> None:
        super().__init__(ui.Button(label="?", custom_id=custom_id))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(match["id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        us: Pressed = interaction.client
        await us.pressed(interaction, "", self.custom_id)
