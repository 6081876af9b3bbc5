"""Who writes to us: name and roles as the message tells them, the e-mail address only where it was linked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.adapters.discord.places import sender_id
from bot.domain.action import Json
from bot.domain.person import EVERYONE, Sender
from bot.ports import Links

KEPT_SECONDS = 5.0
"""How long a look-up is believed: what one person writes and presses comes in bursts, a link comes from elsewhere."""
MOST_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody as an event tells of them."""

    id: str
    name: str
    roles: frozenset[str] = frozenset()
    """Ids of roles: rules go by these, for a name can be given to any role."""
    role_names: tuple[str, ...] = ()

    def payload(self) -> dict[str, Json]:
        """To be kept with a job."""
        return {"id": self.id, "name": self.name, "roles": sorted(self.roles), "role_names": list(self.role_names)}

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Member:
        """Undo ``payload``."""
        roles, names = frozenset(payload["roles"]), tuple(payload["role_names"])
        return cls(payload["id"], payload["name"], roles, names)


def member_of(user: Any) -> Member:
    """The member of a message or interaction; in direct messages there are no roles."""
    roles = [role for role in getattr(user, "roles", ()) if not role.is_default()]
    names = tuple(role.name for role in sorted(roles, key=lambda role: (-role.position, role.id)))
    return Member(str(user.id), user.display_name, frozenset(str(role.id) for role in roles), names)


class People:
    """Joins what an event tells of a person with what was proven of them; ``monotonic`` is the clock in seconds."""

    def __init__(self, links: Links, monotonic: Callable[[], float]) -> None:
        self._links = links
        self._monotonic = monotonic
        self._emails: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def sender(self, member: Member) -> Sender:
        """The person as the engine knows them."""
        email = await self._email(sender_id(member.id))
        return Sender(sender_id(member.id), member.name, email, member.role_names or (EVERYONE,), bool(email))

    async def _email(self, person: str) -> str:
        found = self._emails.get(person)
        if found and found[0] > self._monotonic():
            return found[1]
        link = await self._links.of(person)
        self._emails[person] = self._monotonic() + KEPT_SECONDS, link.email if link else ""
        self._emails.move_to_end(person)
        if len(self._emails) > MOST_KEPT:
            self._emails.popitem(last=False)
        return self._emails[person][1]

    def forget(self, user: str) -> None:
        """Look somebody up anew the next time: their link has changed."""
        self._emails.pop(sender_id(user), None)
