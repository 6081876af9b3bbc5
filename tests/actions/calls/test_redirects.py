"""Redirects: followed one by one, checked one by one, with nothing configured going to another origin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from bot.actions.request import ApiRequest, NotFollowed, redirected
from bot.domain.action import HttpCall
from bot.domain.run import Outcome
from tests.actions.calls.world import KEYED, api_action, run, service

SECRET = "sk_live_do_not_leak"
HEADERS = (
    ("Authorization", "Bearer {KEY}"),
    ("X-Api-Key", "{KEY}"),
    ("Cookie", "session={KEY}"),
    ("X-Plain", "configured"),
)


def to(location: str, status: int = 302) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": location})

    return answer


async def landed(_request: web.Request) -> web.Response:
    return web.json_response({"landed": True})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_configured_header_goes_to_another_origin(status: int) -> None:
    async with service(landed) as other, service(to(other.at("/x"), status)) as first:
        spec = api_action(HttpCall("GET", first.at("/?key={KEY}"), headers=HEADERS), secrets=["KEY"])
        result = await run(spec, secrets={"KEY": SECRET}, given=KEYED)

    seen = other.seen[0]
    assert result.outcome is Outcome.SUCCESS
    assert result.notes == ("followed a redirect",)
    assert SECRET not in f"{seen.headers}{seen.target}"
    assert not {"authorization", "x-api-key", "cookie", "x-plain", "idempotency-key", "referer"} & seen.headers.keys()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_write_is_not_repeated_at_another_origin(method: str, status: int) -> None:
    async with service(landed) as other, service(to(other.at(), status)) as first:
        body = None if method == "DELETE" else {"k": "{KEY}"}
        spec = api_action(HttpCall(method, first.at(), headers=HEADERS, body=body), secrets=["KEY"])
        result = await run(spec, secrets={"KEY": SECRET})

    assert other.seen == []
    assert result.outcome is Outcome.ERROR
    assert result.detail == "the service redirects the write to another address, which was not followed"


async def test_see_other_leads_a_write_to_a_bare_get() -> None:
    async with service(landed) as other, service(to(other.at("/done"), 303)) as first:
        spec = api_action(HttpCall("POST", first.at(), headers=HEADERS, body={"k": 1}), secrets=["KEY"])
        result = await run(spec, secrets={"KEY": SECRET})

    assert result.outcome is Outcome.SUCCESS
    assert [(seen.method, seen.target, seen.body) for seen in other.seen] == [("GET", "/done", b"")]
    assert SECRET not in str(other.seen[0].headers)


async def test_within_its_origin_a_redirect_keeps_headers_and_is_followed() -> None:
    async def moved(request: web.Request) -> web.Response:
        if request.path == "/new":
            return web.json_response({"landed": True})
        return web.Response(status=307, headers={"Location": "/new?a=1"})

    async with service(moved) as shop:
        spec = api_action(HttpCall("POST", shop.at("/old"), headers=HEADERS, body={"k": 1}), secrets=["KEY"])
        result = await run(spec, secrets={"KEY": SECRET})

    assert result.outcome is Outcome.SUCCESS
    assert [(seen.method, seen.target, seen.body) for seen in shop.seen] == [
        ("POST", "/old", b'{"k": 1}'),
        ("POST", "/new?a=1", b'{"k": 1}'),
    ]
    assert shop.seen[1].headers["x-api-key"] == SECRET


async def test_three_redirects_are_followed_and_a_fourth_is_not() -> None:
    async def counting(request: web.Request) -> web.Response:
        left = int(request.path.strip("/"))
        return web.json_response({}) if left == 0 else web.Response(status=302, headers={"Location": f"/{left - 1}"})

    async with service(counting) as shop:
        three = await run(api_action(HttpCall("GET", shop.at("/3"))))
        four = await run(api_action(HttpCall("GET", shop.at("/4"))))

    assert (three.outcome, three.notes) == (Outcome.SUCCESS, ("followed 3 redirects",))
    assert (four.outcome, four.detail) == (Outcome.ERROR, "the service redirected more than 3 times")
    assert len(shop.seen) == 8


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "gopher://127.0.0.1:6379/_INFO",
        "javascript:alert(1)",
        "http://user:pass@127.0.0.1/",
        "//169.254.169.254/latest/meta-data/",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://0x7f.1/",
        "http://xn--/",
        "http://10.0.0.1/",
    ],
)
async def test_a_redirect_to_where_no_call_may_go_ends_there(location: str) -> None:
    async with service(to(location)) as shop:
        result = await run(api_action(HttpCall("GET", shop.at())))

    assert result.outcome in (Outcome.DENIED, Outcome.ERROR)
    assert result.detail
    assert len(shop.seen) == 1


async def test_a_redirect_without_a_target_is_an_answer() -> None:
    async def nowhere(_request: web.Request) -> web.Response:
        return web.Response(status=304)

    async with service(nowhere) as shop:
        result = await run(api_action(HttpCall("GET", shop.at())))

    assert (result.outcome, result.status, result.output) == (Outcome.SUCCESS, 304, "(an empty answer)")


ORIGIN = "https://api.example.com/v1/orders"
RULES = [
    ("GET", 301, "/v2", "GET", "https://api.example.com/v2", True),
    ("GET", 308, "refunds", "GET", "https://api.example.com/v1/refunds", True),
    ("GET", 302, "https://api.example.com:443/v2", "GET", "https://api.example.com/v2", True),
    ("GET", 302, "http://api.example.com/v2", "GET", "http://api.example.com/v2", False),
    ("GET", 302, "https://api.example.com:8443/v2", "GET", "https://api.example.com:8443/v2", False),
    ("GET", 302, "https://API.example.com/v2", "GET", "https://api.example.com/v2", True),
    ("GET", 302, "//evil.example/", "GET", "https://evil.example/", False),
    ("POST", 301, "/v2", "GET", "https://api.example.com/v2", True),
    ("POST", 302, "/v2", "GET", "https://api.example.com/v2", True),
    ("POST", 303, "/v2", "GET", "https://api.example.com/v2", True),
    ("POST", 307, "/v2", "POST", "https://api.example.com/v2", True),
    ("POST", 308, "/v2", "POST", "https://api.example.com/v2", True),
    ("PUT", 301, "/v2", "PUT", "https://api.example.com/v2", True),
    ("DELETE", 302, "/v2", "DELETE", "https://api.example.com/v2", True),
    ("DELETE", 303, "/v2", "GET", "https://api.example.com/v2", True),
    ("PATCH", 303, "https://evil.example/", "GET", "https://evil.example/", False),
]


@pytest.mark.parametrize(("method", "status", "location", "then", "target", "trusted"), RULES)
def test_the_next_request_follows_the_rules_of_http(
    method: str, status: int, location: str, then: str, target: str, trusted: bool
) -> None:
    headers = CIMultiDict({"X-Api-Key": SECRET, "Content-Type": "application/json", "Accept": "a", "User-Agent": "b"})
    request = ApiRequest(method, URL(ORIGIN), headers, None if method in ("GET", "DELETE") else b"{}")

    onward = redirected(request, status, location)

    assert (onward.method, str(onward.url)) == (then, target)
    assert ("X-Api-Key" in onward.headers) is trusted
    assert (onward.data is not None) is (then == method and request.data is not None)
    assert onward.data is not None or then == method or "Content-Type" not in onward.headers


@pytest.mark.parametrize("location", ["http://api.example.com/v1/orders", "https://evil.example/", "http://[::1"])
def test_a_write_never_turns_into_a_read_that_succeeds_elsewhere(location: str) -> None:
    request = ApiRequest("POST", URL(ORIGIN), CIMultiDict(), b"{}")

    with pytest.raises(NotFollowed):
        redirected(request, 301, location)
