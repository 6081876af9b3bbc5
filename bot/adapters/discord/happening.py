"""What outlives its process of a command or a press: who, where, and for fifteen minutes the way to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import discord

from bot.adapters.discord.outbox import DiscordRefused
from bot.adapters.discord.people import Member, member_of
from bot.adapters.discord.places import Place
from bot.domain.action import Json
from bot.errors import SecretError
from bot.ports import Sealing

_SPENT = 50027


@dataclass(frozen=True, slots=True)
class Happening:
    """One interaction, without the library."""

    id: str
    application: str
    member: Member
    place: Place
    """The channel or thread that it happened in."""
    places: tuple[str, ...]
    """From near to far, for rules."""
    token: str = field(default="", repr=False)
    """Answers for fifteen minutes; empty where it cannot be read any more."""
    message: str = ""
    """The one whose button was used."""
    hidden: bool = False
    """That message is for one person alone; only the interaction can change it."""

    @property
    def key(self) -> str:
        """Its name: the gateway may deliver it again."""
        return f"discord/i/{self.id}"

    def hook(self, client: discord.Client) -> discord.Webhook:
        """What answers it. Raises DiscordRefused where its token is lost."""
        if not self.token:
            raise DiscordRefused("an answer to an interaction", _SPENT, 401)
        data: Any = {"id": self.application, "type": 3, "token": self.token}
        return discord.Webhook.from_state(data, client._connection)

    def payload(self, sealing: Sealing) -> dict[str, Json]:
        """To be kept with a job; the token is sealed, for whoever has it speaks as the bot."""
        return {
            "id": self.id,
            "application": self.application,
            "member": self.member.payload(),
            "place": [self.place.guild, self.place.channel, self.place.thread],
            "places": list(self.places),
            "token": sealing.encrypt(self.token, self.key),
            "message": self.message,
            "hidden": self.hidden,
        }

    @classmethod
    def read(cls, payload: Mapping[str, Any], sealing: Sealing) -> Happening:
        """Undo ``payload``; a token that does not open any more is none."""
        name = str(payload["id"])
        try:
            token = sealing.decrypt(str(payload["token"]), f"discord/i/{name}")
        except SecretError:
            token = ""
        return cls(
            name, payload["application"], Member.read(payload["member"]), Place(*payload["place"]),
            tuple(payload["places"]), token, payload["message"], payload["hidden"],
        )  # fmt: skip


def happening_of(interaction: discord.Interaction[Any]) -> Happening:
    """What the gateway told."""
    channel: Any = interaction.channel
    guild, here = str(interaction.guild_id or ""), str(interaction.channel_id or "")
    thread = channel if isinstance(channel, discord.Thread) else None
    place = Place(guild, str(thread.parent_id), here) if thread else Place(guild, here)
    category = str(getattr(thread.parent if thread else channel, "category_id", None) or "")
    used = interaction.message
    return Happening(
        id=str(interaction.id),
        application=str(interaction.application_id),
        member=member_of(interaction.user),
        place=place,
        places=tuple(filter(None, (place.thread, place.channel, category, place.guild))),
        token=interaction.token,
        message=str(used.id) if used else "",
        hidden=bool(used and used.flags.ephemeral),
    )
