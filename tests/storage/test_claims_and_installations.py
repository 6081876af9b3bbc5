"""Claims have one winner; installations come back as they were."""

from __future__ import annotations

import asyncio

from bot.ports import Claims
from bot.storage.storage import Storage
from tests.storage.samples import minutes


async def test_of_any_number_one_wins(storage: Storage) -> None:
    claims: Claims = storage.claims

    won = await asyncio.gather(*(claims.claim("slack/T/C/1", minutes(0)) for _ in range(50)))

    assert sum(won) == 1
    assert [await claims.claimed(f"slack/T/C/{number}") for number in (1, 2)] == [True, False]
    assert await claims.claim("slack/T/C/2", minutes(0))


async def test_old_claims_are_forgotten_and_young_ones_kept(storage: Storage) -> None:
    for number in range(5):
        await storage.claims.claim(f"k{number}", minutes(number))

    assert await storage.claims.forget(minutes(3)) == 3
    assert await storage.claims.claim("k0", minutes(9))
    assert not await storage.claims.claim("k4", minutes(9))


async def test_an_installation_is_kept_replaced_and_removed(storage: Storage) -> None:
    rows = storage.installations
    await rows.put("slack/T1", "one", minutes(0))
    await rows.put("slack/T1", "two", minutes(1))

    assert await rows.get("slack/T1") == "two"
    assert await rows.get("slack/T2") is None
    assert [await rows.delete("slack/T1"), await rows.delete("slack/T1")] == [True, False]
