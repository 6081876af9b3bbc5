"""Joins what operators look at to the parts of a running process: measures, health, and the pages that show them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.errors import ConfigError
from bot.records import Records, new_id, utc_now
from bot.telemetry.health import PATIENCE, Health
from bot.telemetry.metrics import Metrics
from bot.telemetry.pages import Pages, served


@dataclass(frozen=True, slots=True)
class Operations:
    """One process under watch."""

    health: Health
    pages: Pages


def watched(records: Records, metrics: Metrics, patience: float = PATIENCE) -> Operations:
    """Health and pages over the database; the caller adds the parts that its process has. ``patience`` in seconds."""
    storage = records.storage
    health = Health(time.monotonic, patience)

    async def stored() -> str:
        await storage.proof.writable(new_id)
        return ""

    async def migrated() -> str:
        await storage.proof.migrated()
        return ""

    async def counted() -> None:
        waiting, oldest = await storage.inbox.backlog()
        metrics.backlog(waiting, max(0.0, (utc_now() - oldest).total_seconds()) if oldest else 0.0)

    health.add("database", stored)
    health.add("migrations", migrated)
    return Operations(health, Pages(health, metrics, counted, records.settings.token.get_secret_value()))


@asynccontextmanager
async def own_port(records: Records, operations: Operations) -> AsyncIterator[int | None]:
    """The pages on ``DESKHAND_METRICS_PORT``, if it is set; the port. Raises ConfigError."""
    host, port = records.settings.metrics_host, records.settings.metrics_port
    if port is None:
        yield None
        return
    try:
        async with served(operations.pages, host, port) as taken:
            yield taken
    except OSError as error:
        mend = "another program uses it; give each process its own"
        raise ConfigError([f"DESKHAND_METRICS_PORT: cannot listen on {host}:{port}: {mend}"]) from error
