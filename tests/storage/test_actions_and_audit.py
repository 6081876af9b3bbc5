"""Definitions, switches and the audit log keep what their ports promise."""

from __future__ import annotations

from bot.domain.audit import AuditEvent
from bot.ports import ActionStore, AuditLog, StoredAction, Switch
from bot.storage.storage import Storage
from tests.storage.samples import HARD_TEXT, minutes, run


async def test_definitions_are_saved_replaced_and_sorted(storage: Storage) -> None:
    actions: ActionStore = storage.actions
    await actions.save(StoredAction("b", "native", "one"))
    await actions.save(StoredAction("a", "gurubase", HARD_TEXT))

    await actions.save(StoredAction("b", "integration", "two"))

    assert await actions.definitions() == [
        StoredAction("a", "gurubase", HARD_TEXT),
        StoredAction("b", "integration", "two"),
    ]


async def test_the_last_switch_counts(storage: Storage) -> None:
    await storage.actions.switch(Switch("a", True))

    await storage.actions.switch(Switch("a", False, "needs the secret STRIPE_API_KEY"))

    assert await storage.actions.switches() == {"a": Switch("a", False, "needs the secret STRIPE_API_KEY")}


async def test_removing_an_action_removes_its_switch_and_its_runs(storage: Storage) -> None:
    for slug in ("gone", "stays"):
        await storage.actions.save(StoredAction(slug, "native", "x"))
        await storage.actions.switch(Switch(slug, True))
        await storage.runs.started(run(f"run of {slug}", action=slug))

    await storage.actions.remove("gone")

    assert [action.slug for action in await storage.actions.definitions()] == ["stays"]
    assert list(await storage.actions.switches()) == ["stays"]
    assert [found.action for found in await storage.runs.latest(9)] == ["stays"]


async def test_removing_what_is_not_there_does_nothing(storage: Storage) -> None:
    await storage.actions.remove("nobody")

    assert await storage.actions.definitions() == []


async def test_the_audit_log_gives_the_newest_first(storage: Storage) -> None:
    log: AuditLog = storage.audit
    events = [AuditEvent(minutes(-n), "U1", "secret.set", f"S{n}", {"why": HARD_TEXT}) for n in range(4)]
    for event in events:
        await log.record(event)

    latest = await storage.audit.latest(3)

    assert latest == events[:0:-1]
