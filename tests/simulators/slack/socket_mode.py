"""Socket Mode: tickets, connections, envelopes, acknowledgements, and all the ways in which a connection dies."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from dataclasses import dataclass
from typing import Literal

from aiohttp import WSCloseCode, WSMsgType, web

from tests.simulators.slack.clock import Changes, Clock
from tests.simulators.slack.delivery import ACK_SECONDS, RETRIES, Delivery, Outcome
from tests.simulators.slack.protocol import JSON, AppConfig, Ids, Refused

Goodbye = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]
MOST_CONNECTIONS = 10


@dataclass(eq=False)
class Connection:
    """One websocket of the app."""

    id: str
    ws: web.WebSocketResponse
    request: web.Request
    deaf: bool = False
    leaving: bool = False
    """Told to go: gets nothing new, may still acknowledge."""
    pings: int = 0
    lost: bool = False


class SocketMode:
    """The side of Slack. ``acknowledged`` holds every acknowledgement as it came."""

    pauses: tuple[float, ...] = (0.0,) * (RETRIES + 1)

    def __init__(self, config: AppConfig, clock: Clock, changes: Changes, ids: Ids) -> None:
        self.connections: list[Connection] = []
        self.opened = 0
        """Connections ever made."""
        self.acknowledged: list[JSON] = []
        self.happened: set[str] = set()
        """``reset``, ``hung up``, ``deaf`` and the reasons of goodbyes, once they were."""
        self.ignore_acks = 0
        self.refused = 0
        """So many of the next handshakes are answered 503, whatever their ticket."""
        self._config = config
        self._clock = clock
        self._changes = changes
        self._ids = ids
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[JSON]] = {}
        self._turn = 0

    def ticket(self) -> str:
        """What ``apps.connections.open`` hands out: good for one connection."""
        if len(self.connections) >= MOST_CONNECTIONS:
            raise Refused("too_many_websockets")
        ticket = self._ids.new("ticket-")
        self._tickets.add(ticket)
        return ticket

    async def link(self, request: web.Request) -> web.StreamResponse:
        """The websocket itself."""
        ticket = request.query.get("ticket", "")
        if self.refused:
            self.refused -= 1
            return web.Response(status=503)
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        connection = Connection(self._ids.new("s-"), ws, request)
        self.connections.append(connection)
        try:
            await self._greet(connection)
            await self._listen(connection)
        finally:
            self._forget(connection)
        return ws

    async def offer(self, delivery: Delivery, number: int, reason: str) -> Outcome:
        """Send the envelope on one connection. What fell into a gap arrives as a retry."""
        connection = self._next() or await self._late(delivery)
        if connection is None:
            return Outcome(acknowledged=False, reason="timeout")
        answer = self._waiting.get(delivery.envelope_id)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._waiting[delivery.envelope_id] = answer
        await self._send(connection, self._envelope(delivery, number, reason))
        return await self._answer(connection, delivery, answer)

    async def disconnect(self, reason: Goodbye = "refresh_requested") -> None:
        """Ask every connection to come again. The client opens a new one itself."""
        for connection in [each for each in self.connections if not each.leaving]:
            connection.leaving = True
            self.happened.add(f"disconnect {reason}")
            await self._send(connection, {"type": "disconnect", "reason": reason, "debug_info": {"host": "simulator"}})

    def reset(self) -> None:
        """Break every connection by a TCP reset."""
        for connection in list(self.connections):
            self.happened.add("reset")
            abort(connection.request)
            self._forget(connection)

    async def hang_up(self) -> None:
        """Close every connection in order."""
        for connection in list(self.connections):
            self.happened.add("hung up")
            await connection.ws.close(code=WSCloseCode.GOING_AWAY)

    def deafen(self) -> None:
        """The present connections stay open and dead: no pong, no envelope, no acknowledgement heard."""
        for connection in self.connections:
            connection.deaf = True
            self.happened.add("deaf")

    async def _answer(self, connection: Connection, delivery: Delivery, answer: asyncio.Future[JSON]) -> Outcome:
        """The first of: acknowledgement, three seconds, a lost connection."""

        async def either() -> bool:
            while not (answer.done() or connection.lost):
                await self._changes.next()
            return answer.done()

        if not await self._clock.within(ACK_SECONDS, either()):
            return Outcome(acknowledged=False, reason="timeout")
        self._waiting.pop(delivery.envelope_id, None)
        return Outcome(acknowledged=True, answer=answer.result())

    def _envelope(self, delivery: Delivery, number: int, reason: str) -> JSON:
        retry = {"retry_attempt": number, "retry_reason": reason} if delivery.kind == "events_api" else {}
        return {
            "envelope_id": delivery.envelope_id, "type": delivery.kind, "payload": delivery.body,
            "accepts_response_payload": delivery.kind != "events_api", **retry,
        }  # fmt: skip

    def _next(self) -> Connection | None:
        """Each envelope goes to one connection, in turn."""
        able = [each for each in self.connections if not each.leaving]
        if not able:
            return None
        self._turn += 1
        return able[self._turn % len(able)]

    async def _late(self, delivery: Delivery) -> Connection | None:
        """An event that falls into a gap comes later as a retry; an interaction has three seconds in all."""
        if delivery.kind == "events_api":
            await self._connected()
            return None
        await self._clock.within(ACK_SECONDS, self._connected())
        return self._next()

    async def _connected(self) -> None:
        while self._next() is None:
            await self._changes.next()

    async def _greet(self, connection: Connection) -> None:
        debug = {"host": "simulator", "started": "2026-11-21 08:00:00.000", "build_number": 1}
        debug["approximate_connection_time"] = 18060
        hello = {"type": "hello", "num_connections": len(self.connections), "debug_info": debug}
        await self._send(connection, {**hello, "connection_info": {"app_id": self._config.app_id}})
        self.opened += 1
        self._changes.tell()
        await connection.ws.ping(b"Ping from simulator")

    async def _listen(self, connection: Connection) -> None:
        async for frame in connection.ws:
            if connection.deaf:
                continue
            if frame.type == WSMsgType.PING:
                connection.pings += 1
                self._changes.tell()
                await connection.ws.pong(frame.data)
            elif frame.type == WSMsgType.TEXT:
                self._heard(json.loads(frame.data))

    def _heard(self, frame: JSON) -> None:
        self.acknowledged.append(frame)
        if self.ignore_acks:
            self.ignore_acks -= 1
        else:
            waiting = self._waiting.get(frame.get("envelope_id", ""))
            if waiting and not waiting.done():
                waiting.set_result(frame.get("payload") or {})
        self._changes.tell()

    async def _send(self, connection: Connection, frame: JSON) -> None:
        if connection.deaf:
            return
        try:
            await connection.ws.send_json(frame)
        except ConnectionError:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        connection.lost = True
        if connection in self.connections:
            self.connections.remove(connection)
        self._changes.tell()


def abort(request: web.Request) -> None:
    """End a TCP connection with a reset."""
    if request.transport is None:
        return
    raw: socket.socket | None = request.transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
