"""Cards that still stand after their question was answered elsewhere, as by a written yes, or by nobody in time."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial

from bot.adapters.chat.expiring import cards_expired
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.places import Place
from bot.adapters.discord.press import Deed
from bot.adapters.discord.rendering.approval import decided_post
from bot.adapters.discord.sheets import custom_ids
from bot.domain.approval import Approval
from bot.domain.message import ConversationId, Platform

log = logging.getLogger(__name__)

_SEEN = 100
"""Messages of a thread that are looked through for a card."""


async def expired(desk: Desk) -> None:
    """Cards whose time is up lose their buttons. Raises StorageError."""
    await cards_expired(Platform.DISCORD, desk.conversations, desk.claims, desk.clock, partial(_expired, desk))


async def _expired(desk: Desk, approval: Approval) -> bool:
    return await card_settled(desk, Place.of(ConversationId.parse(approval.conversation)), approval)


async def card_settled(desk: Desk, place: Place, approval: Approval) -> bool:
    """Make its card the line that says what was decided. Never raises: the decision does not hang on it.

    The card is looked for in the thread, so that one from before a restart is found, too; in the channel where no
    thread could be begun. False where Discord did not answer, so that another try may help.
    """
    answered = True
    for here in (place, replace(place, thread="")) if place.thread else (place,):
        try:
            await _settled(desk, here, approval)
        except (DiscordRefused, DiscordUnreachable) as error:
            log.info("no card is looked for in %s: %s", here.target, error)
            answered = answered and isinstance(error, DiscordRefused)
        else:
            return True
    return answered


async def _settled(desk: Desk, here: Place, approval: Approval) -> None:
    for message in await desk.outbox.latest(here, _SEEN):
        if f"dh:{Deed.CONFIRM}:{approval.id}" in custom_ids(message):
            await desk.outbox.update(here, str(message.id), decided_post(approval))
            return
