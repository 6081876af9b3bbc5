"""Sends to a platform no faster than it allows: progress now and then, answers always."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

PROGRESS_GAP = 1.0
"""Seconds from one message of a queue to the next progress in it, unless told otherwise."""
SUBJECTS = 200
"""Progress that one queue keeps waiting; beyond it the oldest is dropped."""
_SHORTEST_PAUSE = 1.0

T = TypeVar("T")
Send = Callable[[], Awaitable[T]]
"""One call of the platform. Raises Limited when it asks to wait."""


class Limited(Exception):
    """The platform asks to wait ``seconds``: HTTP 429 with ``Retry-After``, or the like in the body."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"rate limited for {seconds} s")
        self.seconds = max(_SHORTEST_PAUSE, seconds)  # in this order NaN is the shortest pause


class Key(NamedTuple):
    """One queue: platforms count per method and workspace, and posts per channel."""

    team: str
    method: str
    channel: str


@dataclass(slots=True)
class _Lane:
    """The queue of one key. It goes when nothing waits in it and its pauses are over."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    finals: int = 0
    """Answers that wait or are being sent."""
    progress: OrderedDict[str, Send[Any]] = field(default_factory=OrderedDict)
    sending: str | None = None
    """The subject whose progress is on its way."""
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    closed_until: float = 0.0
    quiet_until: float = 0.0
    worker: asyncio.Task[None] | None = None


class Pacer:
    """``async with Pacer(monotonic, sleep) as pacer``. Leaving drops progress and waits for every answer.

    ``monotonic`` and ``sleep`` are in seconds. ``told`` hears of progress that failed; nothing else comes of it.
    ``limited`` hears of each time that the platform asked to wait.
    Leaving by an exception waits too; cancel again to give up the answers that are left.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        told: Callable[[Exception], None] = lambda error: None,
        gap: float = PROGRESS_GAP,
        limited: Callable[[], None] = lambda: None,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._told = told
        self._gap = gap
        self._limited = limited
        self._lanes: dict[Key, _Lane] = {}
        self._tasks = asyncio.TaskGroup()
        self._open = False

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        for lane in self._lanes.values():
            if lane.worker:
                lane.worker.cancel()
        # Not told of the exception, the group sends what is left instead of cancelling it.
        await self._tasks.__aexit__(None, None, None)

    async def final(self, key: Key, send: Send[T], subject: str = "") -> T:
        """Send an answer and give what ``send`` gave; in order of arrival, again after each ``Limited``.

        Progress on ``subject`` (a thread or message; else the channel) that still waits in any queue is stale and
        dropped; what is on its way arrives first. The answer goes out even if the caller is cancelled. Raises what
        ``send`` raises, and RuntimeError once the pacer is closed.
        """
        if not self._open:
            raise RuntimeError("the pacer is closed")
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        outcome.add_done_callback(_heard)
        lane = self._lane(key)
        lane.finals += 1
        self._tasks.create_task(self._deliver(key, lane, send, subject or key.channel, outcome))
        return await asyncio.shield(outcome)

    def progress(self, key: Key, send: Send[object], subject: str = "") -> None:
        """Send when there is time, unless something newer on ``subject`` comes first. Never waits, never raises."""
        if not self._open:
            return
        lane, about = self._lane(key), subject or key.channel
        lane.progress.pop(about, None)
        lane.progress[about] = send
        if len(lane.progress) > SUBJECTS:
            lane.progress.popitem(last=False)
        self._watch(key, lane)

    def forget(self, subject: str) -> None:
        """Drop the progress on ``subject`` that waits in any queue."""
        for lane in self._lanes.values():
            lane.progress.pop(subject, None)

    def __len__(self) -> int:
        """Queues that are kept."""
        return len(self._lanes)

    def _lane(self, key: Key) -> _Lane:
        if key not in self._lanes:
            self._lanes[key] = _Lane()
        return self._lanes[key]

    def _watch(self, key: Key, lane: _Lane) -> None:
        """See that somebody works off the queue and takes it away in the end."""
        if lane.worker is None:
            lane.worker = self._tasks.create_task(self._work(key, lane))

    async def _deliver(self, key: Key, lane: _Lane, send: Send[T], subject: str, outcome: asyncio.Future[T]) -> None:
        try:
            await self._settled(subject)
            self.forget(subject)
            async with lane.turn:
                outcome.set_result(await self._insist(lane, send))
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller must hear of it and other answers live on
            outcome.set_exception(error)
        finally:
            lane.finals -= 1
            outcome.cancel()
            if self._open:
                self._watch(key, lane)

    async def _settled(self, subject: str) -> None:
        """Wait for progress on ``subject`` that is on its way, so that it cannot arrive after the answer."""
        for lane in [lane for lane in self._lanes.values() if lane.sending == subject]:
            await lane.sent.wait()

    async def _insist(self, lane: _Lane, send: Send[T]) -> T:
        while True:
            await self._until(lane.closed_until)
            try:
                return await send()
            except Limited as limit:
                self._close(lane, limit)
            finally:
                lane.quiet_until = self._monotonic() + self._gap

    async def _work(self, key: Key, lane: _Lane) -> None:
        """Sends the progress of one queue, then stays until the next could go at once."""
        try:
            while lane.progress or max(lane.closed_until, lane.quiet_until) > self._monotonic():
                await self._until(max(lane.closed_until, lane.quiet_until))
                await self._one(lane)
        finally:
            lane.worker = None
            if not lane.finals and not lane.progress:
                self._lanes.pop(key, None)

    async def _one(self, lane: _Lane) -> None:
        async with lane.turn:
            now = self._monotonic()
            if not lane.progress or now < max(lane.closed_until, lane.quiet_until):
                return
            subject, send = lane.progress.popitem(last=False)
            lane.sending = subject
            lane.sent.clear()
            try:
                await send()
            except Limited as limit:
                self._close(lane, limit)
                lane.progress.setdefault(subject, send)
            except Exception as error:  # noqa: BLE001 - progress that fails is no fault of the turn
                self._told(error)
            finally:
                lane.sending = None
                lane.sent.set()
                lane.quiet_until = self._monotonic() + self._gap

    def _close(self, lane: _Lane, limit: Limited) -> None:
        self._limited()
        lane.closed_until = max(lane.closed_until, self._monotonic() + limit.seconds)

    async def _until(self, moment: float) -> None:
        while (left := moment - self._monotonic()) > 0:
            await self._sleep(left)


def _heard(outcome: asyncio.Future[Any]) -> None:
    """A caller that went away does not hear the error; asyncio need not complain of it."""
    if not outcome.cancelled():
        outcome.exception()
