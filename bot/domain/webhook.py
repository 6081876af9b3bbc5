"""A secret address by which another program starts an action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.action import Value
from bot.domain.post import Delivery
from bot.errors import DeskhandError


@dataclass(frozen=True, slots=True)
class Webhook:
    """What an operator set up. The address itself is known to them alone."""

    id: str
    action: str
    """Slug."""
    secret_hash: str = field(repr=False)
    """SHA-256, in hexadecimal digits, of the secret part of the address."""
    created_at: datetime
    paths: Mapping[str, str] = field(default_factory=dict)
    """Parameter name and the dotted path of its value in a call's body; without one it has the parameter's name."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """For parameters that a call leaves out."""
    signing: str = field(default="", repr=False)
    """The secret that calls are signed with, sealed; empty where they need no signature."""
    allow_writes: bool = False
    """The operator's word that this action, which would ask in a chat, may run without: nobody is there to click."""
    paused: bool = False
    delivery: Delivery = field(default_factory=Delivery)
    """Where results are posted."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request that started a run, so that the same one again starts no second."""

    source: str
    """Webhook id, or ``api``."""
    id: str
    """The sender's own name for it, else one made of body and minute."""
    digest: str
    """SHA-256 of what was sent, in hexadecimal digits."""
    run_id: str
    at: datetime

    @property
    def key(self) -> str:
        """The name of its job."""
        return f"webhook/{self.source}/{self.id}"


class WebhookRefused(DeskhandError):
    """A webhook that cannot be set up so. All its faults are told together, each with its mend."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
