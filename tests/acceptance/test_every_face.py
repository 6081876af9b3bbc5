"""One conversation, word for word the same in the terminal, the web chat, Slack and Discord, over the built service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.app import open_service
from tests.acceptance import faces
from tests.acceptance.conftest import settings
from tests.acceptance.faces import Face
from tests.simulators.discord import DiscordSimulator
from tests.simulators.slack import SlackSimulator


@pytest.fixture(params=["terminal", "web", "slack", "discord"])
async def face(
    request: pytest.FixtureRequest, tmp_path: Path, image: str, quiet_environment: None
) -> AsyncIterator[Face]:
    async with AsyncExitStack() as stack:
        given: dict[str, str] = {}
        if request.param == "slack":
            slack = await stack.enter_async_context(SlackSimulator(rates=False, running=True))
            given = {
                "slack_bot_token": slack.workspace.bot_token, "slack_app_token": slack.app_token,
                "slack_base_url": slack.api_url,
            }  # fmt: skip
        if request.param == "discord":
            discord = await stack.enter_async_context(DiscordSimulator(rates=False, running=True))
            given = {
                "discord_bot_token": discord.token, "discord_api_base": discord.api_base,
                "discord_gateway_url": discord.gateway_url,
            }  # fmt: skip
        service = await stack.enter_async_context(open_service(settings(tmp_path, **given)))
        match request.param:
            case "terminal":
                way = faces.terminal(service)
            case "web":
                way = faces.browser(service)
            case "slack":
                way = faces.slack_thread(service, slack)
            case _:
                way = faces.discord_thread(service, discord)
        yield await stack.enter_async_context(way)


async def test_a_whole_conversation(face: Face) -> None:
    await face.say("Where is my refund?")
    await face.sees("order id")
    await face.say("12377")
    await face.sees("42.50 EUR")

    await face.say("Check refund for order 12345 and is there an outage right now?")
    await face.sees("89.00 USD", "502 errors in the EU region", "Used: ", "Refund lookup ✓", "Incident status ✓")

    await face.say("How many PTO days do I have left?")
    await face.sees("12 PTO days")
    await face.say("Perfect. Book Friday off then.")
    await face.sees("confirm before I run", "Submit PTO request")
    await face.confirm()
    await face.sees("Submit PTO request ✓", "Notify manager ✓")
    await face.say("How many PTO days do I have left?")
    await face.sees("11 PTO days")

    await face.say("Book 24 December off for me")
    await face.sees("-12-24")
    await face.say("no")
    await face.sees("Cancelled. Not run: Submit PTO request, Notify manager.")

    await face.say("Where is my parcel, order 50000? And is there an outage right now?")
    await face.sees("503", "Order status ✗")
