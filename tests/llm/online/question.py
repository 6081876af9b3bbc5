"""One question, its actions and the plan that answers it."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.plan import Proposal
from bot.domain.turn import Context
from tests.fakes import action, text_parameter

ACTIONS = [action("order", text_parameter("order_id")), action("outage")]
CONTEXT = Context("c", "Where is order 7?", "Alex", "alex@acme.example", datetime(2026, 11, 20, 9, tzinfo=UTC))
PLAN = {"calls": [{"action": "order", "arguments": {"order_id": "7"}}]}
WANTED = (Proposal("order", {"order_id": "7"}),)


async def unheard(piece: str) -> None:
    """Nobody listens."""
