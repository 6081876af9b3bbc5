"""Links come back as they were; a pairing code is for one person, once, and for its time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect

from bot.domain.link import Link
from bot.ports import Links
from bot.storage import migrate as migration
from bot.storage.migrate import migrate
from bot.storage.storage import Storage, open_storage
from tests.storage.samples import minutes

ZOE = Link("discord:1", "zoe@example.com", minutes(1), "oauth")


async def test_a_link_is_kept_replaced_and_removed(storage: Storage) -> None:
    links: Links = storage.links
    later = Link("discord:1", "zoë@example.org", minutes(2), "code")
    for link in (ZOE, later):
        await links.put(link)

    assert await links.of("discord:1") == later
    assert await links.of("discord:2") is None
    assert [await links.remove("discord:1"), await links.remove("discord:1")] == [True, False]
    assert await links.of("discord:1") is None


async def test_a_code_is_taken_by_one_of_many_also_in_another_process(storage: Storage, path: Path) -> None:
    await storage.pairings.put("h1", "discord:1", minutes(10), minutes(0))

    async with open_storage(path) as other:
        takers = [storage.pairings, other.pairings] * 20
        taken = await asyncio.gather(*(each.take("h1", minutes(1)) for each in takers))

    assert sorted(map(str, taken)) == [*["None"] * 39, "discord:1"]


async def test_a_code_ends_with_its_time_and_with_the_next_one_of_its_person(storage: Storage) -> None:
    pairings = storage.pairings
    await pairings.put("h1", "discord:1", minutes(10), minutes(0))
    await pairings.put("h2", "discord:2", minutes(10), minutes(0))
    assert await pairings.take("h1", minutes(10)) is None

    await pairings.put("h3", "discord:1", minutes(15), minutes(5))

    hashes = ("h1", "h2", "h3", "guessed")
    assert [await pairings.take(each, minutes(6)) for each in hashes] == [None, "discord:2", "discord:1", None]


def test_the_revision_can_be_taken_back(path: Path) -> None:
    migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))

    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")
        names = set(inspect(connection).get_table_names())
        command.upgrade(config, "0007")
        again = set(inspect(connection).get_table_names())
    engine.dispose()

    assert again - names == {"links", "pairings"}
