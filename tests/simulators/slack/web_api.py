"""The Web API over HTTP: encodings, tokens, scopes, rates, faults, and a record of every call."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping

from aiohttp import web

from tests.simulators.slack import oauth
from tests.simulators.slack.core import Core
from tests.simulators.slack.faults import Fault
from tests.simulators.slack.methods import METHODS, Ask
from tests.simulators.slack.model import Call, Installation
from tests.simulators.slack.protocol import JSON, Refused
from tests.simulators.slack.rules import RULES, Rule
from tests.simulators.slack.socket_mode import SocketMode, abort
from tests.simulators.slack.workspace import Workspace

_JSON_FIELDS = ("blocks", "view", "files", "metadata", "attachments", "prompts", "chunks", "loading_messages")


class WebApi:
    """``/api/<method>``. ``calls`` is every request of every workspace, in order of arrival."""

    def __init__(self, core: Core, workspaces: Mapping[str, Workspace], sockets: SocketMode) -> None:
        self.calls: list[Call] = []
        self._core = core
        self._workspaces = workspaces
        self._sockets = sockets
        self.released = asyncio.Event()
        """Set at the end, so that silent answers stop waiting."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        method = request.match_info["method"]
        arguments = await _arguments(request, RULES.get(method))
        token = _token(request, arguments)
        fault = self._core.faults.take(method)
        if fault and fault.kind != "lost":
            return await self._failed(request, method, arguments, token, fault)
        status, headers, body = self._answer(request, method, arguments, token)
        self._record(method, arguments, token, body, status)
        if fault:
            abort(request)
        return web.json_response(body, status=status, headers=headers)

    def _answer(
        self, request: web.Request, method: str, arguments: JSON, token: str
    ) -> tuple[int, dict[str, str], JSON]:
        headers: dict[str, str] = {}
        try:
            rule = RULES.get(method)
            if rule is None or method in self._core.config.features_off:
                raise Refused("unknown_method", req_method=method)
            team, scopes = self._admit(rule, token)
            headers["x-oauth-scopes"] = ",".join(sorted(scopes))
            headers["x-accepted-oauth-scopes"] = ",".join(rule.scopes)
            wait = self._core.rates.wait(team, method, arguments)
            if wait:
                return 429, {**headers, "Retry-After": str(wait)}, {"ok": False, "error": "ratelimited"}
            _check_scopes(rule, scopes)
            _check_required(rule, arguments)
            return 200, headers, {"ok": True, **self._run(request, method, arguments, team, token)}
        except Refused as refusal:
            return 200, headers, refusal.body()

    def _run(self, request: web.Request, method: str, arguments: JSON, team: str, token: str) -> JSON:
        if method == "apps.connections.open":
            link = f"{self._core.url.replace('http', 'ws', 1)}/link"
            return {"url": f"{link}?ticket={self._sockets.ticket()}&app_id={self._core.config.app_id}"}
        if method == "oauth.v2.access":
            return oauth.access(self._core, self._workspaces, {**_basic(request), **arguments})
        ask = Ask(self._core, self._workspaces[team], self._core.installations[token], method, arguments)
        return METHODS[method](ask)

    def _admit(self, rule: Rule, token: str) -> tuple[str, frozenset[str]]:
        """Workspace and scopes of a good token."""
        if rule.token == "none":
            return "", frozenset()
        if not token:
            raise Refused("not_authed")
        if rule.token == "app":
            if token not in self._core.app_tokens:
                wrong = token in self._core.installations
                raise Refused("not_allowed_token_type" if wrong else "invalid_auth")
            return "", self._core.app_tokens[token]
        if token in self._core.app_tokens:
            raise Refused("not_allowed_token_type")
        found = self._core.installations.get(token)
        if found is None:
            raise Refused("invalid_auth")
        return found.team, self._good(found).scopes

    def _good(self, found: Installation) -> Installation:
        if found.fault:
            raise Refused(found.fault)
        if found.expires is not None and self._core.clock.now() >= found.expires:
            raise Refused("token_expired")
        return found

    async def _failed(
        self, request: web.Request, method: str, arguments: JSON, token: str, fault: Fault
    ) -> web.StreamResponse:
        body: JSON = {"ok": False, "error": fault.error or fault.kind, **fault.fields}
        self._record(method, arguments, token, body, fault.status if fault.kind == "status" else 200)
        return await fail(request, fault, self.released)

    def _record(self, method: str, arguments: JSON, token: str, answer: JSON, status: int) -> None:
        found = self._core.installations.get(token)
        shown = {key: value for key, value in arguments.items() if key not in ("token", "client_secret")}
        call = Call(method, shown, found.team if found else "", answer, status, self._core.clock.now())
        self.calls.append(call)
        if found:
            self._workspaces[found.team].calls.append(call)
        self._core.changes.tell()


async def fail(request: web.Request, fault: Fault, released: asyncio.Event) -> web.StreamResponse:
    """Answer as the fault says."""
    if fault.kind == "silence":
        await released.wait()
        return web.Response()
    if fault.kind == "reset":
        abort(request)
        return web.Response()
    if fault.kind == "html":
        return web.Response(text="<html><h1>Slack is down</h1></html>", content_type="text/html")
    if fault.kind == "error":
        return web.json_response({"ok": False, "error": fault.error, **fault.fields})
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
    if fault.error:
        return web.json_response({"ok": False, "error": fault.error}, status=fault.status, headers=headers)
    return web.Response(text="upstream error", status=fault.status, headers=headers)


async def _arguments(request: web.Request, rule: Rule | None) -> JSON:
    """Query, form and JSON together; JSON inside form fields decoded."""
    found: JSON = dict(request.query)
    if request.content_type == "application/json":
        if rule is None or rule.json:
            found |= json.loads(await request.text() or "{}")
    else:
        found |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    return {key: _decoded(value) if key in _JSON_FIELDS else value for key, value in found.items()}


def _decoded(value: object) -> object:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _token(request: web.Request, arguments: JSON) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind == "Bearer" else str(arguments.get("token", ""))


def _basic(request: web.Request) -> JSON:
    """``client_id`` and ``client_secret`` from HTTP Basic."""
    kind, _, coded = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return {}
    client, _, secret = base64.b64decode(coded).decode().partition(":")
    return {"client_id": client, "client_secret": secret}


def _check_scopes(rule: Rule, scopes: frozenset[str]) -> None:
    if rule.scopes and not scopes & set(rule.scopes):
        raise Refused("missing_scope", needed=rule.scopes[0], provided=",".join(sorted(scopes)))


def _check_required(rule: Rule, arguments: JSON) -> None:
    missing = [each for each in rule.required if arguments.get(each) is None]
    if missing:
        raise Refused("invalid_arguments", *(f"[ERROR] missing required field: {each}" for each in missing))
