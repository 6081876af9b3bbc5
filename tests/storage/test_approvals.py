"""Approvals keep what ``ports.ApprovalStore`` promises: each is decided at most once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import ApprovalState
from bot.errors import StorageError
from bot.ports import ApprovalStore
from bot.storage.storage import Storage
from tests.storage.samples import ROOM, approval, minutes


async def test_an_open_approval_comes_back_as_it_was(storage: Storage) -> None:
    approvals: ApprovalStore = storage.approvals

    await approvals.open(approval())

    assert await approvals.get("a1") == approval()
    assert await approvals.get("a2") is None


async def test_the_newest_open_one_of_a_person_waits(storage: Storage) -> None:
    await storage.approvals.open(approval("old"))
    await storage.approvals.open(approval("new", created_at=minutes(1)))
    await storage.approvals.open(approval("other person", asker="U2", created_at=minutes(2)))
    await storage.approvals.open(approval("other room", conversation="web:x:", created_at=minutes(3)))

    first = await storage.approvals.waiting(str(ROOM), "U1")
    await storage.approvals.decide("new", ApprovalState.DECLINED, "U1", minutes(2))
    second = await storage.approvals.waiting(str(ROOM), "U1")

    assert first is not None
    assert second is not None
    assert (first.id, second.id) == ("new", "old")


async def test_a_decision_is_recorded_with_who_and_when(storage: Storage) -> None:
    await storage.approvals.open(approval())

    decided = await storage.approvals.decide("a1", ApprovalState.CONFIRMED, "U1", minutes(3))

    expected = approval(state=ApprovalState.CONFIRMED, decided_by="U1", decided_at=minutes(3))
    assert decided == expected
    assert await storage.approvals.get("a1") == expected


async def test_of_a_hundred_clicks_at_once_one_wins(storage: Storage) -> None:
    await storage.approvals.open(approval())
    states = (ApprovalState.CONFIRMED, ApprovalState.DECLINED)

    answers = await asyncio.gather(
        *(storage.approvals.decide("a1", states[n % 2], f"click {n}", minutes(1)) for n in range(100))
    )

    (winner,) = [answer for answer in answers if answer]
    assert await storage.approvals.get("a1") == winner


@pytest.mark.parametrize("first", [ApprovalState.CONFIRMED, ApprovalState.DECLINED, ApprovalState.EXPIRED])
@pytest.mark.parametrize("second", [ApprovalState.CONFIRMED, ApprovalState.DECLINED, ApprovalState.EXPIRED])
async def test_a_decision_stands(storage: Storage, first: ApprovalState, second: ApprovalState) -> None:
    await storage.approvals.open(approval())
    await storage.approvals.decide("a1", first, "U1", minutes(1))

    again = await storage.approvals.decide("a1", second, "U1", minutes(2))

    assert again is None
    stored = await storage.approvals.get("a1")
    assert stored is not None
    assert (stored.state, stored.decided_at) == (first, minutes(1))


async def test_nothing_is_decided_about_an_unknown_approval(storage: Storage) -> None:
    assert await storage.approvals.decide("nope", ApprovalState.CONFIRMED, "U1", minutes(1)) is None


async def test_a_decision_must_close(storage: Storage) -> None:
    with pytest.raises(ValueError, match="does not leave"):
        await storage.approvals.decide("a1", ApprovalState.OPEN, "U1", minutes(1))


async def test_an_id_is_used_once(storage: Storage) -> None:
    await storage.approvals.open(approval())

    with pytest.raises(StorageError):
        await storage.approvals.open(approval())


async def test_what_nobody_answered_in_time_is_found_by_where_it_was_asked(storage: Storage) -> None:
    store: ApprovalStore = storage.approvals
    late, ends = approval("late", conversation="slack:T1/C1:1.0"), approval().expires_at
    await store.open(late)
    await store.open(replace(late, id="later", expires_at=ends + timedelta(minutes=1)))
    await store.open(replace(late, id="answered"))
    await store.decide("answered", ApprovalState.DECLINED, "U1", minutes(1))
    await store.open(replace(late, id="elsewhere", conversation="discord:1/2:"))

    before = ends - timedelta(minutes=1)
    assert await store.expired("slack:", before, ends) == [late]
    assert [each.id for each in await store.expired("slack:", before, ends + timedelta(minutes=1))] == ["late", "later"]
    assert await store.expired("slack:", before, before) == []
    assert await store.expired("slack:", ends, ends) == []


async def test_what_waits_for_a_person_is_found_until_it_expires(storage: Storage) -> None:
    store: ApprovalStore = storage.approvals
    waiting = approval()
    await store.open(waiting)
    await store.open(replace(approval(), id="other", asker="sam"))

    assert await store.open_of(waiting.asker, waiting.created_at) == [waiting]
    assert await store.open_of(waiting.asker, waiting.expires_at) == []
