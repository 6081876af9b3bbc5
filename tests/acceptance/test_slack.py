"""The built service in Slack: the real client, real runs of both kinds, SQLite, the demo world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.app import open_service
from bot.gateways import Gateway, open_slack
from tests.acceptance.conftest import settings
from tests.simulators.slack import Person, SlackSimulator


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(rates=False, running=True) as simulator:
        simulator.workspace.channel("#support")
        yield simulator
        assert simulator.workspace.alarms == []
        assert [call for call in simulator.calls if call.error and call.method.startswith("chat.")] == []


@asynccontextmanager
async def routed(gateway: Gateway) -> AsyncIterator[str]:
    """The routes of signed events, as the web server mounts them."""
    app = web.Application()
    app.add_routes(gateway.routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


@pytest.fixture(params=["socket", "http"])
async def alex(
    request: pytest.FixtureRequest, slack: SlackSimulator, tmp_path: Path, image: str, quiet_environment: None
) -> AsyncIterator[Person]:
    """A person in a workspace in which the service answers, by Socket Mode and by signed requests."""
    over_sockets = request.param == "socket"
    way = {"slack_app_token": slack.app_token} if over_sockets else {}
    given = {
        "slack_bot_token": slack.workspace.bot_token,
        "slack_base_url": slack.api_url,
        "slack_signing_secret": slack.core.config.signing_secret,
        **way,
    }
    stop = asyncio.Event()
    async with open_service(settings(tmp_path, **given)) as service, open_slack(service) as slack_gateway:
        working = asyncio.create_task(service.work.dispatcher.run(stop))
        running = asyncio.create_task(slack_gateway.line.run(stop))
        async with routed(slack_gateway) as address:
            if over_sockets:
                await slack.connected()
            else:
                assert await slack.deliver_over_http(address)
            person = slack.workspace.person("alex", email="alex@acme.example")
            slack.workspace.may_mention.add(person.user.id)
            yield person
            await slack.workspace.settled()
        stop.set()
        await running
        await working


async def seen(slack: SlackSimulator, person: Person, *words: str) -> str:
    await slack.until(lambda: all(word in person.sees("#support") for word in words), 30)
    return person.sees("#support")


async def test_a_refund_and_an_outage_are_answered_in_one_message(slack: SlackSimulator, alex: Person) -> None:
    question = "Check refund for order 12345 and is there an outage right now?"
    await alex.says("#support", f"{slack.workspace.mention} {question}")

    found = await seen(slack, alex, "89.00 USD", "502 errors in the EU region", "Used: ")

    assert "Refund lookup ✓" in found
    assert "Incident status ✓" in found
    await slack.until(lambda: len(slack.workspace.from_bot()) == 1)  # the cards of the work go when it is done


async def test_a_write_is_confirmed_by_a_button_and_really_done(slack: SlackSimulator, alex: Person) -> None:
    await alex.says("#support", f"{slack.workspace.mention} Book Friday off for me")
    await seen(slack, alex, "Confirm")
    card = next(m for m in slack.workspace.from_bot() if "approval:confirm" in str(m.blocks))

    await alex.clicks(card, "approval:confirm")
    await seen(slack, alex, "Submit PTO request ✓")

    assert "approval:confirm" not in str(slack.workspace.find(card.channel, card.ts))


async def test_the_two_turn_time_off_flow_in_direct_messages(slack: SlackSimulator, alex: Person) -> None:
    first = await alex.says(alex.dm, "How many PTO days do I have left?")
    await slack.until(lambda: "12 PTO days" in alex.sees(alex.dm), 30)
    await alex.says(alex.dm, "Perfect. Book Friday off then.", thread=first)
    await slack.until(lambda: "Confirm" in alex.sees(alex.dm), 30)
    card = next(m for m in slack.workspace.from_bot() if "approval:confirm" in str(m.blocks))

    await alex.clicks(card, "approval:confirm")
    await slack.until(lambda: "Submit PTO request ✓" in alex.sees(alex.dm), 30)

    assert "Notify manager" in alex.sees(alex.dm)


async def test_commands_and_home_tell_what_ran(slack: SlackSimulator, alex: Person) -> None:
    await alex.runs("/deskhand", "ask Where is my refund for order 12345?")
    await slack.until(lambda: any("89.00 USD" in str(m.blocks) + m.text for m in alex.private()), 30)
    await alex.opens_home()
    await slack.until(lambda: alex.user.id in slack.workspace.homes, 10)

    assert "Refund lookup" in str(alex.home.view["blocks"])


async def test_a_failing_service_is_told_and_the_other_answer_still_comes(slack: SlackSimulator, alex: Person) -> None:
    await alex.says(
        "#support", f"{slack.workspace.mention} Where is my parcel, order 50000? And is there an outage right now?"
    )

    found = await seen(slack, alex, "Order status", "502 errors in the EU region", "503")

    assert "Incident status ✓" in found
