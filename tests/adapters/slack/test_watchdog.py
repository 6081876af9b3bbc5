"""The watchdog on the real client: every way in which a connection dies ends in a new one and no event is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Literal

import pytest
from slack_bolt.async_app import AsyncApp

from bot.adapters.slack.watchdog import LONGEST_PAUSE
from tests.adapters.slack.lines import Notes, clock, config, connected, open_connection, short
from tests.simulators.slack import SlackSimulator, faults

Breaks = Callable[[SlackSimulator], None]
GAP = pytest.mark.parametrize(
    "breaks", [lambda slack: slack.sockets.reset(), lambda slack: slack.sockets.deafen()], ids=["reset", "deaf"]
)


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator() as running:
        yield running


@GAP
async def test_a_dead_connection_is_replaced_and_what_was_missed_comes(slack: SlackSimulator, breaks: Breaks) -> None:
    notes, alex = Notes(slack), slack.workspace.person("alex")
    async with connected(slack, notes.register) as connection:
        breaks(slack)
        await alex.says(alex.dm, "in the gap")
        await slack.connected(2)
        await slack.workspace.settled()
        await slack.until(lambda: notes.heard)
        assert connection.health().connections == 2
    assert set(notes.texts) == {"in the gap"}


@pytest.mark.parametrize("goodbye", ["warning", "refresh_requested", "too_many_websockets"])
async def test_the_client_comes_again_when_slack_asks(
    slack: SlackSimulator, goodbye: Literal["warning", "refresh_requested", "too_many_websockets"]
) -> None:
    notes, alex = Notes(slack), slack.workspace.person("alex")
    async with connected(slack, notes.register):
        await slack.sockets.disconnect(goodbye)
        await slack.connected(2)
        await alex.says(alex.dm, "after it")
        await slack.until(lambda: notes.heard)
        await slack.workspace.settled()
    assert set(notes.texts) == {"after it"}


async def test_an_orderly_end_by_slack_is_followed_by_a_new_connection(slack: SlackSimulator) -> None:
    notes, alex = Notes(slack), slack.workspace.person("alex")
    async with connected(slack, notes.register):
        await slack.sockets.hang_up()
        await slack.connected(2)
        await alex.says(alex.dm, "hello")
        await slack.until(lambda: notes.heard)
    assert set(notes.texts) == {"hello"}


@pytest.mark.parametrize("fault", [faults.HTML, faults.RESET, faults.too_many(), faults.refusal("invalid_auth")])
async def test_it_does_not_give_up_when_no_new_connection_can_be_made(
    slack: SlackSimulator, fault: faults.Fault, caplog: pytest.LogCaptureFixture
) -> None:
    notes, alex = Notes(slack), slack.workspace.person("alex")
    async with connected(slack, notes.register) as connection:
        slack.faults.next("apps.connections.open", fault, times=3)
        slack.sockets.reset()
        await slack.connected(2)
        await alex.says(alex.dm, "hello")
        await slack.until(lambda: notes.heard)
        assert connection.health().connected
    assert caplog.text.count("no connection to Slack") == 3


async def test_pauses_grow_while_slack_is_away_and_health_tells(slack: SlackSimulator) -> None:
    pauses: list[float] = []
    looks = asyncio.Semaphore(0)

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        slack.core.changes.tell()
        await looks.acquire()

    def register(_: AsyncApp) -> None: ...

    stop = asyncio.Event()
    async with open_connection(config(slack), clock=clock(slack), sleep=sleep) as connection:
        connection.listen(register)
        running = asyncio.create_task(connection.run(stop))
        await slack.connected()
        await slack.until(lambda: pauses)
        assert connection.health().connected
        slack.faults.next("apps.connections.open", faults.HTML, times=9)
        slack.sockets.reset()
        while len(slack.called("apps.connections.open")) < 2 + 6:
            looks.release()
            await slack.core.changes.next()
        assert not connection.health().connected
        stop.set()
        await running
    assert pauses[0] < pauses[-1] == LONGEST_PAUSE
    assert pauses == sorted(pauses)


async def test_a_connection_that_only_looks_alive_is_replaced(slack: SlackSimulator) -> None:
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += 1_000
        await short(seconds)

    async with open_connection(
        config(slack, ping_seconds=60), clock=clock(slack), monotonic=lambda: now, sleep=sleep
    ) as connection:
        connection.listen(lambda app: None)
        stop = asyncio.Event()
        running = asyncio.create_task(connection.run(stop))
        await slack.connected(3)
        assert connection.health().connections >= 2
        stop.set()
        await running


async def test_slack_may_be_away_when_the_service_starts(slack: SlackSimulator) -> None:
    notes, alex, stop = Notes(slack), slack.workspace.person("alex"), asyncio.Event()
    async with open_connection(config(slack), clock=clock(slack), sleep=short) as connection:
        connection.listen(notes.register)
        slack.faults.next("apps.connections.open", faults.HTML, times=2)
        running = asyncio.create_task(connection.run(stop))
        await slack.connected()
        await alex.says(alex.dm, "hello")
        await slack.until(lambda: notes.heard)
        stop.set()
        await running


async def test_one_connection_at_a_time(slack: SlackSimulator) -> None:
    async with connected(slack, lambda app: None):
        for number in range(2, 6):
            slack.sockets.deafen()
            await slack.connected(number)
            await slack.until(lambda: len(slack.sockets.connections) == 1)
    assert slack.sockets.connections == []
