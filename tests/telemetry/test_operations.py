"""Health and measures of a real process's parts, as its port gives them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.domain.work import Job
from bot.errors import ConfigError
from bot.operations import own_port, watched
from bot.records import Records, open_records, utc_now
from bot.telemetry.metrics import Metrics
from tests.acceptance.conftest import settings


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    async with open_records(settings(tmp_path, demo=False, metrics_port=0)) as opened:
        yield opened


async def test_a_process_without_a_web_chat_answers_on_its_own_port(records: Records) -> None:
    operations = watched(records, Metrics(), patience=60)
    operations.health.watch("slack", lambda: False, "Slack is not connected")
    await records.storage.inbox.add(Job("a", "slack.message", "lane", {}, utc_now()))

    async with own_port(records, operations) as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.status == 503
            parts = (await answer.json())["parts"]
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            measures = await answer.text()

    assert parts == {"database": "ok", "migrations": "ok", "slack": "Slack is not connected"}
    assert "inbox_unfinished 1.0" in measures.splitlines()


async def test_a_port_that_another_process_has_is_a_fault_of_the_settings(records: Records, tmp_path: Path) -> None:
    async with own_port(records, watched(records, Metrics())) as port:
        taken = settings(tmp_path / "other", demo=False, metrics_port=port)
        async with open_records(taken) as other:
            with pytest.raises(ConfigError, match=f"DESKHAND_METRICS_PORT: cannot listen on 127.0.0.1:{port}"):
                async with own_port(other, watched(other, Metrics())):
                    pass


async def test_without_a_setting_there_is_no_port(tmp_path: Path) -> None:
    async with (
        open_records(settings(tmp_path, demo=False)) as opened,
        own_port(opened, watched(opened, Metrics())) as port,
    ):
        assert port is None
