"""A simulated Discord for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.simulators.discord import DiscordSimulator


@pytest.fixture
async def discord() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(rates=False) as running:
        running.guild.channel("support")
        yield running
