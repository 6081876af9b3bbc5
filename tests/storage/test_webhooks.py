"""Webhooks come back as they were; a request starts one run, however often and by whatever process it is taken."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.domain.message import Platform
from bot.domain.post import Address, Delivery
from bot.domain.webhook import Arrival, Webhook
from bot.domain.work import Job
from bot.ports import Arrivals, Webhooks
from bot.storage import webhooks as rows
from bot.storage.storage import Storage, open_storage
from tests.storage.samples import minutes

HOOK = Webhook(
    "w1",
    "order-lookup",
    "ab" * 32,
    minutes(1),
    {"order_number": "order.number"},
    {"channel": "web", "amount": 2.5, "gift": True},
    "sealed",
    allow_writes=True,
    delivery=Delivery((Address(Platform.SLACK, "T1/C012", "1700.2"), Address(Platform.DISCORD, "80", person=True))),
)


def job(number: int, lane: str = "webhook/w1") -> Job:
    return Job(f"webhook/w1/m{number}", "webhook.call", lane, {"run": f"r{number}"}, minutes(number))


def arrival(number: int, run: str = "", digest: str = "d") -> Arrival:
    return Arrival("w1", f"m{number}", digest, run or f"r{number}", minutes(number))


async def test_a_webhook_is_kept_changed_paused_and_removed(storage: Storage) -> None:
    webhooks: Webhooks = storage.webhooks
    other = Webhook("w2", "refund", "cd" * 32, minutes(2))
    for each in (other, HOOK):
        await webhooks.put(each)

    assert await webhooks.get("w1") == HOOK
    assert await webhooks.all() == [HOOK, other]
    await webhooks.put(replace(HOOK, secret_hash="ef" * 32))
    assert await webhooks.pause("w1", paused=True)
    changed = await webhooks.get("w1")
    assert changed == replace(HOOK, secret_hash="ef" * 32, paused=True)
    assert [await webhooks.remove("w1"), await webhooks.remove("w1")] == [True, False]
    assert not await webhooks.pause("w1", paused=True)
    assert await webhooks.get("w1") is None


async def test_of_a_hundred_equal_requests_to_two_processes_one_is_kept(storage: Storage, path: Path, url: str) -> None:
    arrivals: Arrivals = storage.arrivals
    async with open_storage(path, url) as other:
        takers = [arrivals, other.arrivals] * 50
        taken = await asyncio.gather(*(each.take(arrival(1, f"r{place}"), job(1)) for place, each in enumerate(takers)))

    assert len({found.run_id for found in taken if found}) == 1
    assert None not in taken
    assert len(await storage.inbox.unfinished()) == 1
    first = taken[0]
    assert first
    assert await arrivals.promised(first.run_id) == first
    assert await arrivals.promised("other") is None
    await storage.inbox.settle(job(1).key, minutes(2))
    assert await arrivals.promised(first.run_id) is None
    assert await arrivals.latest("w1") == minutes(1)
    assert await arrivals.latest("w2") is None


async def test_beyond_the_limit_nothing_is_taken_until_some_are_done(storage: Storage) -> None:
    await asyncio.gather(*(storage.inbox.add(job(number)) for number in range(rows.MOST_WAITING)))

    assert await storage.arrivals.take(arrival(5_000), job(5_000)) is None
    assert await storage.arrivals.promised("r5000") is None
    assert await storage.arrivals.take(arrival(5_001), job(5_001, "webhook/w2"))
    await storage.inbox.settle(job(0).key, minutes(1))
    assert await storage.arrivals.take(arrival(5_000), job(5_000))


async def test_old_requests_are_forgotten_and_those_of_a_removed_webhook(storage: Storage) -> None:
    await storage.webhooks.put(HOOK)
    for number in (1, 2, 3):
        await storage.arrivals.take(arrival(number), job(number))

    assert await storage.arrivals.forget(minutes(2)) == 1
    assert [bool(await storage.arrivals.promised(f"r{number}")) for number in (1, 2, 3)] == [False, True, True]
    await storage.webhooks.remove("w1")
    assert await storage.arrivals.promised("r3") is None


async def test_a_new_sealed_text_takes_the_place_of_the_one_it_was_made_from(storage: Storage) -> None:
    await storage.webhooks.put(HOOK)

    exchanged = [await storage.webhooks.exchange("w1", old, "new") for old in ("sealed", "sealed")]

    found = await storage.webhooks.get("w1")
    assert exchanged == [True, False]
    assert found
    assert found.signing == "new"
