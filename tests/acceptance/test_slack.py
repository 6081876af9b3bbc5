"""The built service in Slack: the real client, real runs of both kinds, SQLite, the demo world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import open_service
from bot.gateways import open_slack
from tests.acceptance.conftest import settings
from tests.simulators.slack import Person, SlackSimulator


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(rates=False, running=True) as simulator:
        simulator.workspace.channel("#support")
        yield simulator
        assert simulator.workspace.alarms == []
        assert [call for call in simulator.calls if call.error and call.method.startswith("chat.")] == []


@pytest.fixture
async def alex(slack: SlackSimulator, tmp_path: Path, image: str, quiet_environment: None) -> AsyncIterator[Person]:
    """A person in a workspace in which the service answers."""
    given = {
        "slack_bot_token": slack.workspace.bot_token,
        "slack_app_token": slack.app_token,
        "slack_base_url": slack.api_url,
    }
    stop = asyncio.Event()
    async with open_service(settings(tmp_path, **given)) as service, open_slack(service) as connection:
        running = asyncio.create_task(connection.run(stop))
        await slack.connected()
        person = slack.workspace.person("alex", email="alex@acme.example")
        slack.workspace.may_mention.add(person.user.id)
        yield person
        await slack.workspace.settled()
        stop.set()
        await running


async def seen(slack: SlackSimulator, person: Person, *words: str) -> str:
    await slack.until(lambda: all(word in person.sees("#support") for word in words), 30)
    return person.sees("#support")


async def test_a_refund_and_an_outage_are_answered_in_one_message(slack: SlackSimulator, alex: Person) -> None:
    question = "Check refund for order 12345 and is there an outage right now?"
    await alex.says("#support", f"{slack.workspace.mention} {question}")

    found = await seen(slack, alex, "89.00 USD", "502 errors in the EU region", "Used: ")

    assert "Refund lookup ✓" in found
    assert "Incident status ✓" in found
    assert len(slack.workspace.from_bot()) == 1


async def test_a_write_is_confirmed_by_a_button_and_really_done(slack: SlackSimulator, alex: Person) -> None:
    await alex.says("#support", f"{slack.workspace.mention} Book Friday off for me")
    await seen(slack, alex, "Confirm")
    card = next(m for m in slack.workspace.from_bot() if "approval:confirm" in str(m.blocks))

    await alex.clicks(card, "approval:confirm")
    await seen(slack, alex, "Submit PTO request ✓")

    assert "approval:confirm" not in str(slack.workspace.find(card.channel, card.ts))
