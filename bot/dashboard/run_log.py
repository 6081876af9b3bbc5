"""The log of a run, while it is written: server-sent events that can be taken up again after a break."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.dashboard.problems import Problem, as_json
from bot.domain.action import Json
from bot.domain.run import RunState
from bot.domain.run_log import PlacedEntry
from bot.ports import RunLog, RunStore

MOST_STREAMS = 200
HEARTBEAT_SECONDS = 15.0
LOOK_SECONDS = 0.5
"""How often the log is looked at; whichever process writes it."""
_PAGE = 500
_OPEN = (RunState.QUEUED, RunState.STARTED)


class LogStreams:
    """Logs as they grow. Each ends with its run, and with the server."""

    def __init__(
        self,
        log: RunLog,
        runs: RunStore,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most: int = MOST_STREAMS,
    ) -> None:
        self._log = log
        self._runs = runs
        self._sleep = sleep
        self._most = most
        self._open: set[asyncio.Task[Any]] = set()

    async def send(self, request: web.Request, run_id: str) -> web.StreamResponse:
        """Entries after ``Last-Event-ID`` as they come; all there are at once for those who accept only JSON."""
        place = _place(request.headers.get("Last-Event-ID", "0"))
        if request.headers.get("Accept", "") == "application/json":
            return await self._listed(run_id, place)
        if len(self._open) >= self._most:
            raise Problem(503, "Too many logs are being watched. Please try again later.", retry_after=30)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        task = asyncio.current_task()
        assert task
        self._open.add(task)
        try:
            await response.prepare(request)
            await self._write(response, run_id, place)
        finally:
            self._open.discard(task)
        return response

    async def close(self) -> None:
        """Cut all streams off; a client takes its own up again elsewhere."""
        for task in tuple(self._open):
            task.cancel()

    async def _listed(self, run_id: str, place: int) -> web.StreamResponse:
        entries = await self._log.after(run_id, place, _PAGE)
        state = await self._state(run_id) or RunState.QUEUED
        return as_json({"run": run_id, "state": state.value, "entries": [_told(entry) for entry in entries]})

    async def _write(self, response: web.StreamResponse, run_id: str, place: int) -> None:
        silent, begun = 0.0, False
        while True:
            state = await self._state(run_id)  # looked at before the entries: those of its end are there then
            entries = await self._log.after(run_id, place, _PAGE)
            begun = begun or bool(state or entries)
            for entry in entries:
                await response.write(_event(entry.entry.kind.value, _told(entry), entry.place))
            if entries:
                place, silent = entries[-1].place, 0.0
            elif state not in _OPEN and (state or begun):
                await response.write(_event("end", {"state": state.value if state else "deleted"}))
                await response.write_eof()
                return
            else:
                silent = await self._beat(response, silent)

    async def _beat(self, response: web.StreamResponse, silent: float) -> float:
        """Wait a moment; after a long silence show that the line stands."""
        await self._sleep(LOOK_SECONDS)
        silent += LOOK_SECONDS
        if silent < HEARTBEAT_SECONDS:
            return silent
        await response.write(b": still here\n\n")
        return 0.0

    async def _state(self, run_id: str) -> RunState | None:
        """None for a run that has not begun, or is deleted."""
        run = await self._runs.get(run_id)
        return run.state if run else None


def _place(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Problem(400, "Last-Event-ID: must be the id of the last event that you have.")
    return int(text)


def _told(placed: PlacedEntry) -> dict[str, Json]:
    entry = placed.entry
    return {"place": placed.place, "at": entry.at.isoformat(), "kind": entry.kind.value, "text": entry.text}


def _event(name: str, data: dict[str, Json], place: int | None = None) -> bytes:
    identity = "" if place is None else f"id: {place}\n"
    return f"{identity}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
