"""What a service is really sent, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from bot.actions.request import build_request
from bot.domain.action import HttpCall, Json
from bot.domain.run import Asker, Outcome
from bot.ports import Given
from tests.actions.calls.world import (
    ALEX,
    GIVEN,
    KEYED,
    FakeSecrets,
    api_action,
    call_of,
    executor,
    quiet,
    run,
    service,
)


async def fine(_request: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def test_a_call_is_filled_for_each_place() -> None:
    async with service(fine) as shop:
        work = HttpCall(
            "POST",
            "{SHOP_BASE_URL}/orders/{order}/notes?by={GURUBASE_USER_EMAIL}",
            headers=(("Authorization", "Bearer {SHOP_KEY}"), ("X-Team", "{GURUBASE_USER_GROUPS}")),
            body={"text": "{text}", "order": "{order}", "guru": "{GURUBASE_GURU_SLUG}", "more": "{more}"},
        )
        spec = api_action(
            work, "order", "text", "more", secrets=["SHOP_KEY"], variables={"SHOP_BASE_URL": shop.at("/v1")}
        )

        result = await run(spec, secrets={"SHOP_KEY": "sk_1"}, order="A/7", text='He said "{SHOP_KEY}"\n')

    seen = shop.seen[0]
    assert result.outcome is Outcome.SUCCESS
    assert (seen.method, seen.target) == ("POST", "/v1/orders/A%2F7/notes?by=alex%40acme.example")
    assert seen.headers["authorization"] == "Bearer sk_1"
    assert seen.headers["x-team"] == "Support,Everyone"
    assert seen.headers["content-type"] == "application/json"
    assert json.loads(seen.body) == {"text": 'He said "{SHOP_KEY}"\n', "order": "A/7", "guru": "desk"}


async def test_an_operators_variable_stands_before_the_authors() -> None:
    async with service(fine) as mine, executor(variables={"BASE_URL": mine.at("/mine"), "order": "99"}) as api:
        spec = api_action(
            HttpCall("GET", "{BASE_URL}/{order}"), "order", variables={"BASE_URL": "https://vendor.example"}
        )

        await api.execute(call_of(spec, order="7"), GIVEN, quiet)

    assert mine.seen[0].target == "/mine/7"


BODIES: list[tuple[str, Json, str]] = [
    ("application/json", {"a": 1, "b": None}, '{"a": 1, "b": null}'),
    ("application/vnd.api+json; charset=utf-8", ["é"], '["\\u00e9"]'),
    ("application/x-www-form-urlencoded", {"a": "x y&z", "b": True, "c": None, "d": 2.0}, "a=x+y%26z&b=true&d=2"),
    ("Application/X-WWW-Form-Urlencoded", {"m": {"k": {"l": 1}}, "n": [1, 2]}, "m%5Bk%5D%5Bl%5D=1&n%5B%5D=1&n%5B%5D=2"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "wire"), BODIES)
async def test_a_body_takes_the_form_of_its_content_type(kind: str, body: Json, wire: str) -> None:
    async with service(fine) as shop:
        await run(api_action(HttpCall("POST", shop.at(), headers=(("content-type", kind),), body=body)))

    assert shop.seen[0].headers["content-type"] == kind
    assert shop.seen[0].body.decode() == wire


async def test_a_value_stays_one_field_of_a_form() -> None:
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    async with service(fine) as shop:
        work = HttpCall("POST", shop.at(), headers=form, body={"amount": "{amount}", "reason": "for {reason}"})
        await run(api_action(work, "amount", "reason"), amount=5, reason="x&amount=999")

    assert parse_qsl(shop.seen[0].body.decode()) == [("amount", "5"), ("reason", "for x&amount=999")]


async def test_a_form_cannot_hold_half_a_character() -> None:
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    work = HttpCall("POST", "http://127.0.0.1:1/", headers=form, body={"a": "{a}"})

    result = await run(api_action(work, "a"), a="\ud800")

    assert (result.outcome, result.detail) == (Outcome.ERROR, "a value holds a broken character")


DYNAMIC: list[tuple[str, Asker, Mapping[str, str]]] = [
    ("$variables.request_id", ALEX, {"x-dyn": "run-1"}),
    ("$variables.REGION", ALEX, {"x-dyn": "eu"}),
    ("$user.email", ALEX, {"x-dyn": "alex@acme.example"}),
    ("$user.name", ALEX, {"x-dyn": "Alex Morgan"}),
    ("$user.name", Asker("sam@acme.example"), {"x-dyn": "sam"}),
    ("$user.groups", ALEX, {"x-dyn": "Support,Everyone"}),
    ("$user.email", Asker(), {}),
    ("$user.name", Asker(), {}),
]


@pytest.mark.parametrize(("expression", "asker", "sent"), DYNAMIC)
async def test_dynamic_headers_come_from_the_run(expression: str, asker: Asker, sent: Mapping[str, str]) -> None:
    async with service(fine) as shop:
        work = HttpCall("GET", shop.at(), dynamic_headers=(("X-Dyn", expression),))
        await run(api_action(work, variables={"REGION": "eu"}), given=Given("run-1", asker))

    assert {name: value for name, value in shop.seen[0].headers.items() if name == "x-dyn"} == sent


async def test_a_name_with_a_line_break_makes_no_header() -> None:
    async with service(fine) as shop:
        work = HttpCall("GET", shop.at(), dynamic_headers=(("X-User", "$user.name"),))
        result = await run(api_action(work), given=Given("run-1", Asker(name="Eve\r\nX-Admin: 1")))

    assert (result.outcome, shop.seen) == (Outcome.ERROR, [])
    assert "X-User" in result.detail


async def test_the_idempotency_key_is_sent_unless_the_author_sends_one() -> None:
    async with service(fine) as shop:
        await run(api_action(HttpCall("POST", shop.at())), given=KEYED)
        own = HttpCall("POST", shop.at(), headers=(("idempotency-key", "mine"),))
        await run(api_action(own), given=KEYED)
        await run(api_action(HttpCall("POST", shop.at())))

    assert [seen.headers.get("idempotency-key") for seen in shop.seen] == ["key-1", "mine", None]


async def test_neither_cookies_nor_proxies_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    async def with_cookie(_request: web.Request) -> web.Response:
        answer = web.json_response({})
        answer.set_cookie("session", "s3cret")
        return answer

    async with service(with_cookie) as shop, executor(internal=["localhost"]) as api:
        # By name: cookies of bare addresses are not kept by any client.
        endpoint = shop.at().replace("127.0.0.1", "localhost")
        for _ in range(2):
            await api.execute(call_of(api_action(HttpCall("GET", endpoint))), GIVEN, quiet)

    assert ["cookie" in seen.headers for seen in shop.seen] == [False, False]


NOT_SENT = [
    (HttpCall("GET", "{shop}/{order}"), {}, {"order": "7"}, "its address has no host"),
    (HttpCall("GET", "http://127.0.0.1:1/{order}"), {}, {}, "it needs a value for order"),
    (HttpCall("GET", "http://127.0.0.1:1/{order}"), {}, {"order": ".."}, "the value for order does not fit"),
    (HttpCall("GET", "http://127.0.0.1:1/", headers=(("X", "{order}"),)), {}, {"order": "a\nb"}, "the header X"),
    (HttpCall("GET", "http://127.0.0.1:1/?k={KEY}"), {}, {}, "it needs the secret KEY"),
    (HttpCall("GET", "ftp://127.0.0.1/"), {"KEY": "k"}, {}, "only http and https"),
    (HttpCall("GET", "http://127.1/"), {"KEY": "k"}, {}, "neither a name nor an address"),
]


@pytest.mark.parametrize(("work", "secrets", "arguments", "clause"), NOT_SENT)
async def test_what_cannot_be_sent_is_a_result_with_one_clause(
    work: HttpCall, secrets: Mapping[str, str], arguments: Mapping[str, str], clause: str
) -> None:
    spec = api_action(work, "order", secrets=["KEY"] if "{KEY}" in work.endpoint else [])

    async with executor(secrets=secrets) as api:
        result = await api.execute(call_of(spec, **arguments), GIVEN, quiet)

    assert result.outcome in (Outcome.ERROR, Outcome.DENIED)
    assert clause in result.detail
    assert "\n" not in result.detail


async def test_secrets_that_cannot_be_read_are_told() -> None:
    async with executor() as api:
        api._secrets = FakeSecrets(unreadable=True)
        result = await api.execute(call_of(api_action(HttpCall("GET", "http://127.0.0.1:1/"))), GIVEN, quiet)

    assert (result.outcome, result.detail) == (Outcome.ERROR, "the master key does not fit")


def test_a_request_shows_no_secret() -> None:
    work = HttpCall("POST", "https://h.example/?key={KEY}", headers=(("X", "{KEY}"),), body={"k": "{KEY}"})
    call = call_of(api_action(work, secrets=["KEY"]))

    request = build_request(call, GIVEN, {}, {"KEY": "sk_live_42"}, "desk")

    assert "sk_live_42" not in repr(request)
    assert "sk_live_42" in str(request.url)


def test_an_argument_cannot_take_the_name_of_a_secret() -> None:
    work = HttpCall("GET", "https://h.example/", headers=(("X", "{KEY} {GURUBASE_USER_EMAIL}"),))
    call = call_of(api_action(work, "KEY", secrets=["KEY"]), KEY="forged", GURUBASE_USER_EMAIL="forged")

    request = build_request(call, GIVEN, {"KEY": "forged"}, {"KEY": "real"}, "desk")

    assert request.headers["X"] == "real alex@acme.example"
