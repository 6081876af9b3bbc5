"""PostgreSQL is restarted under the service: health says so meanwhile, nothing is lost, nobody has to help."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.storage.postgres import PostgresDatabase
from bot.storage.postgres_schema import migrate_server
from tests.faults.conftest import Desk, desk_over, job
from tests.postgres import Cluster, running_cluster


@pytest.fixture
def server() -> Iterator[Cluster]:
    """One that may be stopped without harm to other tests."""
    with running_cluster() as made:
        yield made


@pytest.fixture
async def desk(server: Cluster) -> AsyncIterator[Desk]:
    url = server.create()
    migrate_server(url)
    async with PostgresDatabase.open(url) as database, desk_over(database, patience=5) as opened:
        yield opened


async def test_a_server_that_is_restarted_is_found_again(desk: Desk, server: Cluster) -> None:
    assert await desk.durable.take(job("before"))
    await desk.until_done("before")
    await desk.until(ready=True)
    await desk.storage.proof.migrated()

    server.stop()
    found = await desk.until(ready=False)
    assert found.problems["database"]
    server.start()

    await desk.until(ready=True)
    assert not await desk.durable.take(job("before"))
    assert await desk.durable.take(job("after"))
    await desk.until_done("after")
    assert desk.done == ["before", "after"]
