"""A webhook on the whole service: from an HTTP request to the run, its log and its file of records."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.app import Service, open_service
from bot.dashboard.patience import PatientRunner
from bot.dashboard.starts import Asked, Starts
from bot.deliveries import open_postbox
from bot.domain.run import RunState
from bot.domain.work import Job
from bot.settings import SandboxKind, Settings
from bot.web_api import open_api, take_calls
from bot.webhooks import Draft, Switchboard
from tests.commands.test_command_line import ROOT


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, actions_dir=ROOT / "actions.d", demo=True, demo_port=0, encoder=False,
        sandbox=SandboxKind.OFF,
    )  # fmt: skip
    async with open_service(settings) as opened:
        yield opened


@pytest.fixture
async def base(service: Service) -> AsyncIterator[str]:
    """The routes of a running service."""
    stop = asyncio.Event()
    take_calls(service, open_postbox(service, ()))
    api, application = open_api(service), web.Application()
    application.add_routes(api.routes)
    async with AsyncExitStack() as stack:
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(service.work.dispatcher.run(stop))
        stack.callback(stop.set)
        runner = PatientRunner(application)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"


async def test_a_call_runs_the_action_once_and_is_told_of_to_the_end(
    service: Service, base: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    given = await Switchboard(service.records).add(Draft("order-status", {"order_id": "order.id"}))
    secret = given.url.rpartition("/")[2]
    address = f"{base}/hooks/{given.webhook.id}/{secret}"
    body, name = {"order": {"id": 12345}}, {"webhook-id": "evt-1"}

    async with aiohttp.ClientSession() as session:
        async with session.post(address, json=body, headers=name) as answer:
            assert answer.status == 202
            promised, location = await answer.json(), answer.headers["Location"]
        async with session.get(f"{base}{location}/log") as answer:
            log = await answer.text()  # it ends with the run
        async with session.get(base + location) as answer:
            run = await answer.json()
        async with session.post(address, json=body, headers=name) as answer:
            again = await answer.json()
        async with session.get(f"{base}/api/v1/runs") as answer:
            listed = (await answer.json())["runs"]

    assert "event: step\n" in log
    assert log.endswith('event: end\ndata: {"state": "done"}\n\n')
    assert (run["state"], run["trigger"], run["inputs"]) == ("done", "webhook", {"order_id": "12345"})
    assert again == promised
    assert [each["id"] for each in listed] == [promised["run"]]
    assert secret not in f"{run}{log}{listed}" + caplog.text


class Gone:
    """The dispatcher of a process that died once it had written the call down."""

    async def dispatch(self, job: Job) -> None:
        """Nobody is there."""


async def test_a_call_that_was_taken_by_a_process_that_died_is_run_by_the_next(service: Service) -> None:
    records, storage = service.records, service.records.storage
    given = await Switchboard(records).add(Draft("order-status"))
    starts = Starts(storage.arrivals, Gone(), records.masking, service.clock, service.new_id)
    run_id = await starts.take(Asked(given.webhook.id, "evt-1", "digest", "order-status", {"order_id": "12345"}))

    stop = asyncio.Event()
    take_calls(service, open_postbox(service, ()))
    async with asyncio.TaskGroup() as group:
        group.create_task(service.work.dispatcher.run(stop))
        async with asyncio.timeout(60):
            while await storage.inbox.unfinished():
                await asyncio.sleep(0.01)
        stop.set()

    run = await storage.runs.get(run_id)
    assert run
    assert (run.state, run.trigger) == (RunState.DONE, "webhook")
