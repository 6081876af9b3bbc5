"""A simulated Slack with one channel, in which nobody may ever be called by a live mention."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.adapters.slack.covering import COVERED, COVERS, claims, seen
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
        for mark in request.node.iter_markers(COVERS):
            lacking = set(mark.args) - seen(simulator)
            assert not lacking, f"the test claims to cover what did not happen: {sorted(lacking)}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note what is covered on which line, before anything is deselected."""
    config.stash[COVERED] = {claim for item in items for claim in claims(item)}
