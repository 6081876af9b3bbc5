"""Each call goes to the executor of its kind; the idempotency key is made of its values."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp import web

from bot.actions.executor import ActionExecutor
from bot.actions.python_code import PythonCodeExecutor
from bot.domain.action import ActionSpec, HttpCall, Safety, Value
from bot.domain.run import Asker
from bot.ports import Executor, Given, SandboxResult
from tests.actions.calls.world import (
    GIVEN,
    START,
    FakeSandbox,
    FakeSecrets,
    api_action,
    call_of,
    executor,
    python_action,
    quiet,
    service,
)


def keyed(template: str) -> ActionSpec:
    spec = api_action(HttpCall("POST", "https://h.example/"), "order", "amount", "note", secrets=["KEY"])
    return replace(spec, variables={"REGION": "eu"}, safety=Safety(idempotency_key=template))


async def key_of(template: str, given: Given = GIVEN, **arguments: Value) -> str:
    python = PythonCodeExecutor(FakeSandbox(SandboxResult(0, "", "", 0.0)), FakeSecrets(), {}, "desk", lambda: START)
    async with executor() as api:
        both: Executor = ActionExecutor(api, python, {"order": "operator"}, "desk")
        return both.idempotency_key(call_of(keyed(template), **arguments), given)


async def test_each_kind_of_work_goes_to_its_executor() -> None:
    async def fine(_request: web.Request) -> web.Response:
        return web.json_response({"from": "http"})

    python = PythonCodeExecutor(
        FakeSandbox(SandboxResult(0, "from python", "", 0.1)), FakeSecrets(), {}, "d", lambda: START
    )
    async with service(fine) as shop, executor() as api:
        both = ActionExecutor(api, python, {}, "desk")
        http = await both.execute(call_of(api_action(HttpCall("GET", shop.at()))), GIVEN, quiet)
        script = await both.execute(call_of(python_action()), GIVEN, quiet)

    assert "http" in http.output
    assert script.output == "from python"


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("", ""),
        ("refund-{order}", "refund-7"),
        ("refund-{order}-{amount}", "refund-7-2"),
        ("{order}/{GURUBASE_USER_EMAIL}", "7/alex@acme.example"),
        ("{order}-{REGION}", "7-eu"),
        ("{order}-{KEY}", "7-{KEY}"),
        ("refund-{note}", ""),
        ("  ", ""),
        ("fixed", "fixed"),
    ],
)
async def test_a_key_is_filled_or_there_is_none(template: str, key: str) -> None:
    assert await key_of(template, order="7", amount=2.0) == key


@pytest.mark.parametrize("value", ["x" * 300, "zwölf", "a\r\nb", "\ud800"])
async def test_a_key_that_fits_no_header_is_replaced_by_its_hash(value: str) -> None:
    key = await key_of("refund-{order}", order=value)

    assert len(key) == 64
    assert key.isalnum()
    assert key != await key_of("refund-{order}", order=value + "x")


async def test_two_askers_have_two_keys() -> None:
    template = "{GURUBASE_USER_EMAIL}-{order}"
    one = await key_of(template, Given("run-1", Asker("one@acme.example")), order="7")
    two = await key_of(template, Given("run-2", Asker("two@acme.example")), order="7")

    assert one != two
