"""A turn as server-sent events; it goes on when its watcher goes away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from bot.domain.message import Reply
from bot.domain.progress import Planned, Progress, RunEnded, RunOutput, RunStarted, TextPiece
from bot.ports import Watch

HEARTBEAT_SECONDS = 15.0

Work = Callable[[Watch], Awaitable[Reply]]


class Streams:
    """Runs turns of clients that watch them. A turn is never cut short because a browser was closed."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Reply]] = set()

    async def send(
        self, request: web.Request, work: Work, render: Callable[[Reply], dict[str, Any]]
    ) -> web.StreamResponse:
        """Answer ``request`` with the events of ``work`` and its reply last."""
        events: asyncio.Queue[tuple[str, dict[str, Any]] | None] = asyncio.Queue()

        async def watch(progress: Progress) -> None:
            events.put_nowait(_event(progress))

        task = asyncio.ensure_future(self._worked(work, watch, events))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        with suppress(ConnectionResetError, ConnectionError):
            await _pump(response, events)
            await _write(response, "reply", render(await task))
        return response

    async def drain(self) -> None:
        """Wait for the turns that nobody watches any more."""
        if self._running:
            await asyncio.wait(self._running, timeout=20)

    async def _worked(self, work: Work, watch: Watch, events: asyncio.Queue[Any]) -> Reply:
        try:
            return await work(watch)
        finally:
            events.put_nowait(None)


async def _pump(response: web.StreamResponse, events: asyncio.Queue[tuple[str, dict[str, Any]] | None]) -> None:
    while True:
        try:
            event = await asyncio.wait_for(events.get(), HEARTBEAT_SECONDS)
        except TimeoutError:
            await response.write(b": still working\n\n")
            continue
        if event is None:
            return
        await _write(response, *event)


async def _write(response: web.StreamResponse, name: str, data: dict[str, Any]) -> None:
    await response.write(f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode())


def _event(progress: Progress) -> tuple[str, dict[str, Any]]:
    match progress:
        case Planned(names):
            return "planned", {"names": list(names)}
        case RunStarted(run_id, name):
            return "run_started", {"run_id": run_id, "name": name}
        case RunOutput(run_id, text):
            return "run_output", {"run_id": run_id, "text": text}
        case RunEnded(used):
            detail = used.detail or None
            return "run_ended", {
                "run_id": used.run_id, "name": used.name, "outcome": used.outcome.value, "seconds": used.seconds,
                "detail": detail,
            }  # fmt: skip
        case TextPiece(text):
            return "text", {"text": text}
