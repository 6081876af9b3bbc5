"""A simulated Slack with one channel, in which nobody may ever be called by a live mention."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.simulators.slack import SlackSimulator


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(rates=False) as simulator:
        simulator.workspace.channel("#support")
        yield simulator
        assert simulator.workspace.alarms == []
