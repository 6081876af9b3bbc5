"""Cards that nobody answered in time: they lose their buttons without being pressed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from bot.domain.approval import Approval, ApprovalState
from bot.domain.message import Platform
from bot.errors import StorageError
from bot.ports import Claims, Clock, Conversations

log = logging.getLogger(__name__)

_GRACE = timedelta(minutes=1)
"""A press that came in time may still be on its way; its card is not told to be late."""
_LOOK_BACK = timedelta(days=2)
"""Cards from before a pause of the service are found, too. Claims are remembered longer than that."""

Settle = Callable[[Approval], Awaitable[bool]]
"""Makes the card of an expired question a line; False where the platform does not answer now."""


async def cards_expired(
    platform: Platform, conversations: Conversations, claims: Claims, clock: Clock, settle: Settle
) -> None:
    """Settle the cards whose time is up, each once; twice does no harm. Raises StorageError.

    The questions stay open in the store: what was pressed in time is carried out, however late that is.
    """
    now = clock()
    overdue = await conversations.expired(platform, now - _LOOK_BACK, now - _GRACE)
    prefix = f"{platform}/expired/"
    done = frozenset(await claims.latest(prefix, now - _LOOK_BACK)) if overdue else frozenset[str]()
    for approval in (each for each in overdue if prefix + each.id not in done):
        if not await _settled(settle, approval):
            return
        await claims.claim(prefix + approval.id, now)


async def _settled(settle: Settle, approval: Approval) -> bool:
    try:
        return await settle(replace(approval, state=ApprovalState.EXPIRED, decided_at=approval.expires_at))
    except StorageError:
        raise
    except Exception:  # one odd card must not keep the others, nor end the service
        log.exception("a card stays as it was")
        return True
