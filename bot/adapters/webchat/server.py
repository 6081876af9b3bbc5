"""The HTTP face: ``POST /api/v1/chat``, approvals, and the page at ``/``."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.helpers import content_disposition_header

from bot.adapters.footer import as_json, used_line
from bot.adapters.webchat.linking import Redeem, redeemed, typed_code
from bot.adapters.webchat.markdown import safe_html
from bot.adapters.webchat.stream import Streams
from bot.domain.link import LinkRefused
from bot.domain.message import ConversationId, Message, Platform, Reply
from bot.domain.person import Sender
from bot.domain.progress import Progress
from bot.ports import Clock, Conversations, NewId, Watch

LARGEST_BODY = 64 * 1024
_STATIC = Path(__file__).parent / "static"
_COOKIE = "deskhand"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_LONGEST_ID = 128


class BadRequest(web.HTTPBadRequest):
    """A request that cannot be served; its text says what is wrong and how to mend it."""

    def __init__(self, problem: str) -> None:
        super().__init__(text=json.dumps({"error": problem}), content_type="application/json")


@dataclass(frozen=True, slots=True)
class _Asked:
    message: Message
    stream: bool


class WebChat:
    """Routes over the engine. ``person`` is who an unnamed visitor is taken for; ``token`` guards the API if set.

    ``redeem`` takes pairing codes, sent as such or typed as a message.
    """

    def __init__(
        self,
        conversations: Conversations,
        person: Sender,
        clock: Clock,
        new_id: NewId,
        suggestions: Callable[[], Awaitable[Sequence[str]]],
        token: str = "",
        redeem: Redeem | None = None,
    ) -> None:
        self._conversations = conversations
        self._person = person
        self._clock = clock
        self._new_id = new_id
        self._suggestions = suggestions
        self._token = token
        self._redeem = redeem
        self._streams = Streams()

    def application(self) -> web.Application:
        """The aiohttp application, ready to be run."""
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[self._guarded])
        app.router.add_get("/", self._page)
        app.router.add_get("/api/v1/suggestions", self._suggest)
        app.router.add_post("/api/v1/chat", self._chat)
        app.router.add_post("/api/v1/links", self._link)
        app.router.add_post("/api/v1/approvals/{id}", self._approve)
        app.router.add_post("/api/v1/conversations/{id}/stop", self._stop)
        app.router.add_get("/api/v1/runs/{run}/files/{place:[0-9]{1,4}}", self._file)
        app.router.add_static("/static/", _STATIC)
        app.on_shutdown.append(lambda _: self._streams.drain())
        return app

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Own origin only, token where one is set, safe headers on everything."""
        if request.path.startswith("/api/"):
            self._check_token(request)
        if request.method not in ("GET", "HEAD"):
            _check_origin(request)
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    def _check_token(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if self._token and not secrets.compare_digest(given.encode(), self._token.encode()):
            mend = "Send the header Authorization: Bearer <token>."
            told = {"title": "Unauthorized", "status": 401, "detail": mend, "error": mend}
            raise web.HTTPUnauthorized(text=json.dumps(told), content_type="application/problem+json")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(_STATIC / "index.html")
        if not _visitor(request):
            response.set_cookie(_COOKIE, secrets.token_urlsafe(24), httponly=True, samesite="Lax", max_age=30 * 86400)
        return response

    async def _suggest(self, _: web.Request) -> web.Response:
        return web.json_response({"suggestions": list(await self._suggestions())})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request, {"message", "conversation", "message_id", "user", "stream"})
        asked = self._asked(request, body)
        message = replace(asked.message, sender=self._vouched(asked.message.sender, body))

        async def work(watch: Watch) -> Reply:
            return await self._linked(message) or await self._conversations.handle(asked.message, watch)

        return await self._answered(request, work, message.text, asked.stream)

    async def _linked(self, message: Message) -> Reply | None:
        """The answer to a pairing code, which is no question to the engine; None for any other message."""
        code = typed_code(message.text)
        if not code or self._redeem is None:
            return None
        try:
            text = await redeemed(self._redeem, code, message.sender)
        except LinkRefused as refused:
            text = str(refused)
        return Reply("", message.conversation, text, mode="rules")

    async def _link(self, request: web.Request) -> web.Response:
        """A pairing code from a program that speaks for a named user."""
        if self._redeem is None:
            raise web.HTTPNotFound(text='{"error": "accounts are not linked here"}', content_type="application/json")
        body = await _body(request, {"code", "conversation", "user"})
        code = _text(body, "code", _LONGEST_ID)
        if not code.strip():
            raise BadRequest('"code" must be the code that /link in Discord shows: {"code": "K7QX-4MTD"}.')
        sender = self._sender(request, body, _text(body, "conversation", _LONGEST_ID))
        try:
            return web.json_response({"text": await redeemed(self._redeem, code, self._vouched(sender, body))})
        except LinkRefused as refused:
            raise BadRequest(str(refused)) from refused

    async def _approve(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request, {"approve", "conversation", "user", "stream"})
        if not isinstance(body.get("approve"), bool):
            raise BadRequest('"approve" must be true or false.')
        conversation = _text(body, "conversation", _LONGEST_ID)
        sender = self._sender(request, body, conversation)
        approval_id = request.match_info["id"]

        async def work(watch: Watch) -> Reply:
            return await self._conversations.decide(approval_id, body["approve"], sender, watch)

        try:
            return await self._answered(request, work, "yes" if body["approve"] else "no", _wants_stream(request, body))
        except LookupError as error:
            raise web.HTTPNotFound(text='{"error": "no such request"}', content_type="application/json") from error

    async def _stop(self, request: web.Request) -> web.Response:
        """Stop what runs for this visitor in a conversation; tells the names of the actions."""
        conversation = request.match_info["id"][:_LONGEST_ID]
        sender = self._sender(request, {}, conversation)
        names = await self._conversations.stop(ConversationId(Platform.WEB, conversation), sender)
        return web.json_response({"stopped": list(names)})

    async def _file(self, request: web.Request) -> web.Response:
        """A file that a run made, for the visitor it ran for; pictures may be shown in place, all else is saved."""
        sender = self._sender(request, {}, request.query.get("conversation", "")[:_LONGEST_ID])
        place = int(request.match_info["place"])
        found = await self._conversations.document(request.match_info["run"], place, sender)
        if found is None:
            raise web.HTTPNotFound(text='{"error": "no such file"}', content_type="application/json")
        kind = "inline" if found.is_picture else "attachment"
        headers = {"Content-Disposition": content_disposition_header(kind, filename=found.name)}
        return web.Response(body=found.data, content_type=found.media_type, headers=headers)

    async def _answered(
        self, request: web.Request, work: Callable[[Watch], Awaitable[Reply]], question: str, stream: bool
    ) -> web.StreamResponse:
        def render(reply: Reply) -> dict[str, Any]:
            return {**as_json(reply, question), "html": safe_html(reply.text), "footer": used_line(reply)}

        if stream:
            return await self._streams.send(request, work, render)
        return web.json_response(
            render(await work(_unwatched)), dumps=lambda data: json.dumps(data, ensure_ascii=False)
        )

    def _asked(self, request: web.Request, body: Mapping[str, Any]) -> _Asked:
        if not isinstance(body.get("message"), str):
            raise BadRequest('"message" must be a text: {"message": "Where is order 12345?"}.')
        conversation = _text(body, "conversation", _LONGEST_ID) or secrets.token_urlsafe(16)
        message = Message(
            id=_text(body, "message_id", _LONGEST_ID) or self._new_id(),
            conversation=ConversationId(Platform.WEB, conversation),
            sender=self._sender(request, body, conversation),
            text=body["message"],
            sent_at=self._clock(),
        )
        return _Asked(message, _wants_stream(request, body))

    def _sender(self, request: web.Request, body: Mapping[str, Any], conversation: str) -> Sender:
        """A browser is known by its cookie; a program by the unguessable conversation it holds."""
        user = body.get("user") or {}
        if not isinstance(user, dict) or not set(user) <= {"email", "name", "groups"}:
            raise BadRequest('"user" must be an object with email, name and groups.')
        person = replace(self._person, id=f"web:{_visitor(request) or conversation}", verified=False)
        if not user:
            return person
        groups = user.get("groups") or ["Everyone"]
        if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
            raise BadRequest('"user.groups" must be a list of texts.')
        return replace(
            person, email=_text(user, "email", 320), name=_text(user, "name", 200), groups=tuple(groups[:50])
        )

    def _vouched(self, sender: Sender, body: Mapping[str, Any]) -> Sender:
        """Who a program names, it vouches for with the token. Without one this listens on the operator's own machine
        alone, and whoever names nobody is the operator, whose word counts as it does in the terminal.
        """
        proven = body.get("user") if self._token else not body.get("user")
        return replace(sender, verified=bool(proven and sender.email))


async def _unwatched(progress: Progress) -> None:
    """Nobody looks on."""


async def _body(request: web.Request, known: set[str]) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text='{"error": "Send JSON, Content-Type: application/json."}')
    try:
        body = json.loads(await request.text())
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    if unknown := sorted(set(body) - known):
        raise BadRequest(f"Unknown keys: {', '.join(unknown)}. Known are: {', '.join(sorted(known))}.")
    return body


def _text(body: Mapping[str, Any], key: str, longest: int) -> str:
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise BadRequest(f'"{key}" must be a text of at most {longest} characters.')
    return value


def _wants_stream(request: web.Request, body: Mapping[str, Any]) -> bool:
    return body.get("stream") is True or "text/event-stream" in request.headers.get("Accept", "")


def _visitor(request: web.Request) -> str:
    return request.cookies.get(_COOKIE, "")[:_LONGEST_ID]


def _check_origin(request: web.Request) -> None:
    """Other sites' pages must not speak for a visitor: Sec-Fetch-Site, else Origin, says where a request is from."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    foreign = (
        site not in ("same-origin", "none") if site else bool(origin) and origin != f"{request.scheme}://{request.host}"
    )
    if foreign:
        raise web.HTTPForbidden(
            text='{"error": "requests from other sites are refused"}', content_type="application/json"
        )
