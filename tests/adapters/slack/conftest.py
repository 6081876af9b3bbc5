"""A simulated Slack with one channel, in which nobody may ever be called by a live mention."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.adapters.slack.linking import OVER_HTTP
from tests.simulators.slack import SlackSimulator


@pytest.fixture(params=["socket", "http"])
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[SlackSimulator]:
    """Every scenario runs by Socket Mode and by signed requests; ``linking.linked`` connects the bot accordingly."""
    async with SlackSimulator(rates=False) as simulator:
        simulator.workspace.channel("#support")
        OVER_HTTP[simulator] = request.param == "http"
        yield simulator
        assert simulator.workspace.alarms == []
