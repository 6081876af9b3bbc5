"""The one HTTP request that an API call makes: its parts, how it is built, and what a redirect makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from multidict import CIMultiDict
from yarl import URL

from bot import __version__
from bot.actions.environment import built_ins, effective_variables
from bot.actions.template import TemplateError, Values, fill_body, fill_headers, fill_url, header_text, text_of
from bot.domain.action import HttpCall, Json
from bot.domain.plan import ActionCall
from bot.ports import Given

_OWN_HEADERS = {"Accept": "application/json, */*;q=0.5", "User-Agent": f"Deskhand/{__version__}"}
_FORM = "application/x-www-form-urlencoded"


class NotFollowed(Exception):
    """A redirect that must not, or cannot, be followed. The text says why."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """Ready to be sent. Address, headers and body may hold secrets."""

    method: str
    url: URL = field(repr=False)
    headers: CIMultiDict[str] = field(repr=False)
    data: bytes | None = field(default=None, repr=False)

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def repeatable(self) -> bool:
        """Sent twice it does nothing twice: it only reads, or the service knows it again by its key."""
        return not self.writes or "Idempotency-Key" in self.headers


def build_request(
    call: ActionCall, given: Given, overrides: Mapping[str, str], secrets: Mapping[str, str], guru_slug: str
) -> ApiRequest:
    """Fill the templates of a call. Secrets stand before arguments, so no argument can take a secret's name.

    Raises TemplateError for a value that is missing or does not fit.
    """
    work = call.spec.work
    assert isinstance(work, HttpCall)
    variables = effective_variables(call.spec, overrides)
    known = {**call.arguments, **variables, **secrets, **built_ins(given.asker, guru_slug)}
    values = Values(known, [parameter.name for parameter in call.spec.parameters])
    headers = fill_headers(work.headers, values)
    headers.extend(_dynamic(work, given, variables))
    data = None if work.body is None else _encoded(fill_body(work.body, values), headers)
    if given.idempotency_key and "Idempotency-Key" not in headers:
        headers["Idempotency-Key"] = given.idempotency_key
    return ApiRequest(work.method, fill_url(work.endpoint, variables, values), _with_own(headers), data)


def redirected(request: ApiRequest, status: int, location: str) -> ApiRequest:
    """The next request (RFC 9110, 15.4). Raises NotFollowed.

    At another origin nothing that was configured goes along, as all of it may hold secrets; so a write is not
    repeated there. A POST that is answered by 301 or 302 goes on as GET, as browsers do, but only at its own origin:
    elsewhere, such as from http to https, the GET would succeed and nothing would have been written.
    """
    try:
        url = request.url.join(URL(location))
        same_origin = _origin(url) == _origin(request.url)
    except ValueError as error:
        raise NotFollowed("the service redirected to an address that cannot be read") from error
    becomes_get = status == 303 or (status in (301, 302) and request.method == "POST")
    if not same_origin and request.writes and status != 303:
        raise NotFollowed("the service redirects the write to another address, which was not followed")
    method = "GET" if becomes_get else request.method
    if not same_origin:
        return ApiRequest(method, url, _with_own(CIMultiDict()))
    return _without_body(replace(request, method=method, url=url)) if becomes_get else replace(request, url=url)


def _origin(url: URL) -> tuple[str, str | None, int | None]:
    return url.scheme, url.host, url.port


def _dynamic(work: HttpCall, given: Given, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Headers made of expressions (F050); one that comes out empty is left out."""
    expressions = {
        "$variables.request_id": given.run_id,
        "$user.email": given.asker.email,
        "$user.name": given.asker.name or given.asker.email.partition("@")[0],
        "$user.groups": given.asker.groups,
        **{f"$variables.{name}": value for name, value in variables.items()},
    }
    for name, expression in work.dynamic_headers:
        value = header_text(name, expressions.get(expression, ""))
        if value:
            yield name, value


def _encoded(body: Json, headers: CIMultiDict[str]) -> bytes:
    """The body as JSON, or as a form where the action's own ``Content-Type`` asks for one."""
    if headers.setdefault("Content-Type", "application/json").partition(";")[0].strip().lower() != _FORM:
        return json.dumps(body).encode()
    try:
        return urlencode(list(_form_pairs("", body))).encode()
    except UnicodeEncodeError as error:
        raise TemplateError("a value holds a broken character") from error


def _form_pairs(name: str, value: Json) -> Iterator[tuple[str, str]]:
    """``a=1``, ``a[b]=1``, ``a[]=1``: nested values as Stripe and others read them; null is left out."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _form_pairs(f"{name}[{key}]" if name else key, item)
    elif isinstance(value, str | int | float):
        yield name, text_of(value)
    elif value is not None:
        for item in value:
            yield from _form_pairs(f"{name}[]", item)


def _with_own(headers: CIMultiDict[str]) -> CIMultiDict[str]:
    for name, value in _OWN_HEADERS.items():
        headers.setdefault(name, value)
    return headers


def _without_body(request: ApiRequest) -> ApiRequest:
    kept = ((name, value) for name, value in request.headers.items() if not name.lower().startswith("content-"))
    return replace(request, headers=CIMultiDict(kept), data=None)
