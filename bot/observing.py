"""Puts measures and, where they are wanted, traces around the parts of a service."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.conversation.engine import Engine, Parts
from bot.ports import Executor, LanguageModel, Sandbox
from bot.telemetry.metered import MeteredExecutor, MeteredModel, MeteredSandbox
from bot.telemetry.metrics import Metrics
from bot.telemetry.traces import TracedEngine, TracedExecutor, TracedMetrics, TracedModel, Traces, open_traces


@dataclass(frozen=True, slots=True)
class Observing:
    """What goes around each part."""

    metrics: Metrics
    traces: Traces | None

    def executor(self, executor: Executor) -> Executor:
        """Measured, and traced."""
        measured = MeteredExecutor(executor, self.metrics)
        return TracedExecutor(measured, self.traces) if self.traces else measured

    def model(self, model: LanguageModel, name: str) -> LanguageModel:
        """Measured, and traced under the name of the model; empty for rules."""
        measured = MeteredModel(model, self.metrics, time.monotonic)
        return TracedModel(measured, self.traces, name) if self.traces else measured

    def sandbox(self, sandbox: Sandbox) -> Sandbox:
        """Measured."""
        return MeteredSandbox(sandbox, self.metrics, time.monotonic)

    def engine(self, parts: Parts) -> Engine:
        """The engine, traced where traces are wanted."""
        return TracedEngine(parts, self.traces) if self.traces else Engine(parts)


@asynccontextmanager
async def observing(environment: Mapping[str, str]) -> AsyncIterator[Observing]:
    """As the environment wants it. Raises ConfigError."""
    async with open_traces(environment) as traces:
        yield Observing(TracedMetrics() if traces else Metrics(), traces)
