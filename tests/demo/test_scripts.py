"""The shipped scripts, run for real against the demo world: what a person reads in each case."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from demo.world import World, open_world, running

ACTIONS = Path(__file__).parents[2] / "actions.d"
PERSON = {"GURUBASE_USER_EMAIL": "alex.morgan@northwind.example", "GURUBASE_USER_NAME": "Alex Morgan"}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with open_world(["127.0.0.1"], 0, lambda: datetime.now(UTC)) as made:
        yield made


async def run(world: World, action: str, **given: str) -> tuple[int, str]:
    """Exit code and all that the script wrote."""
    plain = {"STATUSPAGE_PAGE_ID": "demo", "ZENDESK_EMAIL": "support@northwind.example"}
    environment = {"PATH": os.environ["PATH"], **world.variables, **world.secrets, **plain, **PERSON, **given}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ACTIONS / action / "main.py"), env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@pytest.mark.parametrize(
    ("action", "given", "said"),
    [
        ("refund-lookup", {"order_id": "12345"}, ["89.00 USD", "succeeded", "invoice.example/i/12345"]),
        ("refund-lookup", {"order_id": "#12377"}, ["42.50 EUR", "pending"]),
        ("refund-lookup", {"order_id": "12390"}, ["12,000 JPY", "failed", "Next step"]),
        ("refund-lookup", {"order_id": "1"}, ["no refund for order 1"]),
        ("double-charge", {"customer_email": "dana.reyes@harbor.example"}, ["one payment and one hold", "refunded"]),
        ("double-charge", {"customer_email": "dana.reyes@harbor.example", "amount": "49.99"}, ["2 charge(s)"]),
        ("double-charge", {"customer_email": "kim.otieno@lumen.example"}, ["no double charge"]),
        ("double-charge", {"customer_email": "nobody@x.example"}, ["No charges found"]),
        ("incident-status", {"error_code": "502"}, ["502 errors in the EU", "is part of this incident", "40 minutes"]),
        ("sla-breach", {}, ["3 ticket(s)", "#48211", "0 h 2"]),
        ("sla-breach", {"hours_ahead": "1", "team": "billing"}, ["2 ticket(s) in billing", "All have an assignee"]),
        ("sla-breach", {"hours_ahead": "0.1"}, ["No ticket breaches"]),
        (
            "incident-impact",
            {"incident_type": "latency", "region": "EU"},
            ["3 account(s)", "Harbor Freightways", "Subject"],
        ),
        ("incident-impact", {"incident_type": "outage"}, ["5 account(s)", "region all"]),
        ("account-billing", {"customer_email": "dana.reyes@harbor.example"}, ["Team monthly", "Ends"]),
        ("account-billing", {"customer_email": "kim.otieno@lumen.example"}, ["past due", "update the card"]),
        ("account-billing", {"customer_email": "nobody@x.example"}, ["no account"]),
        ("pto_balance_lookup", {}, ["Alex Morgan has 12 PTO days"]),
    ],
)
async def test_a_script_says_what_a_person_wants_to_know(
    world: World, action: str, given: dict[str, str], said: list[str]
) -> None:
    code, output = await run(world, action, **given)

    assert code == 0, output
    assert [words for words in said if words not in output] == []


SECRETS = {
    "refund-lookup": "STRIPE_API_KEY", "double-charge": "STRIPE_API_KEY", "incident-status": "STATUSPAGE_API_KEY",
    "sla-breach": "ZENDESK_API_TOKEN", "incident-impact": "ANALYTICS_API_KEY", "account-billing": "STRIPE_API_KEY",
    "pto_balance_lookup": "HR_TOKEN",
}  # fmt: skip


@pytest.mark.parametrize("action", SECRETS)
async def test_a_refused_key_fails_in_one_plain_line_that_does_not_hold_it(world: World, action: str) -> None:
    given = {
        "order_id": "1",
        "customer_email": "a@x.example",
        "incident_type": "outage",
        SECRETS[action]: "wrong-key-123",
    }

    code, output = await run(world, action, **given)

    assert code == 1
    assert "Traceback" not in output
    assert "wrong-key-123" not in output


async def test_without_an_address_the_balance_says_why(world: World) -> None:
    code, output = await run(world, "pto_balance_lookup", GURUBASE_USER_EMAIL="")

    assert (code, "do not know your e-mail" in output) == (1, True)


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/shippo/tracks/12345", 401, None),
        ("POST", "/jira/rest/api/3/issue", 401, {"fields": {}}),
        ("GET", "/inventory/v1/stock?product=x", 401, None),
        ("GET", "/product/v1/accounts/lookup", 401, None),
        ("GET", "/analytics/v1/impact", 401, None),
        ("GET", "/hr/pto", 401, None),
        ("GET", "/stripe/v1/refunds", 401, None),
        ("POST", "/sap/api/v2/timeoff", 401, {}),
        ("GET", "/statuspage/v1/pages/x/incidents/unresolved", 401, None),
    ],
)
async def test_every_vendor_refuses_a_stranger(world: World, method: str, path: str, status: int, body: object) -> None:
    url = f"http://127.0.0.1:{world.port}{path}"
    async with aiohttp.ClientSession() as session, session.request(method, url, json=body) as response:
        assert response.status == status


async def test_writes_are_checked_recorded_and_read_back(world: World) -> None:
    jira = {"Authorization": f"Basic {world.secrets['JIRA_BASIC']}"}
    slack = {"Authorization": f"Bearer {world.secrets['SLACK_BOT_TOKEN']}"}
    async with aiohttp.ClientSession(base_url=f"http://127.0.0.1:{world.port}") as session:
        fields = {"project": {"key": "SUP"}, "summary": "It crashes"}
        async with session.post("/jira/rest/api/3/issue", json={"fields": fields}, headers=jira) as made:
            assert (made.status, (await made.json())["key"]) == (201, "SUP-4812")
        async with session.post("/jira/rest/api/3/issue", json={"fields": {}}, headers=jira) as refused:
            assert (refused.status, "summary" in (await refused.json())["errors"]) == (400, True)
        async with session.post(
            "/slack/api/chat.postMessage", json={"channel": "#x", "text": "hi"}, headers=slack
        ) as bad:
            assert await bad.json() == {"ok": False, "error": "channel_not_found"}
        async with session.get("/world/log") as log:
            assert [entry["kind"] for entry in await log.json()] == ["jira.issue"]


async def test_a_second_process_shares_the_world_that_is_there(world: World) -> None:
    assert await running(world.port)
    async with open_world(["127.0.0.1"], world.port, lambda: datetime.now(UTC)) as same:
        assert same.variables == world.variables
