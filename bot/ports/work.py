"""Work that survives its process: written down first, done once, in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.action import Json
from bot.domain.work import Job

Handler = Callable[[Job], Awaitable[None]]
"""Does a job. Returning settles it; ``TryLater`` has it begun again after a while, so does any other error.

It may be given a job that was begun before and cut off (``job.tries``), so it asks what is done already.
"""

GivenUp = Callable[[Job], Awaitable[None]]
"""Tells whoever waits for a job that nobody will try it again."""


class Inbox(Protocol):
    """The jobs that are to be done, as they are kept."""

    async def add(self, job: Job, *, begun: bool = False) -> bool:
        """Keep it; on disk once this returns. False, and nothing kept, if one of that key is known.

        ``begun`` where it is begun the moment it is kept, which saves the second write.
        """
        ...

    async def revise(self, key: str, payload: Mapping[str, Json]) -> bool:
        """Give a job that was not begun yet another payload. False if it was, or is not known."""
        ...

    async def known(self, key: str) -> bool:
        """Whether a job of that key was kept, done or not."""
        ...

    async def latest(self, prefix: str, since: datetime) -> Sequence[str]:
        """The keys that begin so and came in since then, done or not, the oldest first."""
        ...

    async def begin(self, key: str) -> Job | None:
        """The job as it is now, counted as begun once more; None if it is settled or not known."""
        ...

    async def put_off(self, key: str, failed: bool) -> None:
        """The try that was begun is over and another is to come; counted as failed, or as none of the job's doing."""
        ...

    async def settle(self, key: str, at: datetime, failure: str = "") -> None:
        """It is done, or given up for ``failure``."""
        ...

    async def unfinished(self) -> Sequence[Job]:
        """What is not settled, in the order in which it came."""
        ...

    async def ahead(self, key: str) -> Sequence[str]:
        """What is not settled of its lane and came before it, in order."""
        ...

    async def unsettled(self, lane: str) -> bool:
        """Whether anything of that lane is not settled."""
        ...


class Dispatcher(Protocol):
    """Has kept jobs done: in this process or another, those of a lane in order. It carries names, never contents."""

    async def dispatch(self, job: Job) -> None:
        """Have a job that the inbox keeps done soon. Returns before it is."""
        ...


class PromptDispatcher(Dispatcher, Protocol):
    """One that can do a job the moment it is kept, without a second write to say that it was begun."""

    def begins_at_once(self, job: Job) -> bool:
        """Whether it is to be begun here and now, with nothing before it in its lane.

        If so its turn is held for it, until ``dispatch_begun`` or ``release``.
        """
        ...

    def release(self, job: Job) -> None:
        """It was not kept after all: its turn is for others."""
        ...

    async def dispatch_begun(self, job: Job) -> None:
        """Have a job done that was kept as begun."""
        ...
