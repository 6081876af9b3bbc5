"""A server that answers the question, and the real client on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.llm.openai_model import OpenAIModel
from tests.llm.online.question import PLAN
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai.server import KEY


@pytest.fixture
async def sim() -> AsyncIterator[OpenAISimulator]:
    async with OpenAISimulator() as simulator:
        simulator.plan_with(PLAN)
        yield simulator


@pytest.fixture
async def model(sim: OpenAISimulator) -> AsyncIterator[OpenAIModel]:
    made = OpenAIModel(KEY, sim.base_url, "sim", timeout_seconds=0.4)
    yield made
    await made.close()
