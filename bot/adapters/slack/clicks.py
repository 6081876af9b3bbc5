"""One press of a button, as it comes and as it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.adapters.slack.desk import Desk
from bot.adapters.slack.responding import (
    Spot,
    spot_of,
    spot_opened,
    spot_sealed,
)
from bot.domain.action import Json


@dataclass(frozen=True, slots=True)
class Click:
    """One press."""

    spot: Spot
    action: str
    value: str
    """An id of ours, with the thumb before it where it is feedback."""
    trigger: str = field(repr=False)
    """Opens one modal, within three seconds."""
    blocks: Sequence[dict[str, Any]] = field(default=(), repr=False)
    """Of the message; Slack does not tell those of private ones."""

    @property
    def token(self) -> str:
        """What tells it from every other press."""
        return self.trigger and f"{self.trigger}/{self.action}"

    def kept(self, desk: Desk) -> dict[str, Json]:
        """As the payload of a job: its trigger will be dead by then."""
        blocks: Json = [dict(block) for block in self.blocks]
        return {"spot": spot_sealed(desk, self.spot), "action": self.action, "value": self.value, "blocks": blocks}

    @classmethod
    def of(cls, desk: Desk, payload: Mapping[str, Any]) -> Click:
        """Undo ``kept``."""
        return cls(spot_opened(desk, payload["spot"]), payload["action"], payload["value"], "", payload["blocks"])


def clicks_of(body: Mapping[str, Any]) -> list[Click]:
    """The presses of a ``block_actions``."""
    spot, trigger = spot_of(body), str(body.get("trigger_id") or "")
    blocks = (body.get("message") or {}).get("blocks") or ()
    told = ((str(each.get("action_id") or ""), str(each.get("value") or "")) for each in body.get("actions") or ())
    return [Click(spot, action, value, trigger, blocks) for action, value in told]
