"""Cards that still stand in a thread after their question was answered elsewhere: at Home, or by a written yes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from bot.adapters.slack.desk import Desk
from bot.adapters.slack.outbox import SlackRefused, SlackUnreachable
from bot.adapters.slack.past import messages
from bot.adapters.slack.places import Place
from bot.adapters.slack.rendering.cards.approval import decided_payload
from bot.adapters.slack.rendering.cards.post import Post
from bot.domain.approval import Approval

log = logging.getLogger(__name__)

_SKEW = timedelta(hours=1)
"""How far our clock may be from Slack's. A card is never older than its question: what was before is not looked at."""


async def card_settled(desk: Desk, place: Place, approval: Approval) -> None:
    """Make its card the line that says what was decided. Never raises: the decision does not hang on it.

    The card is looked for in the thread, so that one from before a restart is found, too.
    """
    try:
        if ts := await _card(desk, place, approval):
            await desk.outbox.update(place, ts, Post((decided_payload(approval),)))
    except (SlackRefused, SlackUnreachable) as error:
        log.info("a card stays as it was: %s", error)


async def _card(desk: Desk, place: Place, approval: Approval) -> str:
    since = f"{(approval.created_at - _SKEW).timestamp():.6f}"
    async for message in messages(desk.outbox.call, place, since):
        if approval.id in _values(message.get("blocks") or ()):
            return str(message["ts"])
    return ""


def _values(blocks: Iterable[Mapping[str, Any]]) -> set[str]:
    """Of all buttons."""
    return {str(button.get("value")) for block in blocks for button in block.get("elements") or () if "value" in button}
