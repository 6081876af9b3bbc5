"""``POST /hooks/<id>/<secret>``: other programs start actions."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.dashboard.arguments import Coerce, Reading, read_arguments
from bot.dashboard.bodies import BODY_SECONDS, parsed, read_bytes
from bot.dashboard.problems import Problem, as_json, with_problems
from bot.dashboard.rates import Rates
from bot.dashboard.signatures import check_signature
from bot.dashboard.starts import Asked, Starts, digest_of
from bot.domain.action import ActionState
from bot.domain.webhook import Webhook
from bot.errors import SecretError
from bot.ports import Catalogue, Clock, Webhooks

MOST_AT_ONCE = 64
"""Bodies that are read side by side; 64 MiB at most."""
LONGEST_NAME = 200
_NO_SECRET = hashlib.sha256(b"no webhook has this secret").hexdigest()

Unseal = Callable[[Webhook], str]
"""The signing secret of a webhook that has one. Raises SecretError."""
AsksFirst = Callable[[ActionState], bool]
"""Whether the action would ask for a yes in a chat."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator sets, and what is injected."""

    rates: Rates
    coerce: Coerce
    unseal: Unseal
    asks_first: AsksFirst
    clock: Clock
    body_seconds: float = BODY_SECONDS


class WebhookRoutes:
    """Takes calls. The secret part of the address is never logged, told or stored."""

    def __init__(self, webhooks: Webhooks, catalogue: Catalogue, starts: Starts, rules: Rules) -> None:
        self._webhooks = webhooks
        self._catalogue = catalogue
        self._starts = starts
        self._rules = rules
        self._reading = asyncio.Semaphore(MOST_AT_ONCE)

    def routes(self) -> Sequence[web.RouteDef]:
        """For the web server."""
        return [web.post("/hooks/{id}/{secret}", with_problems(self._call))]

    async def _call(self, request: web.Request) -> web.StreamResponse:
        webhook, name = await self._known(request), _name_of(request)
        if pause := self._rules.rates.wait(webhook.id):
            raise Problem(429, "Too many calls of this webhook. Please slow down.", retry_after=pause)
        data = await self._unhurried(lambda: read_bytes(request, seconds=self._rules.body_seconds))
        if webhook.signing:
            self._check_signature(webhook, request, data)
        state = await self._ready(webhook)
        body = parsed(data, request.content_type, request.charset)
        values = read_arguments(state.spec, body, Reading(webhook.paths, webhook.values), self._rules.coerce)
        digest = digest_of(request.content_type.encode(errors="replace"), data)
        run_id = await self._starts.take(Asked(webhook.id, name, digest, webhook.action, values))
        return as_json({"run": run_id, "state": "queued"}, 202, {"Location": f"/api/v1/runs/{run_id}"})

    async def _known(self, request: web.Request) -> Webhook:
        """The webhook of this address; what is wrong about an address is not told, not even by the time it takes."""
        webhook = await self._webhooks.get(request.match_info["id"])
        given = hashlib.sha256(request.match_info["secret"].encode(errors="replace")).hexdigest()
        fits = hmac.compare_digest(given, webhook.secret_hash if webhook else _NO_SECRET)
        if webhook is None or not fits:
            raise Problem(404, "There is no such webhook.")
        return webhook

    async def _unhurried(self, read: Callable[[], Awaitable[bytes]]) -> bytes:
        if self._reading.locked():
            raise Problem(503, "Too many calls come in at this moment. Please send it again.", retry_after=1)
        async with self._reading:
            return await read()

    def _check_signature(self, webhook: Webhook, request: web.Request, data: bytes) -> None:
        try:
            secret = self._rules.unseal(webhook)
        except SecretError as error:
            raise Problem(503, "The signing secret of this webhook cannot be read; it must be rotated.") from error
        check_signature(secret, request.headers, data, self._rules.clock())

    async def _ready(self, webhook: Webhook) -> ActionState:
        """The action, which may run now. Raises Problem 409 with a plain word."""
        if webhook.paused:
            raise Problem(409, "This webhook is paused.")
        states = await self._catalogue.states()
        state = next((state for state in states if state.spec.slug == webhook.action), None)
        if state is None:
            raise Problem(409, "The action of this webhook is gone.")
        if not state.enabled:
            raise Problem(409, f"The action {state.spec.slug} is paused.")
        if self._rules.asks_first(state) and not webhook.allow_writes:
            raise Problem(409, f"The action {state.spec.slug} asks for a yes first, which a webhook cannot give.")
        return state


def _name_of(request: web.Request) -> str:
    """The sender's own name for the call. Raises Problem 400 for one that cannot be kept."""
    name = request.headers.get("webhook-id", "") or request.headers.get("Idempotency-Key", "")
    if len(name) > LONGEST_NAME or not (name.isascii() and name.isprintable()):
        raise Problem(400, f"The name of a call must be at most {LONGEST_NAME} printable ASCII characters.")
    return name
