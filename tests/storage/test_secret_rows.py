"""Rows of ciphertext: by name, with a fresh id for each value."""

from __future__ import annotations

from bot.storage.secrets import StoredSecret
from bot.storage.storage import Storage
from tests.storage.samples import minutes


async def test_a_row_comes_back_as_it_was(storage: Storage) -> None:
    await storage.secrets.put("id-1", "KEY", "v1.k.n.c", minutes(0))

    assert await storage.secrets.all() == [StoredSecret("id-1", "KEY", "v1.k.n.c", minutes(0), minutes(0))]


async def test_a_new_value_keeps_the_day_it_was_made(storage: Storage) -> None:
    await storage.secrets.put("id-1", "KEY", "old", minutes(0))

    await storage.secrets.put("id-2", "KEY", "new", minutes(5))

    assert await storage.secrets.all() == [StoredSecret("id-2", "KEY", "new", minutes(0), minutes(5))]


async def test_rows_are_found_by_name(storage: Storage) -> None:
    for name in ("C", "A", "B"):
        await storage.secrets.put(f"id-{name}", name, name, minutes(0))

    assert [row.name for row in await storage.secrets.named(["B", "A", "none"])] == ["A", "B"]
    assert await storage.secrets.named([]) == []


async def test_the_ids_change_with_every_change(storage: Storage) -> None:
    seen = {tuple(await storage.secrets.ids())}

    await storage.secrets.put("id-1", "KEY", "a", minutes(0))
    seen.add(tuple(await storage.secrets.ids()))
    await storage.secrets.put("id-2", "KEY", "b", minutes(0))
    seen.add(tuple(await storage.secrets.ids()))
    await storage.secrets.put("id-3", "OTHER", "c", minutes(0))
    seen.add(tuple(await storage.secrets.ids()))
    await storage.secrets.remove("KEY")
    seen.add(tuple(await storage.secrets.ids()))

    assert len(seen) == 5


async def test_removing_says_whether_it_was_there(storage: Storage) -> None:
    await storage.secrets.put("id-1", "KEY", "a", minutes(0))

    assert await storage.secrets.remove("KEY")
    assert not await storage.secrets.remove("KEY")
