"""Whom a message calls, as ``allowed_mentions`` leaves it, and the alarms about what a bot calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulators.discord.model import Message

ALL = ("everyone", "roles", "users")
USERS = ("users",)
"""What answers to interactions call when ``allowed_mentions`` is left out."""
_CODE = re.compile(r"```.*?```|``.+?``|`[^`]+`", re.DOTALL)
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)")


@dataclass
class Called:
    """What is live in a text."""

    users: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    broadcasts: list[str] = field(default_factory=list)
    replied: str | None = None
    """The author of the message that is replied to, when the reply calls them."""


def called(
    text: str, allowed: Mapping[str, Any] | None, default: Iterable[str] = ALL, replied: str | None = None
) -> Called:
    """Parse a text. Code calls nobody; with no ``allowed_mentions`` everything does, the reply too."""
    plain = _CODE.sub(" ", text)
    rule: dict[str, Any] = {"parse": list(default), "replied_user": True} if allowed is None else dict(allowed)
    parse = rule.get("parse") or []
    users, roles = _USER.findall(plain), _ROLE.findall(plain)
    return Called(
        _unique(each for each in users if "users" in parse or each in _ids(rule.get("users"))),
        _unique(each for each in roles if "roles" in parse or each in _ids(rule.get("roles"))),
        _unique(_EVERYONE.findall(plain)) if "everyone" in parse else [],
        replied if rule.get("replied_user") else None,
    )


def apply(message: Message, found: Called, *, may_call_everyone: bool) -> None:
    """What the message then really mentions."""
    message.mentions = _unique([*found.users, *([found.replied] if found.replied else [])])
    message.mention_roles = found.roles
    message.mention_everyone = bool(found.broadcasts) and may_call_everyone


def live(found: Called, wanted: set[str]) -> Iterator[str]:
    """What to raise an alarm about. Whether the bot lacks the permission is luck, and does not count."""
    yield from (f"@{each}" for each in found.broadcasts)
    yield from (f"<@&{each}>" for each in found.roles if each not in wanted)
    yield from (f"<@{each}>" for each in found.users if each not in wanted)
    if found.replied and found.replied not in wanted:
        yield f"reply to <@{found.replied}>"


def _ids(values: object) -> set[str]:
    return {str(each) for each in values} if isinstance(values, list) else set()


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
