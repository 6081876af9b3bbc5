"""The live catalogue: files that change, stored actions, switches, and what keeps an action from running."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.actions.catalogue import LiveCatalogue, fingerprint
from bot.actions.manifest import parse_action
from bot.domain.action import ActionState
from bot.ports import StoredAction, Switch
from tests.actions.definitions.test_rules import API, CALL, changed


class Store:
    def __init__(self) -> None:
        self.rows: list[StoredAction] = []
        self.switched: dict[str, Switch] = {}

    async def definitions(self) -> Sequence[StoredAction]:
        return self.rows

    async def save(self, action: StoredAction) -> None:
        self.rows = [*self.rows, action]

    async def remove(self, slug: str) -> None:
        self.rows = [row for row in self.rows if row.slug != slug]

    async def switches(self) -> Mapping[str, Switch]:
        return self.switched

    async def switch(self, switch: Switch) -> None:
        self.switched = {**self.switched, switch.slug: switch}


class Names:
    def __init__(self, *names: str) -> None:
        self.known = list(names)

    async def names(self) -> Sequence[str]:
        return self.known


async def only(catalogue: LiveCatalogue) -> ActionState:
    (state,) = await catalogue.states()
    return state


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "order.json").write_text(json.dumps(API))
    return tmp_path


async def opened(folder: Path, store: Store | None = None, *secrets: str, **variables: str) -> LiveCatalogue:
    catalogue = LiveCatalogue(folder, store or Store(), Names(*secrets), variables)
    await catalogue.reload()
    return catalogue


async def test_a_broken_save_keeps_the_last_good_definition_and_tells_the_fault(folder: Path) -> None:
    catalogue = await opened(folder)

    (folder / "order.json").write_text("{")
    await catalogue.reload()

    assert (await only(catalogue)).spec.name == "Order lookup"
    assert "not valid JSON" in str(catalogue.faults[0])


async def test_a_deleted_file_takes_its_action_along(folder: Path) -> None:
    catalogue = await opened(folder)

    (folder / "order.json").unlink()
    await catalogue.reload()

    assert await catalogue.states() == []


async def test_a_change_is_seen_while_it_runs_even_if_the_folder_is_made_anew(folder: Path) -> None:
    catalogue = await opened(folder)
    stop = asyncio.Event()
    watching = asyncio.create_task(catalogue.watch(stop))

    async with asyncio.timeout(20):
        await asyncio.to_thread((folder / "order.json").write_text, json.dumps(changed(API, "name", "Renamed")))
        while (await only(catalogue)).spec.name != "Renamed":
            await asyncio.to_thread((folder / "touched.txt").write_text, "again")
            await asyncio.sleep(0.05)
    stop.set()
    await watching


async def test_a_missing_secret_or_variable_is_named_as_the_reason(folder: Path) -> None:
    needy = changed(API, "config.headers", [{"key": "X-Key", "value": "{SHOP_KEY}{OTHER_KEY}"}])
    (folder / "order.json").write_text(json.dumps(needy))
    (folder / "call.json").write_text(json.dumps(changed(CALL, "invocation.endpoint", "/orders/{order_id}")))
    catalogue = await opened(folder, None, "OTHER_KEY")

    reasons = {state.spec.slug: state.reason for state in await catalogue.states()}
    ready = await opened(folder, None, "OTHER_KEY", "SHOP_KEY", GET_DETAILS_BASE_URL="https://x.example")

    assert reasons == {
        "order-lookup": "needs the secret SHOP_KEY",
        "get-details": "needs the variable GET_DETAILS_BASE_URL",
    }
    assert all(state.enabled for state in await ready.states())


async def test_switches_count_and_a_file_stands_before_a_stored_action(folder: Path) -> None:
    store = Store()
    await store.save(StoredAction("order-lookup", "gurubase", json.dumps(changed(API, "name", "Stored"))))
    await store.save(StoredAction("broken", "gurubase", "{"))
    catalogue = await opened(folder, store)

    await store.switch(Switch("order-lookup", False, "paused for the night"))
    state = await only(catalogue)

    assert state.spec.name == "Order lookup"
    assert (state.enabled, state.reason) == (False, "paused for the night")


def test_a_fingerprint_changes_with_what_would_be_done_and_with_nothing_else() -> None:
    spec = parse_action(json.dumps(API), "x.json")

    assert fingerprint(spec) == fingerprint(replace(spec, enabled=False))
    assert fingerprint(spec) != fingerprint(replace(spec, condition="other"))
