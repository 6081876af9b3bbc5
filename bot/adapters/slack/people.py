"""Who writes to us: name, e-mail, groups and time zone, as Slack vouches for them."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.places import sender_id
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.person import EVERYONE, Sender

log = logging.getLogger(__name__)

KEPT_SECONDS = 600.0
"""How long a profile and the groups of a workspace are believed."""
MOST_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as the adapter needs them."""

    sender: Sender
    zone: str
    """IANA time zone, empty where Slack tells none."""
    is_bot: bool = False
    stranger: bool = False
    """A guest, or of another organisation (Slack Connect): the workspace does not vouch for who they are."""


class People:
    """Looks people up and remembers them for a while; ``monotonic`` is the clock in seconds."""

    def __init__(self, outbox: Outbox, monotonic: Callable[[], float]) -> None:
        self._outbox = outbox
        self._monotonic = monotonic
        self._profiles: OrderedDict[tuple[str, str], tuple[float, Profile]] = OrderedDict()
        self._groups: dict[str, tuple[float, Mapping[str, tuple[str, ...]]]] = {}

    async def profile(self, team: str, user: str) -> Profile:
        """The person; one without e-mail or groups where Slack does not tell them or cannot be asked."""
        found = self._profiles.get((team, user))
        if found and found[0] > self._monotonic():
            return found[1]
        try:
            told = (await self._outbox.call(team, "users.info", user, user=user))["user"]
        except (SlackRefused, SlackUnreachable) as error:
            log.warning("who %s is cannot be told: %s", user, error)
            return Profile(Sender(sender_id(team, user)), "")
        groups = (EVERYONE,) if _is_stranger(team, told) else await self._groups_of(team, user)
        profile = _profile(team, user, told, groups)
        self._profiles[team, user] = (self._monotonic() + KEPT_SECONDS, profile)
        if len(self._profiles) > MOST_KEPT:
            self._profiles.popitem(last=False)
        return profile

    async def _groups_of(self, team: str, user: str) -> tuple[str, ...]:
        found = self._groups.get(team)
        if not found or found[0] <= self._monotonic():
            found = (self._monotonic() + KEPT_SECONDS, await self._read_groups(team))
            self._groups[team] = found
        return found[1].get(user, (EVERYONE,))

    async def _read_groups(self, team: str) -> Mapping[str, tuple[str, ...]]:
        """User groups by member. The right to read them is optional."""
        try:
            told = await self._outbox.call(team, "usergroups.list", "", include_users=True)
        except (SlackRefused, SlackUnreachable) as error:
            log.info("no user groups: %s", error)
            return {}
        groups: dict[str, tuple[str, ...]] = {}
        for group in told.get("usergroups", ()):
            for member in group.get("users", ()):
                groups[member] = (*groups.get(member, ()), str(group.get("name") or group.get("handle")))
        return groups


def _profile(team: str, user: str, told: Mapping[str, Any], groups: tuple[str, ...]) -> Profile:
    about = told.get("profile") or {}
    stranger = _is_stranger(team, told)
    email = "" if stranger or told.get("deleted") else str(about.get("email") or "")
    name = str(about.get("real_name") or told.get("real_name") or told.get("name") or "")
    sender = Sender(sender_id(team, user), name, email, groups, verified=bool(email))
    return Profile(sender, str(told.get("tz") or ""), bool(told.get("is_bot")), stranger)


def _is_stranger(team: str, told: Mapping[str, Any]) -> bool:
    """Guests, too: that somebody invited an address makes it none of the workspace's own people."""
    guest = told.get("is_restricted") or told.get("is_ultra_restricted")
    return bool(guest or told.get("is_stranger")) or str(told.get("team_id") or team) != team
