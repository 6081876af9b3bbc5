"""Who writes to us: name and roles as the message tells them, the e-mail address only where it was linked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord

from bot.adapters.discord.places import sender_id
from bot.domain.person import EVERYONE, Sender
from bot.ports import Links


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody as an event tells of them."""

    id: str
    name: str
    roles: frozenset[str] = frozenset()
    """Ids of roles: rules go by these, for a name can be given to any role."""
    role_names: tuple[str, ...] = ()


def member_of(user: Any) -> Member:
    """The member of a message or interaction; in direct messages there are no roles."""
    roles = [role for role in getattr(user, "roles", ()) if not role.is_default()]
    names = tuple(role.name for role in sorted(roles, key=lambda role: (-role.position, role.id)))
    return Member(str(user.id), user.display_name, frozenset(str(role.id) for role in roles), names)


class People:
    """Joins what an event tells of a person with what was proven of them."""

    def __init__(self, links: Links) -> None:
        self._links = links

    async def sender(self, member: Member) -> Sender:
        """The person as the engine knows them."""
        link = await self._links.of(sender_id(member.id))
        email = link.email if link else ""
        return Sender(sender_id(member.id), member.name, email, member.role_names or (EVERYONE,), bool(email))

    async def of(self, interaction: discord.Interaction[Any]) -> Sender:
        """Who pressed, submitted or ran something."""
        return await self.sender(member_of(interaction.user))
