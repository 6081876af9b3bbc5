"""Carries out an API call: filled, guarded, bounded in time and size, retried only where that is safe (F054-F062)."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

import aiohttp
import stamina
from yarl import URL

from bot.actions.addresses import AddressGuard, ForbiddenAddress
from bot.actions.answers import CAP, Answer, read_answer
from bot.actions.environment import built_ins, effective_variables
from bot.actions.results import Ended, named
from bot.actions.template import TemplateError, Values, fill_body, fill_headers, fill_url
from bot.domain.action import HttpCall, Json
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Outcome, Response
from bot.errors import SecretError
from bot.ports import Clock, Emit, Given, Secrets

MOST_HOPS = 3
"""Redirects that are followed."""
_AGENT = "Deskhand/1.0"
_PASSING = frozenset({429, 502, 503, 504})
"""Statuses that may be gone at the next try."""


class _TryAgain(Exception):
    """This try may be repeated; holds what came back and how long the service asked to wait."""

    def __init__(self, ended: Ended, wait: float | None) -> None:
        super().__init__(ended.detail)
        self.ended = ended
        self.wait = wait


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: URL
    headers: Mapping[str, str]
    body: Json


def open_session(guard: AddressGuard) -> aiohttp.ClientSession:
    """The one session that all API calls share: no cookies, no proxies of the environment, every connect checked."""
    connector = aiohttp.TCPConnector(limit=100, limit_per_host=20, socket_factory=guard.open_socket, ttl_dns_cache=60)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, connect=10),
        trust_env=False,
    )


class ApiCallExecutor:
    """Runs actions of the kind API_CALL."""

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
        """One call with its redirects and retries, inside the action's time limit."""
        assert isinstance(call.spec.work, HttpCall)
        started_at, begun = self._clock(), time.monotonic()
        ended = await self._within_limit(call, call.spec.work, given)
        return named(call, ended, started_at, time.monotonic() - begun)

    async def _within_limit(self, call: ActionCall, work: HttpCall, given: Given) -> Ended:
        try:
            async with asyncio.timeout(work.timeout_seconds):
                return await self._tried(work, await self._request(call, work, given), given)
        except TimeoutError:
            return Ended(Outcome.TIMED_OUT, detail=f"timed out after {work.timeout_seconds:g} s")
        except (TemplateError, SecretError) as error:
            return Ended(Outcome.ERROR, detail=str(error))

    async def _request(self, call: ActionCall, work: HttpCall, given: Given) -> _Request:
        variables = effective_variables(call.spec, self._variables)
        secrets = await self._secrets.reveal(call.spec.secrets)
        people = built_ins(given.asker, self._guru_slug)
        optional = [parameter.name for parameter in call.spec.parameters]
        values = Values({**variables, **secrets, **people, **call.arguments}, optional)
        headers = {"Accept": "application/json, */*;q=0.5", "User-Agent": _AGENT, **fill_headers(work.headers, values)}
        expressions = {
            "$variables.request_id": given.run_id,
            "$user.email": given.asker.email,
            "$user.name": given.asker.name,
            "$user.groups": given.asker.groups,
            **{f"$variables.{name}": value for name, value in variables.items()},
        }
        headers |= {name: expressions.get(expression, "") for name, expression in work.dynamic_headers}
        if given.idempotency_key:
            headers["Idempotency-Key"] = given.idempotency_key
        body = fill_body(work.body, values) if work.body is not None else None
        return _Request(work.method, fill_url(work.endpoint, variables, values), headers, body)

    async def _tried(self, work: HttpCall, request: _Request, given: Given) -> Ended:
        """Repeated only for reads and for calls that carry an idempotency key."""
        safe = request.method == "GET" or bool(given.idempotency_key)
        tries = 0
        try:
            async for attempt in stamina.retry_context(
                on=lambda error: error.wait or True if isinstance(error, _TryAgain) else False,
                attempts=work.retries + 1 if safe else 1,
                timeout=None,
                wait_initial=work.retry_backoff_seconds,
                wait_max=30.0,
            ):
                with attempt:
                    tries = attempt.num
                    ended = await self._once(request)
        except _TryAgain as last:
            ended = last.ended
        return replace(ended, notes=(*ended.notes, f"{tries} tries")) if tries > 1 else ended

    async def _once(self, request: _Request) -> Ended:
        host = request.url.host or ""
        try:
            return await self._followed(request)
        except ForbiddenAddress as error:
            return Ended(Outcome.DENIED, detail=str(error))
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, ForbiddenAddress):
                return Ended(Outcome.DENIED, detail=str(error.os_error))
            raise _TryAgain(Ended(Outcome.ERROR, detail=_unreachable(host, error)), None) from error
        except (aiohttp.ClientError, OSError, ssl.SSLError) as error:
            raise _TryAgain(Ended(Outcome.ERROR, detail=f"the connection to {host} broke"), None) from error
        except ValueError as error:
            return Ended(Outcome.ERROR, detail=f"the request to {host} could not be formed ({type(error).__name__})")

    async def _followed(self, request: _Request) -> Ended:
        for _ in range(MOST_HOPS + 1):
            self._guard.check_url(request.url)
            async with self._session.request(
                request.method, request.url, headers=dict(request.headers), json=request.body, allow_redirects=False
            ) as response:
                target = response.headers.get("Location", "")
                if response.status not in (301, 302, 303, 307, 308) or not target:
                    return _judged(await read_answer(response), request.url.host or "")
                status = response.status
            onward = _redirected(request, status, target)
            if onward is None:
                return Ended(Outcome.ERROR, detail="the service redirects a write to another address; not followed")
            request = onward
        return Ended(Outcome.ERROR, detail=f"the service redirected more than {MOST_HOPS} times")


def _redirected(request: _Request, status: int, target: str) -> _Request | None:
    """The next request. At another origin nothing that was configured goes along, as it may hold secrets."""
    url = request.url.join(URL(target))
    becomes_get = status in (301, 302, 303) and request.method != "GET"
    method = "GET" if becomes_get else request.method
    if url.origin() == request.url.origin():
        return _Request(method, url, request.headers, None if becomes_get else request.body)
    if method != "GET":
        return None
    return _Request(method, url, {"Accept": "application/json, */*;q=0.5", "User-Agent": _AGENT}, None)


def _judged(answer: Answer, host: str) -> Ended:
    status = answer.status
    failed = status >= HTTPStatus.BAD_REQUEST
    notes = (f"the answer was cut at {CAP // 1024} KiB",) if answer.cut else ()
    ended = Ended(
        outcome=Outcome.ERROR if failed else Outcome.SUCCESS,
        output=answer.text,
        detail=_status_words(status, host) if failed else "",
        status=status,
        response=Response(status, answer.body, answer.headers),
        notes=notes,
    )
    if status in _PASSING:
        raise _TryAgain(ended, answer.retry_after)
    return ended


def _status_words(status: int, host: str) -> str:
    if status in (401, 403):
        return f"{host} refused the credentials ({status})"
    if status == HTTPStatus.NOT_FOUND:
        return f"{host} found nothing (404)"
    return f"{host} answered {status}"


def _unreachable(host: str, error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return f"the certificate of {host} is not valid"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {host} is not known"
    return f"could not reach {host}"
