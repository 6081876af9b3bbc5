"""REST over HTTP: encodings, tokens, rates, faults, and a record of every call."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

from tests.simulators.discord import oauth
from tests.simulators.discord.core import Core
from tests.simulators.discord.faults import Fault, banned, too_many
from tests.simulators.discord.model import Call
from tests.simulators.discord.posting import Form, Upload
from tests.simulators.discord.protocol import Refused, refused
from tests.simulators.discord.routes import ROUTES, Ask
from tests.simulators.slack.socket_mode import abort

_PREFIX = "/api/v10"
_FILE = re.compile(r"files\[(\d+)\]")
_VIA = {"Via": "1.1 google"}
_WITH_TOKEN_IN_PATH = ("/interactions/", "/webhooks/{application}/{token}")
_FOR_PEOPLE = ("GET /users/@me", "GET /oauth2/@me")
_TOKENS = ("POST /oauth2/token", "POST /oauth2/token/revoke")
_MAJOR = ("channel", "guild", "token")


@dataclass(frozen=True)
class Answer:
    """What goes back; a body of none is 204."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Rest:
    """``/api/v10``. ``calls`` is every request, in order of arrival."""

    def __init__(self, core: Core) -> None:
        self.calls: list[Call] = []
        self.released = asyncio.Event()
        """Set at the end, and by ``release()``: what is held goes on."""
        self._core = core
        self._ended = False
        self._patterns = {name: _pattern(name) for name in [*ROUTES, *_TOKENS]}

    def release(self) -> None:
        """Let go what ``HELD`` keeps."""
        self.released.set()
        self.released = asyncio.Event()

    def end(self) -> None:
        """Nothing waits any more."""
        self._ended = True
        self.release()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        route, arguments = self._matched(request)
        body, files = await _read(request)
        path = request.rel_url.raw_path.removeprefix(_PREFIX)
        fault = self._core.faults.take(f"{request.method} {path}", route, "*")
        if fault and fault.kind in ("held", "silence") and not fault.after:
            await self._wait(fault)
        elif fault and not fault.after:
            answer = Answer(fault.status, fault.body, fault.headers)
            self._record(route, path, arguments, Form({}, files), body, answer)
            return await self.fail(request, fault)
        answer = self._answer(request, route, arguments, body, files)
        self._record(route, path, arguments, Form({}, files), body, answer)
        if fault and fault.after and fault.kind == "held":
            await self._wait(fault)
        elif fault and fault.after:
            return await self.fail(request, fault)
        return _response(answer)

    async def fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """Answer as the fault says."""
        if fault.kind == "reset":
            abort(request)
            return web.Response()
        if fault.kind in ("held", "silence"):
            await self._wait(fault)
            return web.Response(status=504)
        if isinstance(fault.body, str):
            return web.Response(status=fault.status, text=fault.body, headers=fault.headers, content_type="text/html")
        own = {} if fault.status == 429 else _VIA
        return _response(Answer(fault.status, dict(fault.body), {**own, **fault.headers}))

    async def _wait(self, fault: Fault) -> None:
        """What is silent waits until the end."""
        while not self._ended:
            await self.released.wait()
            if fault.kind == "held":
                return

    def _matched(self, request: web.Request) -> tuple[str, dict[str, str]]:
        path = request.rel_url.raw_path.removeprefix(_PREFIX)
        for name, pattern in self._patterns.items():
            found = pattern.fullmatch(path)
            if found and name.startswith(f"{request.method} "):
                return name, {key: unquote(value) for key, value in found.groupdict().items()}
        return f"{request.method} {path}", {}

    def _answer(
        self, request: web.Request, route: str, arguments: dict[str, str], body: Any, files: dict[int, Upload]
    ) -> Answer:
        if route in _TOKENS:
            return self._token(request, route, body)
        headers = dict(_VIA)
        try:
            if route not in ROUTES:
                raise Refused(404, 0, "404: Not Found")
            bearer = self._admit(request, route)
            limited = self._limit(route, arguments, headers)
            if limited:
                return limited
            form = Form(body if isinstance(body, dict) else {}, files)
            ask = Ask(self._core, route, arguments, dict(request.query), form, body, bearer)
            told = ROUTES[route](ask)
        except Refused as refusal:
            return Answer(refusal.status, refusal.body(), headers)
        return Answer(204 if told is None else 200, told, headers)

    def _admit(self, request: web.Request, route: str) -> str:
        """The bearer token of a person; empty for the bot."""
        if any(each in route for each in _WITH_TOKEN_IN_PATH):
            return ""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind == "Bearer" and route in _FOR_PEOPLE:
            oauth.grant(self._core, token)
            return token
        if kind != "Bot" or token != self._core.token or route == "GET /oauth2/@me":
            raise refused(0)
        return ""

    def _limit(self, route: str, arguments: Mapping[str, str], headers: dict[str, str]) -> Answer | None:
        """The 429 that is due, or none; the headers are filled in."""
        major = "/".join(arguments[each] for each in _MAJOR if each in arguments)
        counts = not any(each in route for each in _WITH_TOKEN_IN_PATH)
        verdict = self._core.rates.judge(route, major, counts_globally=counts)
        headers |= verdict.headers
        if not verdict.wait:
            return None
        if verdict.scope == "cloudflare":
            fault = banned()
            return Answer(fault.status, fault.body, fault.headers)
        fault = too_many(round(verdict.wait, 3), "global" if verdict.scope == "global" else "user")
        return Answer(fault.status, fault.body, {**headers, **fault.headers})

    def _token(self, request: web.Request, route: str, body: Any) -> Answer:
        """OAuth speaks forms and its own errors."""
        form = {str(key): str(value) for key, value in body.items()} if isinstance(body, dict) else {}
        try:
            if route.endswith("revoke"):
                oauth.revoke(self._core, form.get("token", ""))
                return Answer(200, {}, _VIA)
            return Answer(200, oauth.access(self._core, form, _basic(request)), _VIA)
        except oauth.InvalidGrant as refusal:
            return Answer(refusal.status, refusal.body, _VIA)

    def _record(
        self, route: str, path: str, arguments: Mapping[str, str], form: Form, body: Any, answer: Answer
    ) -> None:
        shared = answer.headers.get("X-RateLimit-Scope") == "shared"
        self._core.rates.count_invalid(answer.status, shared=shared)
        names = tuple(each.name for each in form.files.values())
        at = self._core.clock.now()
        self.calls.append(Call(route, path, arguments, body, names, answer.status, answer.body, at))
        self._core.changes.tell()


def _pattern(name: str) -> re.Pattern[str]:
    path = name.split(" ", 1)[1]
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def _response(answer: Answer) -> web.Response:
    """Discord's JSON names no character set: discord.py would take it for text."""
    if answer.status == 204:
        return web.Response(status=204, headers=answer.headers)
    if isinstance(answer.body, str):
        return web.Response(status=answer.status, text=answer.body, headers=answer.headers, content_type="text/html")
    headers = {**answer.headers, "Content-Type": "application/json"}
    return web.Response(status=answer.status, body=json.dumps(answer.body).encode(), headers=headers)


async def _read(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    if request.content_type == "multipart/form-data":
        return await _parts(request)
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post()), {}
    text = await request.text()
    if not text:
        return None, {}
    try:
        return json.loads(text), {}
    except ValueError:
        return None, {}


async def _parts(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    """``payload_json`` and ``files[n]``."""
    body: Any = {}
    files: dict[int, Upload] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        content = bytes(await part.read(decode=False))
        number = _FILE.fullmatch(part.name or "")
        if part.name == "payload_json":
            body = json.loads(content)
        elif number:
            files[int(number[1])] = Upload(part.filename or "file", content)
    return body, files


def _basic(request: web.Request) -> tuple[str, str] | None:
    kind, _, coded = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return None
    client, _, secret = base64.b64decode(coded).decode().partition(":")
    return client, secret
