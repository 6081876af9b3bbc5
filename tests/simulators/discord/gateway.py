"""The gateway: hello, identify, resume, heartbeats, dispatch, and all the ways in which a connection dies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.simulators.discord import shapes
from tests.simulators.discord.compression import negotiated
from tests.simulators.discord.connection import Connection
from tests.simulators.discord.events import Event
from tests.simulators.discord.protocol import JSON, Intents
from tests.simulators.discord.sessions import Session

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core

_UNKNOWN_OPCODE, _DECODE, _NOT_AUTHENTICATED, _WRONG_TOKEN, _ALREADY = 4001, 4002, 4003, 4004, 4005
_WRONG_SEQUENCE, _TOO_FAST, _WRONG_SHARD, _WRONG_INTENTS, _FORBIDDEN_INTENTS = 4007, 4008, 4010, 4013, 4014
_GOODBYES = (1000, 1001)
"""A bot that closes with these ends its session."""


class Gateway:
    """The side of Discord. ``identifies`` and ``resumes`` hold what every connection began with."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.sessions: list[Session] = []
        self.opened = 0
        """Connections ever made."""
        self.identifies: list[JSON] = []
        self.resumes: list[JSON] = []
        self.dispatched: list[Event] = []
        """Every event, whether anybody heard it or not."""
        self._overlap = 0
        self._twice = 0
        self._held: list[Event] | None = None
        self._refusals: list[bool] = []

    def attach(self, core: Core) -> None:
        """Belong to one Discord."""
        self._core = core

    # faults

    def duplicate(self, times: int = 1) -> None:
        """The next events come twice, as two dispatches."""
        self._twice += times

    def hold(self) -> None:
        """Keep back what happens from now on."""
        self._held = []

    def release(self, order: Callable[[list[Event]], Any] = list) -> None:
        """Dispatch what was held, in an order of the test's choosing (``reversed``)."""
        held, self._held = self._held or [], None
        for event in order(held):
            self.dispatch(event)

    def overlap(self, events: int) -> None:
        """The next resume replays so many dispatches more than were missed."""
        self._overlap = events

    def reconnect(self) -> None:
        """Op 7: please come again; the sessions can be resumed."""
        self._tell({"op": 7, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Op 9. Sessions that cannot be resumed are gone, and what happens until the next IDENTIFY is lost."""
        self._tell({"op": 9, "d": resumable})
        if not resumable:
            self.forget()

    def forget(self) -> None:
        """Lose all sessions without a word: the next RESUME is answered with op 9 false."""
        for session in self.sessions:
            session.connection = None
        self.sessions.clear()

    def refuse_resumes(self, *, resumable: bool, times: int = 1) -> None:
        """Answer the next RESUMEs with op 9."""
        self._refusals += [resumable] * times

    def close(self, code: int) -> None:
        """Close every connection with a code; sessions stay, but for 4009 they are gone."""
        for connection in self._live():
            connection.close(code)
        if code == 4009:
            self.forget()

    def reset(self) -> None:
        """Break every connection by a TCP reset; sessions stay."""
        for connection in self._live():
            connection.reset()

    def deafen(self) -> None:
        """The present connections stay open and dead: no acknowledgement, no event. Sessions go on."""
        for connection in self._live():
            connection.deaf = True

    def mute(self) -> None:
        """The present connections get no acknowledgement any more, but events."""
        for connection in self._live():
            connection.mute = True

    def ask_for_heartbeat(self) -> None:
        """Op 1: a heartbeat at once, please."""
        self._tell({"op": 1, "d": None})

    # dispatch

    def dispatch(self, event: Event) -> None:
        """Send an event to every session that may hear it."""
        if self._held is not None:
            self._held.append(event)
            return
        self.dispatched.append(event)
        copies = 1
        if self._twice:
            self._twice, copies = self._twice - 1, 2
        for session in self.sessions:
            for _ in range(copies if session.hears(event) else 0):
                session.dispatch(event)

    def named(self, name: str) -> list[JSON]:
        """The data of every event of a name."""
        return [each.data for each in self.dispatched if each.name == name]

    @property
    def ready(self) -> list[Session]:
        """Sessions with somebody at the other end."""
        return [each for each in self.sessions if each.connection and not each.connection.closing]

    async def hang_up(self) -> None:
        """Close every connection, for good."""
        for connection in list(self.connections):
            connection.close(1001)
        await asyncio.gather(*(each.end() for each in self.connections))

    def _live(self) -> list[Connection]:
        return [each for each in self.connections if not each.closing]

    def _tell(self, frame: JSON) -> None:
        for connection in self._live():
            connection.send(frame)

    # the websocket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from hello to its end."""
        ws = web.WebSocketResponse(timeout=0.5)
        await ws.prepare(request)
        connection = Connection(ws, request, negotiated(request.query.get("compress")))
        self.connections.append(connection)
        self.opened += 1
        interval = self._core.config.heartbeat_ms
        connection.send({"op": 10, "d": {"heartbeat_interval": interval, "_trace": ["simulator"]}})
        try:
            async for frame in ws:
                if not connection.deaf and frame.type == WSMsgType.TEXT:
                    self._heard(connection, frame.data)
        finally:
            self._lost(connection, ws.close_code)
            await connection.end()
        return ws

    def _lost(self, connection: Connection, code: int | None) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
        session = connection.session
        if session and session.connection is connection:
            session.connection = None
            if code in _GOODBYES and not connection.closing and session in self.sessions:
                self.sessions.remove(session)
        self._core.changes.tell()

    def _heard(self, connection: Connection, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            connection.close(_DECODE)
            return
        if connection.too_many(self._core.clock.now()) and self._core.rates.enforced:
            connection.close(_TOO_FAST)
            return
        self._act(connection, frame.get("op"), frame.get("d"))
        self._core.changes.tell()

    def _act(self, connection: Connection, op: object, data: Any) -> None:
        match op:
            case 1:
                self._beat(connection)
            case 2:
                self._identify(connection, data)
            case 6:
                self._resume(connection, data)
            case 3 | 4 | 8 if connection.session is None:
                connection.close(_NOT_AUTHENTICATED)
            case 8:
                self._chunk(connection, data)
            case 3 | 4:
                pass
            case _:
                connection.close(_UNKNOWN_OPCODE)

    def _beat(self, connection: Connection) -> None:
        connection.heartbeats += 1
        if not connection.mute:
            connection.send({"op": 11, "d": None})

    def _identify(self, connection: Connection, asked: JSON) -> None:
        core = self._core
        self.identifies.append(asked)
        number, count = asked.get("shard") or (0, 1)
        intents = asked.get("intents")
        if connection.session:
            connection.close(_ALREADY)
        elif asked.get("token") != core.token:
            connection.close(_WRONG_TOKEN)
        elif not 0 <= number < count:
            connection.close(_WRONG_SHARD)
        elif not isinstance(intents, int) or intents & ~Intents.KNOWN:
            connection.close(_WRONG_INTENTS)
        elif intents & Intents.PRIVILEGED & ~core.config.intents:
            connection.close(_FORBIDDEN_INTENTS)
        else:
            self._begin(connection, Session(core.ids.secret("session"), intents, (number, count), core.bot.id))

    def _begin(self, connection: Connection, session: Session) -> None:
        core = self._core
        session.connection, connection.session = connection, session
        self.sessions.append(session)
        here = [each for each in core.guilds.values() if session.serves(each.id) and core.bot.id in each.members]
        session.add("READY", {
            "v": 10, "user": shapes.own_user(core.bot), "session_id": session.id, "shard": list(session.shard),
            "guilds": [{"id": each.id, "unavailable": True} for each in here], "private_channels": [],
            "resume_gateway_url": f"{core.url.replace('http', 'ws', 1)}/gateway/resume",
            "application": {"id": core.application, "flags": 0}, "_trace": ["simulator"],
        })  # fmt: skip
        for guild in here:
            event = Event("GUILD_CREATE", shapes.guild_create(core, guild), guild.id, Intents.GUILDS)
            if session.hears(event) and not guild.out:
                session.dispatch(event)

    def _resume(self, connection: Connection, asked: JSON) -> None:
        self.resumes.append(asked)
        session = next((each for each in self.sessions if each.id == asked.get("session_id")), None)
        if asked.get("token") != self._core.token:
            connection.close(_WRONG_TOKEN)
        elif self._refusals:
            connection.send({"op": 9, "d": self._refusals.pop(0)})
        elif session is None:
            connection.send({"op": 9, "d": False})
        elif not 0 <= (asked.get("seq") or 0) <= session.sequence:
            connection.close(_WRONG_SEQUENCE)
        else:
            self._replay(connection, session, asked.get("seq") or 0)

    def _replay(self, connection: Connection, session: Session, seen: int) -> None:
        session.connection, connection.session = connection, session
        begin, self._overlap = max(0, seen - self._overlap), 0
        for frame in session.log[begin:]:
            connection.send(frame)
        session.add("RESUMED", {"_trace": ["simulator"]})

    def _chunk(self, connection: Connection, asked: JSON) -> None:
        """Members by id or by the beginning of their names."""
        session, guild = connection.session, self._core.guilds.get(str(asked.get("guild_id")))
        assert session
        ids = asked.get("user_ids")
        wanted = {str(each) for each in (ids if isinstance(ids, list) else [ids])} if ids else None
        query, limit = str(asked.get("query") or ""), int(asked.get("limit") or 0)
        whole = wanted is None and not query and not limit
        if guild is None or (whole and not session.intents & Intents.GUILD_MEMBERS):
            return
        found = [
            each for each in guild.members.values()
            if (each.user.id in wanted if wanted is not None else each.user.name.startswith(query))
        ]  # fmt: skip
        told = {"guild_id": guild.id, "members": [shapes.member(each) for each in found[: limit or None]],
                "chunk_index": 0, "chunk_count": 1, "nonce": asked.get("nonce")}  # fmt: skip
        session.add("GUILD_MEMBERS_CHUNK", told)
