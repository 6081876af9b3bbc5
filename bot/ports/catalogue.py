"""The actions as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.action import ActionState


class Catalogue(Protocol):
    """The actions as they are now, files and store together."""

    async def states(self) -> Sequence[ActionState]:
        """All actions, sorted by slug."""
        ...


@dataclass(frozen=True, slots=True)
class StoredAction:
    """A definition made through the service."""

    slug: str
    format: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Switch:
    """What an operator, or the deletion of a secret, made of an action's own ``enabled``."""

    slug: str
    enabled: bool
    reason: str = ""


class ActionStore(Protocol):
    """Definitions that live in the store, and the switches of all actions."""

    async def definitions(self) -> Sequence[StoredAction]: ...

    async def save(self, action: StoredAction) -> None:
        """Insert or replace by slug."""
        ...

    async def remove(self, slug: str) -> None:
        """Delete for good, its switch and its runs with it (F158, F159)."""
        ...

    async def switches(self) -> Mapping[str, Switch]: ...

    async def switch(self, switch: Switch) -> None: ...
