"""Ports that measure change nothing of what goes through them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from bot.adapters.chat.durable import Durable
from bot.conversation.runner import Runner, Scope
from bot.domain.action import Effect
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Asker, Outcome, RunState
from bot.domain.work import Job
from bot.errors import ModelUnavailable
from bot.ports import Emit, Given, SandboxJob, SandboxResult
from bot.storage.storage import open_storage
from bot.telemetry import configure_logs
from bot.telemetry.lag import EVERY, watch_loop
from bot.telemetry.metered import (
    MeteredExecutor,
    MeteredModel,
    MeteredSandbox,
    metered_handler,
)
from bot.telemetry.metrics import Metrics
from tests.conversation.world import World
from tests.fakes import ALEX, START, Ticking, Unhurried, WordMasker, action

log = logging.getLogger("tests.metered")
JOB = Job("slack/T1/1", "slack.message", "slack/T1", {"text": "hello"}, START)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged; the logs of the whole process are put back after."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logs("info", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def shown(metrics: Metrics, start: str) -> list[str]:
    return [line for line in metrics.page().decode().splitlines() if line.startswith(start)]


class Logging:
    """An executor, a sandbox and a model that say something or fail."""

    def idempotency_key(self, call: ActionCall, given: Given) -> str:
        return "key"

    async def execute(self, call: ActionCall, given: Given, emit: Emit) -> ActionResult:
        log.info("working")
        return ActionResult(call.id, call.spec.slug, call.spec.name, Outcome.SUCCESS, "success", "", START, 0.5)

    async def run(self, job: SandboxJob, emit: Emit) -> SandboxResult:
        return SandboxResult(0, "", "", 1.0)

    async def plan(self, *_: object) -> None:
        raise ModelUnavailable("it sleeps")


async def emit(_: str) -> None:
    """Nobody listens."""


async def test_a_run_is_counted_and_its_log_lines_name_it(lines: io.StringIO) -> None:
    metrics = Metrics()
    executor = MeteredExecutor(Logging(), metrics)
    call = ActionCall("c1", action("refund"), {})

    result = await executor.execute(call, Given("r1", Asker("", "", "")), emit)

    assert result.outcome is Outcome.SUCCESS
    assert shown(metrics, "action_runs_total{")[0].endswith('outcome="success"} 1.0')
    told = json.loads(lines.getvalue().splitlines()[0])
    assert (told["event"], told["run"], told["action"]) == ("working", "r1", "refund")


async def test_a_job_is_timed_from_its_arrival_and_named_in_the_log(lines: io.StringIO) -> None:
    metrics, clock = Metrics(), Ticking()
    clock.forward(seconds=2)

    async def handle(job: Job) -> None:
        log.info("answering")

    await metered_handler(handle, metrics, clock)(JOB)

    assert json.loads(lines.getvalue().splitlines()[0])["job"] == JOB.key
    assert float(shown(metrics, "message_seconds_sum{")[0].split()[-1]) == pytest.approx(2.001)


async def test_what_comes_in_is_counted_once_and_its_twin_as_such(tmp_path: Path) -> None:
    metrics, dispatched = Metrics(), list[Job]()

    class Listing(Unhurried):
        async def dispatch(self, job: Job) -> None:
            dispatched.append(job)

    async with open_storage(tmp_path / "desk.db") as storage:
        durable = Durable(storage.inbox, Listing(), metrics)
        assert await durable.take(JOB)
        assert not await durable.take(JOB)
        assert await storage.inbox.backlog() == (1, START)
        await storage.inbox.settle(JOB.key, START + timedelta(seconds=1))
        assert await storage.inbox.backlog() == (0, None)

    assert dispatched == [JOB]
    assert shown(metrics, "inbox_received_total{") == ['inbox_received_total{platform="slack"} 1.0']
    assert shown(metrics, "inbox_duplicates_total") == ["inbox_duplicates_total 1.0"]


async def test_a_container_s_start_is_what_its_script_did_not_take() -> None:
    metrics, looks = Metrics(), iter((10.0, 11.5))
    sandbox = MeteredSandbox(Logging(), metrics, lambda: next(looks))

    await sandbox.run(SandboxJob("r1", "", {}, 30.0), emit)

    assert shown(metrics, "sandbox_start_seconds_sum") == ["sandbox_start_seconds_sum 0.5"]


async def test_a_model_that_fails_is_counted_by_its_failure() -> None:
    metrics, looks = Metrics(), iter((1.0, 3.0))
    model = MeteredModel(Logging(), metrics, lambda: next(looks))  # type: ignore[arg-type]

    with pytest.raises(ModelUnavailable):
        await model.plan(None, ())  # type: ignore[arg-type]

    assert shown(metrics, "llm_seconds_sum{")[0] == 'llm_seconds_sum{operation="plan",outcome="ModelUnavailable"} 2.0'


async def test_a_loop_that_comes_back_late_is_seen() -> None:
    metrics, looks = Metrics(), iter((0.0, EVERY + 0.2))

    async def sleep(seconds: float) -> None:
        assert seconds == EVERY

    with pytest.raises(RuntimeError):  # the looks are used up
        await watch_loop(metrics, lambda: next(looks), sleep)

    (total,) = shown(metrics, "event_loop_lag_seconds_sum")
    assert float(total.split()[-1]) == pytest.approx(0.2)


async def test_a_clock_that_is_set_back_makes_no_negative_time() -> None:
    metrics, clock = Metrics(), Ticking()
    clock.forward(days=-1)

    async def handle(job: Job) -> None:
        """There is nothing to do."""

    await metered_handler(handle, metrics, clock)(JOB)

    assert shown(metrics, "message_seconds_sum{") == ['message_seconds_sum{platform="slack"} 0.0']


async def test_a_write_whose_end_nobody_knows_is_counted_as_such() -> None:
    world, metrics = World(action("refund", effect=Effect.WRITE)), Metrics()
    call = ActionCall("c1", action("refund", effect=Effect.WRITE), {})
    scope = Scope("t1", "room", "", ALEX, "chat", WordMasker(), world.watch, resumed=True)
    runner = Runner(world.executor, world.runs, world.audit, world.runs, world.clock, metrics)
    (begun,) = runner.intents([call], scope)
    started = replace(begun, state=RunState.STARTED)
    await world.runs.started(started)

    (result,) = await runner.run([call], scope, {started.id: started})

    assert result.outcome is Outcome.UNKNOWN
    assert shown(metrics, "action_runs_total{") == ['action_runs_total{kind="write",outcome="unknown"} 1.0']
