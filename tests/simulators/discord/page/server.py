"""The page's routes: what a person sees as HTML parts, news of changes, and what the person does."""

from __future__ import annotations

import asyncio
import base64
import re
from html import escape
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.simulators.discord import access
from tests.simulators.discord.core import Core
from tests.simulators.discord.guild import Guild
from tests.simulators.discord.model import Channel, Message
from tests.simulators.discord.page import components
from tests.simulators.discord.page.messages import View, usable
from tests.simulators.discord.people import Person
from tests.simulators.discord.protocol import JSON, Kinds
from tests.simulators.discord.registry import CHAT

STATIC = Path(__file__).parent / "static"
_SUBCOMMANDS = (1, 2)


class Page:
    """``/`` of the simulator, for the people of one guild."""

    def __init__(self, core: Core, guild: Guild) -> None:
        self._core = core
        self._guild = guild
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

    async def _stop(self, _: web.Application) -> None:
        self._stopping.set()
        self._core.changes.tell()

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _state(self, request: web.Request) -> web.Response:
        person = self._person(request.query.get("as", ""))
        channel = self._channel(person, request.query.get("channel", ""))
        modal = self._core.modals.get(person.id)
        return web.json_response({
            "me": person.user.name, "people": sorted(self._core.people), "channel": channel.id,
            "name": self._core.bot.name if channel.is_dm else channel.name, "sign": components.label(channel),
            "forum": channel.kind == Kinds.FORUM, "tags": [each.name for each in channel.tags],
            "sidebar": self._sidebar(person, channel), "main": View(self._core, person).channel(channel),
            "modal": components.form(self._core, modal) if modal else "",
            "modalId": modal.interaction.id if modal else "",
            "warnings": person.warnings, "alarms": [f"{each.live} in {each.where}" for each in self._core.alarms],
            "bot": self._core.bot.name, "connected": bool(self._core.gateway.ready), "guild": self._guild.name,
            "commands": self._commands(channel),
        })  # fmt: skip

    def _commands(self, channel: Channel) -> list[JSON]:
        """Slash commands as the composer offers them; subcommands each by themselves."""
        found: list[JSON] = []
        for each in self._core.registry.visible(channel.guild):
            if each["type"] != CHAT:
                continue
            inner = [o for o in each["options"] if o["type"] in _SUBCOMMANDS]
            for option in inner:
                name = f"/{each['name']} {option['name']}"
                found.append({"name": name, "about": option["description"], "options": option.get("options") or []})
            if not inner:
                found.append({"name": f"/{each['name']}", "about": each["description"], "options": each["options"]})
        return found

    def _person(self, name: str) -> Person:
        return self._core.people.get(name) or next(iter(self._core.people.values()))

    def _channel(self, person: Person, key: str) -> Channel:
        own = person.dm
        found = self._core.channel(key)
        if found and (found is own or (not found.is_dm and access.sees(self._core, person.id, found))):
            return found
        return next((each for each in self._core.channels.values() if each.guild == self._guild.id), own)

    def _sidebar(self, person: Person, shown: Channel) -> str:
        here = [c for c in self._core.channels.values() if c.guild == self._guild.id and not c.deleted]
        seen = [each for each in here if access.sees(self._core, person.id, each)]
        html = f"<h4>{escape(self._guild.name)}</h4>"
        for each in (c for c in seen if not c.thread):
            html += self._entry(each, each.name, shown)
            threads = [t for t in seen if t.parent == each.id and t.thread and not t.thread.archived]
            html += "".join(self._entry(t, t.name, shown, inner=True) for t in threads)
        return f"{html}<h4>Direct messages</h4>{self._entry(person.dm, self._core.bot.name, shown)}"

    def _entry(self, channel: Channel, name: str, shown: Channel, *, inner: bool = False) -> str:
        kind = " ".join(word for word, on in (("on", channel is shown), ("inner", inner)) if on)
        sign = components.label(channel)
        return f'<button data-channel="{channel.id}" class="{kind}"><i>{sign}</i> {escape(name)}</button>'

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
        file = self._core.attachments.get(request.match_info["file"])
        if file is None:
            return web.Response(status=404)
        safe = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=file.content, headers={"Content-Type": file.media_type, **safe})

    async def _do(self, request: web.Request) -> web.Response:
        """One deed of a person; what Discord would not allow comes back as words."""
        asked = await request.json()
        person = self._person(asked["as"])
        try:
            return web.json_response(await self._deed(person, asked) or {})
        except AssertionError as refusal:
            return web.json_response({"refused": str(refusal)})

    async def _deed(self, person: Person, asked: JSON) -> JSON | None:
        channel = self._channel(person, asked.get("channel", ""))
        match asked["deed"]:
            case "say":
                reply = self._core.messages.get(asked.get("reply") or "")
                await person.says(channel, self._names(asked["text"]), reply_to=reply, files=_files(asked))
            case "post":
                text, tags = self._names(asked["text"]), asked.get("tags") or []
                made = await person.posts(channel, asked["title"], text, tags=tags, files=_files(asked))
                return {"channel": made.id}
            case "run":
                options = self._options(channel, asked)
                await person.runs(asked["command"], where=channel, wait=False, **options)
            case "choices":
                return await self._choices(person, channel, asked)
            case "submit":
                await person.submits(person.modal, asked["values"], wait=False)
            case "close":
                await person.closes(person.modal)
            case _:
                return await self._on_message(person, self._message(asked["id"]), asked)
        return None

    async def _on_message(self, person: Person, message: Message, asked: JSON) -> JSON | None:
        match asked["deed"]:
            case "click":
                await person.clicks(message, asked["custom"], self._picked(message, asked), wait=False)
            case "react":
                mine = person.id in message.reactions.get(asked["emoji"], [])
                await (person.unreacts if mine else person.reacts)(message, asked["emoji"])
            case "menu":
                await person.uses_message_command(asked["name"], message, wait=False)
            case "thread":
                return {"channel": (await person.opens_thread(message, asked["text"])).id}
            case "edit":
                await person.edits(message, self._names(asked["text"]))
            case "delete":
                await person.deletes(message)
        return None

    async def _choices(self, person: Person, channel: Channel, asked: JSON) -> JSON:
        options = self._options(channel, asked)
        options.pop(asked["option"], None)
        found = await person.types_into(asked["command"], asked["option"], asked["typed"], where=channel, **options)
        return {"choices": found}

    def _options(self, channel: Channel, asked: JSON) -> dict[str, Any]:
        """What was filled in, in the types that the command wants."""
        command = next(each for each in self._commands(channel) if each["name"] == asked["command"])
        given, found = asked.get("options") or {}, dict[str, Any]()
        for option in command["options"]:
            value = given.get(option["name"], "")
            if value != "":
                found[option["name"]] = self._typed(option["type"], value)
        return found

    def _typed(self, kind: int, value: str) -> Any:
        match kind:
            case 4:
                assert value.lstrip("-").isdigit(), "a whole number, please"
                return int(value)
            case 5:
                return value == "true"
            case 10:
                return float(value)
        return self._thing(value) if kind in (6, 7, 8, 9) else value

    def _thing(self, key: str) -> Any:
        people = {each.id: each for each in self._core.people.values()}
        return people.get(key) or self._core.channels.get(key) or self._guild.roles[key]

    def _picked(self, message: Message, asked: JSON) -> Any:
        component, choice = usable(message, asked["custom"]), asked.get("choice")
        if component["type"] in (2, 3) or not choice:
            return choice
        return [self._thing(each) for each in ([choice] if isinstance(choice, str) else choice)]

    def _names(self, text: str) -> str:
        """Names that a person picks in the composer."""
        ids = {each.name.lower(): each.mention for each in self._core.users.values()}
        ids |= {
            each.name.lower(): each.mention for each in self._guild.roles.values() if each is not self._guild.everybody
        }
        ids[self._core.bot.name.lower()] = self._core.bot.mention
        return re.sub(r"@([\w-]+)", lambda m: ids.get(m[1].lower(), m[0]), text)

    def _message(self, key: str) -> Message:
        found = self._core.messages.get(key)
        assert found, "this message is gone"
        assert not found.deleted, "this message is gone"
        return found


def _files(asked: JSON) -> dict[str, bytes]:
    return {name: base64.b64decode(content) for name, content in (asked.get("files") or {}).items()}
