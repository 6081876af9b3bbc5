"""The page's routes: what a person sees as HTML parts, news of changes, and what the person does."""

from __future__ import annotations

import asyncio
import base64
import mimetypes
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.simulators.slack.core import Core
from tests.simulators.slack.model import Channel, Message
from tests.simulators.slack.page.messages import Painter
from tests.simulators.slack.people import Person
from tests.simulators.slack.protocol import JSON
from tests.simulators.slack.workspace import Workspace

STATIC = Path(__file__).parent / "static"


class Page:
    """``/`` of the simulator, for the people of one workspace."""

    def __init__(self, core: Core, workspace: Callable[[], Workspace]) -> None:
        self._core = core
        self._find_workspace = workspace
        self._stopping = asyncio.Event()

    def add_routes(self, app: web.Application) -> None:
        """Put the page into the simulator's application."""
        app.router.add_get("/", self._index)
        app.router.add_static("/static", STATIC)
        app.router.add_get("/ui/state", self._state)
        app.router.add_get("/ui/news", self._news)
        app.router.add_post("/ui/do", self._do)
        app.router.add_get("/ui/files/{file}", self._file)
        app.on_shutdown.append(self._stop)

    @property
    def _workspace(self) -> Workspace:
        return self._find_workspace()

    async def _stop(self, _: web.Application) -> None:
        self._stopping.set()
        self._core.changes.tell()

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _state(self, request: web.Request) -> web.Response:
        person = self._person(request.query.get("as", ""))
        channel = self._channel(person, request.query.get("channel", ""))
        thread = request.query.get("thread", "")
        painter = Painter(self._workspace, person)
        stack = self._workspace.modals.get(person.user.id)
        home = request.query.get("tab") == "home" and channel.kind == "im"
        return web.json_response({
            "me": person.user.name, "people": sorted(self._workspace.people), "channel": channel.id,
            "name": self._label(channel), "kind": channel.kind, "sidebar": self._sidebar(person, channel),
            "main": painter.home(self._workspace.homes.get(person.user.id)) if home else painter.channel(channel),
            "thread": painter.thread(channel, thread) if thread else "",
            "modal": painter.modal(person.modal) if stack else "", "view": stack[-1] if stack else "",
            "warnings": person.warnings, "alarms": [each.live for each in self._workspace.alarms],
            "bot": self._workspace.bot.name, "connected": bool(self._connections()), "prompts": self._prompts(channel),
            "streaming": any(m.stream and m.stream.state == "live" for m in self._workspace.messages),
            "session": self._workspace.sessions.get((channel.id, thread), ""),
        })  # fmt: skip

    def _connections(self) -> int:
        return len(getattr(self._core.post.transport, "connections", [1]))

    def _prompts(self, channel: Channel) -> list[JSON]:
        return self._workspace.prompts.get((channel.id, ""), [])

    def _label(self, channel: Channel) -> str:
        return self._workspace.bot.name if channel.kind == "im" else channel.name

    def _person(self, name: str) -> Person:
        return self._workspace.people.get(name) or next(iter(self._workspace.people.values()))

    def _channel(self, person: Person, key: str) -> Channel:
        own, found = person.dm, self._workspace.channels.get(key)
        if found and (found.kind != "im" or found is own):
            return found
        return next((each for each in self._workspace.channels.values() if each.kind == "channel"), own)

    def _sidebar(self, person: Person, shown: Channel) -> str:
        channels = [c for c in self._workspace.channels.values() if c.kind != "im" and person.user.id in c.members]
        entries = "".join(
            self._entry(c, f"{'⌂' if c.kind == 'group' else '#'} {escape(c.name)}", shown) for c in channels
        )
        app = self._entry(person.dm, f"◆ {escape(self._workspace.bot.name)}", shown)
        return f"<h4>Channels</h4>{entries}<h4>Apps</h4>{app}"

    def _entry(self, channel: Channel, label: str, shown: Channel) -> str:
        on = " class=on" if channel is shown else ""
        archived = " <small>archived</small>" if channel.archived else ""
        return f'<button data-channel="{channel.id}"{on}>{label}{archived}</button>'

    async def _news(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: something changed, look again."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        while not self._stopping.is_set():
            try:
                await response.write(f"data: {self._core.changes.count}\n\n".encode())
            except ConnectionError:
                break
            await self._core.changes.next()
        return response

    async def _file(self, request: web.Request) -> web.Response:
        file = self._workspace.files.get(request.match_info["file"])
        if file is None or file.content is None:
            return web.Response(status=404)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        safe = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=file.content, headers={"Content-Type": kind, **safe})

    async def _do(self, request: web.Request) -> web.Response:
        """One deed of a person; what Slack would not allow comes back as words."""
        asked = await request.json()
        person = self._person(asked["as"])
        try:
            await self._deed(person, asked)
        except AssertionError as refusal:
            return web.json_response({"refused": str(refusal)})
        return web.json_response({})

    async def _deed(self, person: Person, asked: JSON) -> None:
        channel = self._channel(person, asked.get("channel", ""))
        match asked["deed"]:
            case "say":
                await self._say(person, channel, asked)
            case "click":
                await person.clicks(
                    self._target(asked["target"]), asked["action"], asked.get("choice") or None, wait=False
                )
            case "submit":
                await person.submits(person.modal, asked["values"])
            case "close":
                await person.closes(self._workspace.views[asked["view"]])
            case "react":
                await person.reacts(self._message(channel, asked["ts"]), asked["emoji"])
            case "shortcut":
                await person.uses_shortcut(asked["callback"], self._message(channel, asked["ts"]), wait=False)
            case "home":
                await person.opens_home()
            case "messages":
                await person.opens_messages()
            case "stop":
                await person.stops(self._message(channel, asked["ts"]))

    async def _say(self, person: Person, channel: Channel, asked: JSON) -> None:
        text, files = str(asked["text"]), {n: base64.b64decode(c) for n, c in asked.get("files", {}).items()}
        command, _, rest = text.partition(" ")
        if command in self._core.config.commands and not asked.get("thread"):
            await person.runs(command, rest, where=channel, wait=False)
        elif text or files:
            await person.says(channel, self._mentions(text), thread=asked.get("thread") or None, files=files)

    def _mentions(self, text: str) -> str:
        """Names that a person picks in the composer."""
        ids = {each.name.lower(): each.id for each in self._workspace.users.values()}
        return re.sub(r"@([\w-]+)", lambda m: f"<@{ids[m[1].lower()]}>" if m[1].lower() in ids else m[0], text)

    def _target(self, key: str) -> Any:
        kind, _, rest = key.partition(":")
        if kind == "view":
            return self._workspace.views[rest]
        channel, _, ts = rest.partition(":")
        return self._message(self._workspace.channels[channel], ts)

    def _message(self, channel: Channel, ts: str) -> Message:
        found = self._workspace.find(channel.id, ts)
        assert found, "this message is gone"
        return found
