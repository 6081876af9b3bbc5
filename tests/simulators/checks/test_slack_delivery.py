"""Events over Socket Mode and signed HTTP: doubles, acknowledgements, retries, lost connections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from tests.simulators.checks.bots import BOTH, Echo, Link, over_http, over_sockets
from tests.simulators.slack import SlackSimulator


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator() as running:
        running.workspace.channel("#support")
        yield running


@BOTH
async def test_an_acknowledged_event_is_not_sent_again(slack: SlackSimulator, link: Link) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    async with link(slack, echo.app):
        await alex.says("#support", "no mention")
        await slack.workspace.settled()
        slack.clock.advance(3_600)
        await alex.says("#support", "another")
        await slack.workspace.settled()
        await slack.until(lambda: len(echo.heard) == 2)
    assert [each.sent for each in slack.post.deliveries] == [1, 1]
    assert [each["text"] for each in echo.heard] == ["no mention", "another"]


async def test_an_acknowledgement_lost_on_the_way_leads_to_a_retry_and_bolt_hands_it_on(slack: SlackSimulator) -> None:
    echo, alex, seen = Echo(slack), slack.workspace.person("alex"), list[tuple[str, str]]()
    slack.sockets.ignore_acks = 1

    @echo.app.middleware
    async def note(req: AsyncBoltRequest, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002 - bolt's name
        seen.append((req.headers["x-slack-retry-num"][0], req.headers["x-slack-retry-reason"][0]))
        await next()

    async with over_sockets(slack, echo.app):
        await alex.says(alex.dm, "hello")
        await slack.until(lambda: slack.sockets.acknowledged)
        assert slack.post.deliveries[0].state == "waiting"
        slack.clock.advance(3)
        await slack.workspace.settled()
        await slack.until(lambda: len(echo.heard) == 2)
    assert echo.bodies[0]["event_id"] == echo.bodies[1]["event_id"]
    assert seen == [("0", ""), ("1", "timeout")], "bolt has the headers at the first attempt too"


async def test_nobody_acknowledges_and_slack_gives_up_after_three_retries(slack: SlackSimulator) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    slack.sockets.ignore_acks = 9

    async def time_out(number: int) -> None:
        await slack.until(lambda: len(slack.sockets.acknowledged) == number)
        slack.clock.advance(3)

    async with over_sockets(slack, echo.app):
        await alex.says(alex.dm, "hello")
        for number in range(1, 5):
            await time_out(number)
        await slack.workspace.settled()
    assert slack.post.deliveries[0].state == "given up"
    assert slack.post.deliveries[0].sent == 4


async def test_over_http_acknowledgements_get_lost_and_attempts_fail_though_they_were_heard(
    slack: SlackSimulator,
) -> None:
    echo, alex, seen = Echo(slack), slack.workspace.person("alex"), list[tuple[str, str]]()

    @echo.app.middleware
    async def note(req: AsyncBoltRequest, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002 - bolt's name
        seen.append((req.headers.get("x-slack-retry-num", [""])[0], req.headers.get("x-slack-retry-reason", [""])[0]))
        await next()

    async with over_http(slack, echo.app):
        assert slack.http
        slack.http.ignore_acks, slack.http.failing = 1, ["ssl_error"]
        await alex.says(alex.dm, "hello")
        await slack.until(lambda: slack.http and not slack.http.ignore_acks)
        slack.clock.advance(3)
        await slack.until(lambda: len(slack.post.deliveries[0].attempts) == 2)
        slack.clock.advance(60)
        await slack.workspace.settled()
    assert seen == [("", ""), ("1", "http_timeout"), ("2", "ssl_error")]


async def test_http_retries_at_once_then_after_a_minute_and_five_with_their_number(slack: SlackSimulator) -> None:
    echo, seen = Echo(slack), list[tuple[str, str]]()

    @echo.app.middleware
    async def refuse(req: AsyncBoltRequest) -> BoltResponse:
        seen.append((req.headers.get("x-slack-retry-num", [""])[0], req.headers.get("x-slack-retry-reason", [""])[0]))
        slack.core.changes.tell()
        return BoltResponse(status=500)

    async with over_http(slack, echo.app):
        alex = slack.workspace.person("alex")
        await alex.says(alex.dm, "hello")
        await slack.until(lambda: len(slack.post.deliveries[0].attempts) == 2)
        slack.clock.advance(60)
        await slack.until(lambda: len(slack.post.deliveries[0].attempts) == 3)
        slack.clock.advance(300)
        await slack.workspace.settled()
    assert seen == [("", ""), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert slack.post.deliveries[0].state == "given up"


async def test_an_app_may_ask_for_no_retry(slack: SlackSimulator) -> None:
    echo = Echo(slack)

    @echo.app.middleware
    async def refuse() -> BoltResponse:
        return BoltResponse(status=500, headers={"x-slack-no-retry": "1"})

    async with over_http(slack, echo.app):
        alex = slack.workspace.person("alex")
        for text in ("hello", "hello again"):
            await alex.says(alex.dm, text)
            await slack.workspace.settled()
    assert [each.sent for each in slack.post.deliveries] == [1, 1]


async def test_an_app_that_is_down_and_comes_back(slack: SlackSimulator) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    async with over_http(slack, echo.app) as url:
        assert slack.http
        slack.http.url = "http://127.0.0.1:9/closed"
        await alex.says(alex.dm, "hello")
        await slack.until(lambda: len(slack.post.deliveries[0].attempts) == 2)
        slack.http.url = url
        slack.clock.advance(60)
        await slack.workspace.settled()
        await slack.until(lambda: echo.heard)
    assert [each.reason for each in slack.post.deliveries[0].attempts] == ["connection_failed"] * 2 + [""]


async def test_a_forged_and_an_old_signature_are_refused_by_bolt(slack: SlackSimulator) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    async with over_http(slack, echo.app):
        assert slack.http is not None
        honest, slack.http.secret = slack.http.secret, "guessed"
        await alex.says(alex.dm, "forged")
        await slack.until(lambda: slack.http and slack.http.statuses == [401, 401])
        slack.http.secret, now = honest, slack.http.signed_at()
        slack.http.signed_at = lambda: now - 400
        await alex.says(alex.dm, "replayed")
        await slack.until(lambda: slack.http and slack.http.statuses == [401] * 4)
    assert echo.heard == []


@pytest.mark.parametrize("goodbye", ["warning", "refresh_requested"])
async def test_the_client_comes_again_when_asked_to(slack: SlackSimulator, goodbye: Any) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    async with over_sockets(slack, echo.app):
        await slack.sockets.disconnect(goodbye)
        await alex.says(alex.dm, "in the gap")
        await slack.connected(2)
        await slack.workspace.settled()
        await slack.until(lambda: echo.heard)
    assert slack.post.deliveries[0].attempts[0].reason == "timeout"
    assert len(slack.called("apps.connections.open")) == 2


async def test_the_client_comes_again_after_a_reset_and_gets_what_it_missed(slack: SlackSimulator) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    slack.sockets.ignore_acks = 1
    async with over_sockets(slack, echo.app):
        await alex.says(alex.dm, "hello")
        await slack.until(lambda: slack.sockets.acknowledged)
        slack.sockets.reset()
        await slack.connected(2)
        await slack.until(lambda: len(echo.heard) == 2)
        await slack.workspace.settled()
    assert slack.post.deliveries[0].state == "acknowledged"


async def test_the_client_leaves_a_deaf_peer(slack: SlackSimulator) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    async with over_sockets(slack, echo.app):
        slack.sockets.deafen()
        await alex.says(alex.dm, "hello?")
        await slack.connected(2)
        await slack.workspace.settled()
        await slack.until(lambda: echo.heard)


@BOTH
async def test_duplicates_and_disorder(slack: SlackSimulator, link: Link) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    async with link(slack, echo.app):
        slack.post.hold()
        for text in ("one", "two", "three"):
            await alex.says(alex.dm, text)
        slack.post.duplicate()
        slack.post.release()
        await slack.until(lambda: len(echo.heard) == 4)
        await slack.workspace.settled()
    assert sorted(each["text"] for each in echo.heard) == ["one", "three", "three", "two"]


async def test_several_connections_share_the_events(slack: SlackSimulator) -> None:
    first, second, alex = Echo(slack), Echo(slack), slack.workspace.person("alex")
    async with over_sockets(slack, first.app), over_sockets(slack, second.app):
        assert len(slack.sockets.connections) == 2
        for number in range(6):
            await alex.says(alex.dm, str(number))
        await slack.until(lambda: len(first.heard) + len(second.heard) == 6)
        await slack.workspace.settled()
    assert len(first.heard) == len(second.heard) == 3
