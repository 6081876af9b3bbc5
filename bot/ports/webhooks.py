"""What is kept of webhooks and of the requests that started runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.webhook import Arrival, Webhook
from bot.domain.work import Job


class Webhooks(Protocol):
    """The webhooks."""

    async def get(self, webhook_id: str) -> Webhook | None: ...

    async def all(self) -> Sequence[Webhook]:
        """Oldest first."""
        ...

    async def put(self, webhook: Webhook) -> None:
        """Keep it, in place of the one with its id."""
        ...

    async def pause(self, webhook_id: str, *, paused: bool) -> bool:
        """Stop taking its calls, or take them again; False if there is none of that id."""
        ...

    async def remove(self, webhook_id: str) -> bool:
        """Delete it for good; False if there was none of that id."""
        ...


class Arrivals(Protocol):
    """The requests that started runs."""

    async def take(self, arrival: Arrival, job: Job) -> Arrival | None:
        """Keep request and job together, on disk once this returns, and give it back; the earlier one if it is known.

        None, and nothing kept, while too many jobs of that lane wait.
        """
        ...

    async def promised(self, run_id: str) -> Arrival | None:
        """The request that a run was promised to, while its job is not settled."""
        ...

    async def latest(self, source: str) -> datetime | None:
        """When the last one came."""
        ...
