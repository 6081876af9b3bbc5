"""Carries out an API call: filled, guarded, bounded in time and size, retried only where that is safe (F054-F062)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

import aiohttp
import stamina

from bot.actions.addresses import AddressGuard, ForbiddenAddress
from bot.actions.answers import CAP, Answer, read_answer
from bot.actions.environment import revealed
from bot.actions.request import ApiRequest, NotFollowed, build_request, redirected
from bot.actions.results import Ended, named
from bot.actions.template import TemplateError
from bot.domain.action import HttpCall
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Outcome, Response
from bot.errors import SecretError
from bot.ports import Clock, Emit, Given, Secrets

MOST_HOPS = 3
"""Redirects that are followed."""
CONNECT_SECONDS = 10.0
"""Limit of making one connection."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({429, 502, 503, 504})
"""Statuses that may be gone at the next try."""
_LONGEST_WAIT = 30.0
_FAULTS: tuple[tuple[type[Exception], str, bool], ...] = (
    (aiohttp.ClientConnectorCertificateError, "the certificate of {host} is not valid", False),
    (aiohttp.ClientSSLError, "no secure connection to {host} could be made", False),
    (aiohttp.ClientConnectorDNSError, "the name {host} cannot be looked up", True),
    (aiohttp.ConnectionTimeoutError, f"{{host}} took no connection within {CONNECT_SECONDS:g} s", True),
    (aiohttp.ClientConnectorError, "could not reach {host}", True),
    (aiohttp.ClientPayloadError, "the answer of {host} broke off or cannot be read{doubt}", True),
    (aiohttp.ClientResponseError, "what {host} answered is not HTTP{doubt}", False),
    (aiohttp.InvalidURL, "the address at {host} could not be called", False),
    (OSError, "the connection to {host} broke{doubt}", True),
    (aiohttp.ClientError, "the connection to {host} broke{doubt}", True),
    (ValueError, "the request to {host} could not be formed", False),
)
"""What went wrong on the way, the special before the general; whether another try may help."""


class _TryAgain(Exception):
    """This try may be repeated; holds how it ended and how long the service asked to wait."""

    def __init__(self, ended: Ended, wait: float | None = None) -> None:
        super().__init__(ended.detail)
        self.ended = ended
        self.wait = wait


def open_session(guard: AddressGuard) -> aiohttp.ClientSession:
    """The one session that all API calls share: no cookies, no proxies of the environment, every connect checked.

    Needs a running event loop; whoever opens it closes it.
    """
    connector = aiohttp.TCPConnector(limit=100, limit_per_host=20, socket_factory=guard.open_socket, ttl_dns_cache=60)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
        trust_env=False,
    )


def wait_before_next(asked: float | None, tries: int, backoff: float, left: float) -> float | None:
    """Seconds to wait before the next try: what the service asked for, else ``backoff`` doubled with each try.

    None when that would outlast the ``left`` seconds of the call: then what is known now is told now.
    """
    wait = asked if asked is not None else min(backoff * 2 ** (tries - 1), _LONGEST_WAIT)
    return wait if wait < left else None


class ApiCallExecutor:
    """Runs actions of the kind API_CALL.

    ``session`` comes from ``open_session`` with the same ``guard``; ``variables`` are the operator's, standing before
    those of each action.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        guard: AddressGuard,
        secrets: Secrets,
        variables: Mapping[str, str],
        guru_slug: str,
        clock: Clock,
    ) -> None:
        self._session = session
        self._guard = guard
        self._secrets = secrets
        self._variables = variables
        self._guru_slug = guru_slug
        self._clock = clock

    async def execute(self, call: ActionCall, given: Given, _emit: Emit) -> ActionResult:
        """One call with its redirects and tries, inside the action's time limit."""
        work = call.spec.work
        assert isinstance(work, HttpCall)
        started_at, begun = self._clock(), time.monotonic()
        ended = await self._within_limit(call, work, given)
        return named(call, ended, started_at, time.monotonic() - begun)

    async def _within_limit(self, call: ActionCall, work: HttpCall, given: Given) -> Ended:
        deadline = time.monotonic() + work.timeout_seconds
        try:
            async with asyncio.timeout(work.timeout_seconds):
                secrets = await revealed(call.spec, self._secrets)
                request = build_request(call, given, self._variables, secrets, self._guru_slug)
                return await self._repeated(work, request, deadline)
        except TimeoutError:
            doubt = _doubt(writes=work.method != "GET")
            return Ended(Outcome.TIMED_OUT, detail=f"timed out after {work.timeout_seconds:g} s{doubt}")
        except (TemplateError, SecretError) as error:
            return Ended(Outcome.ERROR, detail=str(error))

    async def _repeated(self, work: HttpCall, request: ApiRequest, deadline: float) -> Ended:
        tries = 0

        def wait(error: Exception) -> float | bool:
            if not isinstance(error, _TryAgain):
                return False
            left = deadline - time.monotonic()
            seconds = wait_before_next(error.wait, tries, work.retry_backoff_seconds, left)
            return False if seconds is None else float(seconds)

        try:
            async for attempt in stamina.retry_context(
                on=wait, attempts=work.retries + 1 if request.repeatable else 1, timeout=None
            ):
                tries = attempt.num
                with attempt:
                    ended = await self._once(request)
        except _TryAgain as last:
            ended = last.ended
        return replace(ended, notes=(*ended.notes, f"{tries} tries")) if tries > 1 else ended

    async def _once(self, request: ApiRequest) -> Ended:
        """One try. Raises _TryAgain where another may end better."""
        host = request.url.host or ""
        try:
            answer, hops = await self._followed(request)
        except NotFollowed as error:
            return Ended(Outcome.ERROR, detail=str(error))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _unanswered(error, host, writes=request.writes)
        ended = _judged(answer, host, hops)
        if answer.status in _PASSING:
            raise _TryAgain(ended, answer.retry_after)
        return ended

    async def _followed(self, request: ApiRequest) -> tuple[Answer, int]:
        """The answer behind all redirects, and how many there were; each address is checked before it is called."""
        for hops in range(MOST_HOPS + 1):
            self._guard.check_url(request.url)
            async with self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.data,
                allow_redirects=False,
                middlewares=() if request.repeatable else (_only_once(),),
            ) as response:
                location = response.headers.get("Location", "")
                if response.status not in _REDIRECTS or not location:
                    return await read_answer(response, self._clock()), hops
            request = redirected(request, response.status, location)
        raise NotFollowed(f"the service redirected more than {MOST_HOPS} times")


def _only_once() -> aiohttp.ClientMiddlewareType:
    """Keeps aiohttp from sending a request again by itself, as it does with PUT and DELETE when a connection breaks."""
    sent = False

    async def send(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        nonlocal sent
        if sent:
            raise aiohttp.ServerDisconnectedError
        sent = True
        return await handler(request)

    return send


def _unanswered(error: Exception, host: str, *, writes: bool) -> Ended:
    """What to say of an error on the way. Never its own text, which can hold the whole address."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, ForbiddenAddress):
        return Ended(Outcome.DENIED, detail=str(cause))
    clause, again = next((clause, again) for kind, clause, again in _FAULTS if isinstance(error, kind))
    ended = Ended(Outcome.ERROR, detail=clause.format(host=host, doubt=_doubt(writes=writes)))
    if again:
        raise _TryAgain(ended) from error
    return ended


def _doubt(*, writes: bool) -> str:
    """A write whose answer never came: nobody can know."""
    return ", so it may or may not have been done" if writes else ""


def _judged(answer: Answer, host: str, hops: int) -> Ended:
    failed = answer.status >= HTTPStatus.BAD_REQUEST
    cut = (f"the answer was cut at {CAP // 1024} KiB",) if answer.cut else ()
    moved = (f"followed {hops} redirects" if hops > 1 else "followed a redirect",) if hops else ()
    return Ended(
        outcome=Outcome.ERROR if failed else Outcome.SUCCESS,
        output=answer.text,
        detail=_status_words(answer.status, host) if failed else "",
        status=answer.status,
        response=Response(answer.status, answer.body, answer.headers),
        notes=(*cut, *moved),
    )


def _status_words(status: int, host: str) -> str:
    if status in (401, 403):
        return f"{host} refused the credentials ({status})"
    if status == HTTPStatus.NOT_FOUND:
        return f"{host} found nothing (404)"
    return f"{host} answered {status}"
