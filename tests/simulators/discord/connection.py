"""One websocket of the bot: frames out in order, frames in counted."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from tests.simulators.discord.compression import Stream
from tests.simulators.discord.protocol import JSON
from tests.simulators.slack.socket_mode import abort

if TYPE_CHECKING:
    from tests.simulators.discord.sessions import Session

SENDS = 120
SEND_SECONDS = 60.0


class Connection:
    """``deaf``: nothing goes out and nothing is heard. ``mute``: heartbeats are not acknowledged."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request, stream: Stream) -> None:
        self.session: Session | None = None
        self.deaf = False
        self.mute = False
        self.heartbeats = 0
        self.closing = False
        self._ws = ws
        self._request = request
        self._stream = stream
        self._frames: asyncio.Queue[JSON | int] = asyncio.Queue()
        self._sent_at: list[float] = []
        self._writer = asyncio.create_task(self._write())

    def send(self, frame: JSON) -> None:
        """Put a frame on its way."""
        if not self.deaf:
            self._frames.put_nowait(frame)

    def close(self, code: int) -> None:
        """Close after everything that was sent so far."""
        self.closing = True
        self._frames.put_nowait(code)

    def reset(self) -> None:
        """End the TCP connection with a reset."""
        self.closing = True
        self._writer.cancel()
        abort(self._request)

    def too_many(self, now: float) -> bool:
        """Count a frame of the bot: 120 in a minute are allowed."""
        self._sent_at = [each for each in self._sent_at if each > now - SEND_SECONDS] + [now]
        return len(self._sent_at) > SENDS

    async def end(self) -> None:
        """Stop writing."""
        self._writer.cancel()
        with suppress(asyncio.CancelledError):
            await self._writer

    async def _write(self) -> None:
        with suppress(ConnectionError):
            while True:
                frame = await self._frames.get()
                if isinstance(frame, int):
                    await self._ws.close(code=frame)
                    return
                packed = self._stream.pack(json.dumps(frame))
                await (self._ws.send_str(packed) if isinstance(packed, str) else self._ws.send_bytes(packed))
