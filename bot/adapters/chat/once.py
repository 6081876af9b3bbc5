"""Which of several presses counts."""

from __future__ import annotations

from datetime import datetime

from bot.ports import Claims


async def decision_counts(claims: Claims, platform: str, approval_id: str, now: datetime) -> bool:
    """One press counts in this minute and the last, so that one lost with its process can be made again after that.

    What runs is not at stake here, only who shows it: the engine settles a question once, however often it is asked to.
    """
    minute, key = int(now.timestamp() // 60), f"{platform}/decision/{approval_id}"
    last = await claims.claim(f"{key}/{minute - 1}", now)
    return last and await claims.claim(f"{key}/{minute}", now)
