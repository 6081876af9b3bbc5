"""All stores over one database, opened together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.storage.actions import Actions
from bot.storage.approvals import Approvals
from bot.storage.audit import Audit
from bot.storage.claims import ClaimRows
from bot.storage.database import Database, SqliteDatabase
from bot.storage.feedback import FeedbackRows
from bot.storage.inbox import InboxRows
from bot.storage.installations import InstallationRows
from bot.storage.journals import Journals
from bot.storage.links import LinkRows, PairingRows
from bot.storage.migrate import migrate
from bot.storage.occupancy import shared
from bot.storage.posts import PostRows
from bot.storage.proof import Proof
from bot.storage.retention import Retention
from bot.storage.run_log import RunLogs
from bot.storage.run_pages import RunPages
from bot.storage.runs import Runs
from bot.storage.schedules import ScheduleRows
from bot.storage.secrets import SecretRows
from bot.storage.turns import Turns
from bot.storage.webhooks import ArrivalRows, WebhookRows


@dataclass(frozen=True, slots=True)
class Storage:
    """The stores, one for each family of tables."""

    turns: Turns
    runs: Runs
    approvals: Approvals
    actions: Actions
    audit: Audit
    secrets: SecretRows
    feedback: FeedbackRows
    claims: ClaimRows
    installations: InstallationRows
    links: LinkRows
    pairings: PairingRows
    inbox: InboxRows
    posts: PostRows
    webhooks: WebhookRows
    arrivals: ArrivalRows
    run_pages: RunPages
    proof: Proof
    schedules: ScheduleRows
    journals: Journals
    run_log: RunLogs
    retention: Retention

    @classmethod
    def over(cls, database: Database) -> Storage:
        """All stores over ``database``."""
        return cls(
            Turns(database),
            Runs(database),
            Approvals(database),
            Actions(database),
            Audit(database),
            SecretRows(database),
            FeedbackRows(database),
            ClaimRows(database),
            InstallationRows(database),
            LinkRows(database),
            PairingRows(database),
            InboxRows(database),
            PostRows(database),
            WebhookRows(database),
            ArrivalRows(database),
            RunPages(database),
            Proof(database),
            ScheduleRows(database),
            Journals(database),
            RunLogs(database),
            Retention(database),
        )


@asynccontextmanager
async def open_storage(path: Path, url: str = "") -> AsyncIterator[Storage]:
    """Migrate the file at ``path``, which is made if need be, and serve it; or PostgreSQL at ``url``, if given.

    Raises StorageError.
    """
    if url:
        from bot.storage.postgres import PostgresDatabase
        from bot.storage.postgres_schema import migrate_server

        await asyncio.to_thread(migrate_server, url)
        async with PostgresDatabase.open(url) as server:
            yield Storage.over(server)
        return
    with ExitStack() as stack:
        await asyncio.to_thread(stack.enter_context, shared(path))
        await asyncio.to_thread(migrate, path)
        async with SqliteDatabase.open(path) as database:
            yield Storage.over(database)
