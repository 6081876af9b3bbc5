"""Cards that still stand in a thread though nobody may answer any more.

Their question was answered elsewhere, at Home or by a written yes, or by nobody in time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from bot.adapters.chat.expiring import cards_expired
from bot.adapters.slack import home
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.past import messages
from bot.adapters.slack.places import Place, user_of
from bot.adapters.slack.rendering.cards.approval import decided_payload
from bot.adapters.slack.rendering.cards.post import Post
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.approval import Approval
from bot.domain.message import ConversationId, Platform

log = logging.getLogger(__name__)

_SKEW = timedelta(hours=1)
"""How far our clock may be from Slack's. A card is never older than its question: what was before is not looked at."""


async def expired(desk: Desk) -> None:
    """Cards whose time is up lose their buttons, in their thread and at Home. Raises StorageError."""
    await cards_expired(Platform.SLACK, desk.conversations, desk.claims, desk.clock, partial(_expired, desk))


async def _expired(desk: Desk, approval: Approval) -> bool:
    """What only its asker was shown cannot be changed any more; pressed, it says that it is late."""
    team, user = user_of(approval.asker)
    await home.publish(desk, team, user)
    conversation = ConversationId.parse(approval.conversation)
    place = Place.of(conversation)
    alone = place.channel == user or place.conversation != conversation
    return alone or await card_settled(desk, place, approval)


async def card_settled(desk: Desk, place: Place, approval: Approval) -> bool:
    """Make its card the line that says what was decided. Never raises: the decision does not hang on it.

    The card is looked for in the thread, so that one from before a restart is found, too. False where Slack did not
    answer, so that another try may help.
    """
    try:
        if ts := await _card(desk, place, approval):
            await desk.outbox.update(place, ts, Post((decided_payload(approval),)))
    except (SlackRefused, SlackUnreachable) as error:
        log.info("a card stays as it was: %s", error)
        return isinstance(error, SlackRefused)
    return True


async def _card(desk: Desk, place: Place, approval: Approval) -> str:
    since = f"{(approval.created_at - _SKEW).timestamp():.6f}"
    async for message in messages(desk.outbox.call, place, since):
        if approval.id in _values(message.get("blocks") or ()):
            return str(message["ts"])
    return ""


def _values(blocks: Iterable[Mapping[str, Any]]) -> set[str]:
    """Of all buttons."""
    return {str(button.get("value")) for block in blocks for button in block.get("elements") or () if "value" in button}
