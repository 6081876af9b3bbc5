"""The line to Slack: tokens checked at once, every interaction acknowledged, both ways in, an orderly end."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from bot.adapters.slack.access import SlackConfig
from bot.adapters.slack.blanking import blanked
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.errors import ConfigError
from tests.adapters.slack.lines import Notes, clock, config, connected, open_connection, press_everything, served
from tests.simulators.slack import SlackSimulator, administration, faults


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator() as running:
        running.workspace.channel("#support")
        yield running


def links(slack: SlackSimulator) -> dict[str, SlackConfig]:
    over_http = config(slack, app_token="", signing_secret=slack.core.config.signing_secret)
    return {"socket": config(slack), "http": over_http}


BOTH = pytest.mark.parametrize("link", ["socket", "http"])


async def refused(slack: SlackSimulator, **changes: Any) -> str:
    """Why the connection is not opened."""
    with pytest.raises(ConfigError) as caught:
        async with open_connection(config(slack, **changes), clock=clock(slack)):
            pass
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"bot_token": ""}, "DESKHAND_SLACK_BOT_TOKEN: set it, or DESKHAND_SLACK_CLIENT_ID"),
        ({"client_id": "1", "client_secret": "2"}, "not both"),
        ({"bot_token": "", "client_id": "1"}, "DESKHAND_SLACK_CLIENT_SECRET"),
        ({"bot_token": "", "client_id": "1", "client_secret": "2"}, "need a store"),
        ({"bot_token": "xapp-1"}, "a bot token begins with xoxb-"),
        ({"app_token": "xoxb-1"}, "an app-level token begins with xapp-"),
        ({"app_token": ""}, "set it for Socket Mode, or DESKHAND_SLACK_SIGNING_SECRET"),
    ],
)
async def test_settings_that_do_not_fit_are_told(slack: SlackSimulator, changes: dict[str, Any], told: str) -> None:
    assert told in await refused(slack, **changes)


async def test_tokens_are_checked_before_anything_is_received(slack: SlackSimulator) -> None:
    assert "DESKHAND_SLACK_APP_TOKEN: Slack does not take it (invalid_auth)" in await refused(
        slack, app_token="xapp-wrong"
    )
    slack.core.app_tokens["xapp-weak"] = frozenset({"authorizations:read"})
    assert "lacks the scope connections:write" in await refused(slack, app_token="xapp-weak")
    assert "DESKHAND_SLACK_BOT_TOKEN: Slack does not take it (invalid_auth)" in await refused(slack, bot_token="xoxb-0")
    assert len(slack.called("apps.connections.open")) == 2, "each is tried once, after the bot token"
    assert slack.sockets.opened == 0


@pytest.mark.parametrize("fault", [faults.HTML, faults.RESET, faults.broken(), faults.too_many()])
async def test_a_slack_that_is_down_is_no_wrong_token(slack: SlackSimulator, fault: faults.Fault) -> None:
    slack.faults.next("apps.connections.open", fault)
    with pytest.raises(SlackUnreachable):
        async with open_connection(config(slack), clock=clock(slack)):
            pass


async def test_a_slack_that_does_not_answer_is_left(slack: SlackSimulator) -> None:
    slack.faults.next("apps.connections.open", faults.SILENCE)
    with pytest.raises(SlackUnreachable):
        async with open_connection(config(slack, timeout_seconds=1), clock=clock(slack)):
            pass


def test_no_secret_is_shown() -> None:
    shown = repr(SlackConfig("xoxb-secret", "xapp-secret", "sign-secret", "id", "client-secret"))
    assert "secret'" not in shown
    assert "client_id='id'" in shown


async def test_a_handshake_that_is_refused_is_logged_without_its_ticket(
    slack: SlackSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    slack.sockets.refused = 1
    async with connected(slack, Notes(slack).register):
        assert "ticket=***" in caplog.text
    assert "ticket-" not in caplog.text


KEYS = (
    "xapp-1-A0-12-ab",
    "xoxb-12-34-Ab",
    "xoxe.xoxb-1-Ab",
    "xoxe-1-Ab",
    "xoxp-1-Ab",
    "wss://s.example/?ticket=a-b&c=d",
)


@pytest.mark.parametrize("key", KEYS)
def test_no_key_is_left_in_a_record_of_slacks_libraries(key: str) -> None:
    made = logging.makeLogRecord
    try:
        raise LookupError(key) from ValueError(f"'{key}'")
    except LookupError:
        raised = made({"msg": "failed", "exc_info": sys.exc_info()})
    for record in (made({"msg": f"Bearer {key}"}), made({"msg": "%s of %s", "args": (1, {"token": key})}), raised):
        assert blanked(record)
        for shown in (logging.Formatter().format(record), repr(record.__dict__)):
            assert key not in shown
            assert "***" in shown


def test_a_record_without_a_key_stays_as_it_is() -> None:
    record = logging.makeLogRecord({"msg": "a token begins with %s", "args": ("xoxb-",), "exc_text": "Traceback"})
    before = {**record.__dict__}

    assert blanked(record)
    assert before.items() <= record.__dict__.items()


async def test_no_token_is_logged_at_the_most_talkative_level(
    slack: SlackSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    notes, alex = Notes(slack), slack.workspace.person("alex")
    with caplog.at_level("DEBUG"):
        async with connected(slack, notes.register):
            await alex.says(alex.dm, "hello")
            await slack.until(lambda: notes.heard)
    assert caplog.text
    assert slack.workspace.bot_token not in caplog.text
    assert slack.app_token not in caplog.text
    assert "ticket-" not in caplog.text


@BOTH
async def test_events_come_and_who_we_are_is_asked_once(slack: SlackSimulator, link: str) -> None:
    notes, alex = Notes(slack), slack.workspace.person("alex")
    async with connected(slack, notes.register, links(slack)[link]) as connection:
        for text in ("one", "two", "three"):
            await alex.says(alex.dm, text)
        await slack.until(lambda: len(notes.heard) == 3)
        await slack.workspace.settled()
        assert await connection.bot_user(slack.workspace.team) == slack.workspace.bot.id
        assert connection.health().connected
    assert len(slack.called("auth.test")) == 1
    assert [each.state for each in slack.post.deliveries] == ["acknowledged"] * 3


async def test_clients_share_the_session_and_try_once(slack: SlackSimulator) -> None:
    async with open_connection(config(slack), clock=clock(slack)) as connection:
        first = await connection.clients.of(slack.workspace.team)
        second = await connection.clients.of(slack.workspace.team)
        assert first.session is second.session
        slack.faults.next("chat.postMessage", faults.RESET)
        with pytest.raises(aiohttp.ClientError):
            await first.chat_postMessage(channel="#support", text="x")
        assert len(slack.called("chat.postMessage")) == 1
        with pytest.raises(SlackRefused, match="not_installed"):
            await connection.clients.of("T0OTHER")
    assert first.session
    assert first.session.closed


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(100):
        await asyncio.sleep(0)


@BOTH
async def test_what_nobody_listens_to_is_acknowledged(slack: SlackSimulator, link: str) -> None:
    async with connected(slack, lambda app: None, links(slack)[link]) as connection:
        await press_everything(slack, await connection.clients.of(slack.workspace.team))
        await slack.workspace.person("alex").says("#support", "hello")
        administration.rate_limit_events(slack.workspace)
        await slack.workspace.settled()
    assert slack.workspace.person("alex").warnings == []
    assert {each.state for each in slack.post.deliveries} == {"acknowledged"}
    kinds = [each.kind for each in slack.post.deliveries]
    assert (kinds.count("interactive"), kinds.count("slash_commands")) == (6, 1)


async def test_a_listener_that_fails_disturbs_nobody(slack: SlackSimulator, caplog: pytest.LogCaptureFixture) -> None:
    notes, alex, failed = Notes(slack), slack.workspace.person("alex"), asyncio.Event()

    def register(app: AsyncApp) -> None:
        @app.event("app_mention")
        async def fail() -> None:
            failed.set()
            raise RuntimeError("boom")

        notes.register(app)

    async with connected(slack, register):
        await alex.says("#support", f"<@{slack.workspace.bot.id}> hi")
        await slack.until(lambda: notes.heard)
        await slack.until(lambda: "acknowledged" in {each.state for each in slack.post.deliveries})
        await asyncio.wait_for(failed.wait(), 30)
    states = {each.event["type"]: each.state for each in slack.post.deliveries}
    assert states == {"message": "acknowledged", "app_mention": "waiting"}, "Slack will tell of it again"
    assert "a event_callback of Slack failed" in caplog.text


@BOTH
async def test_a_stranger_s_workspace_is_not_listened_to(slack: SlackSimulator, link: str) -> None:
    globex, notes = slack.add_workspace("Globex", {"im:history", "chat:write"}), Notes(slack)
    async with connected(slack, notes.register, links(slack)[link]):
        kim = globex.person("kim")
        await kim.says(kim.dm, "let me in")
        await globex.settled()
        alex = slack.workspace.person("alex")
        await alex.says(alex.dm, "hello")
        await slack.until(lambda: notes.heard)
    assert notes.texts == ["hello"]


async def test_variables_meant_for_bolt_change_nothing(slack: SlackSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "stray")
    apps: list[AsyncApp] = []
    async with open_connection(config(slack), clock=clock(slack)) as connection:
        connection.listen(apps.append)
        assert apps[0].oauth_flow is None
        assert apps[0].installation_store is None
        assert connection.routes() == []


async def test_forged_requests_and_old_ones_are_refused(slack: SlackSimulator) -> None:
    notes, alex = Notes(slack), slack.workspace.person("alex")
    async with connected(slack, notes.register, links(slack)["http"]):
        assert slack.http
        honest, slack.http.secret = slack.http.secret, ""
        await alex.says(alex.dm, "forged")
        await slack.until(lambda: slack.http and slack.http.statuses == [401, 401])
        slack.http.secret, now = honest, slack.http.signed_at()
        slack.http.signed_at = lambda: now - 400
        await alex.says(alex.dm, "replayed")
        await slack.until(lambda: slack.http and slack.http.statuses == [401] * 4)
    assert notes.heard == []


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[1]", b"{", b"{" * 100_000, b'{"authorizations": 1}', b"payload=["]
)
@pytest.mark.parametrize("stamp", ["", "now", "99999999999999999999"])
async def test_what_is_not_signed_is_not_even_read(
    slack: SlackSimulator, body: bytes, stamp: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(slack, lambda app: None, links(slack)["http"]):
        assert slack.http
        headers = {"Content-Type": "application/json", "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=ä"}
        async with aiohttp.ClientSession() as session:
            async with session.post(slack.http.url, data=body, headers=headers) as answer:
                assert answer.status == 401
            async with session.post(slack.http.url, data=body) as answer:
                assert answer.status == 401
    assert "Traceback" not in caplog.text


async def test_nothing_is_taken_before_the_listeners_are_there(slack: SlackSimulator) -> None:
    async with (
        open_connection(links(slack)["http"], clock=clock(slack)) as connection,
        served(connection) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/slack/events", json={}) as answer,
    ):
        assert answer.status == 503, "Slack will try again"


@BOTH
async def test_the_end_waits_for_listeners_and_takes_nothing_more(slack: SlackSimulator, link: str) -> None:
    began, may_end, ended = asyncio.Event(), asyncio.Event(), list[str]()
    alex = slack.workspace.person("alex")

    def register(app: AsyncApp) -> None:
        @app.event("message")
        async def slow(event: dict[str, Any]) -> None:
            began.set()
            await may_end.wait()
            ended.append(event["text"])

    stop = asyncio.Event()
    async with open_connection(links(slack)[link], clock=clock(slack)) as connection:
        connection.listen(register)
        async with served(connection) as url:
            running = asyncio.create_task(connection.run(stop))
            if link == "http":
                await slack.deliver_over_http(f"{url}/slack/events")
            else:
                await slack.connected()
            await alex.says(alex.dm, "last")
            await began.wait()
            stop.set()
            if link == "socket":
                await slack.until(lambda: not slack.sockets.connections)
            await settle()
            assert not running.done()
            may_end.set()
            await running
    assert ended == ["last"]
    assert not connection.health().connected


async def test_the_app_s_removal_is_told_to_the_operator(
    slack: SlackSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(slack, lambda app: None):
        administration.uninstall(slack.workspace)
        await slack.workspace.settled()
    assert "install it and set the new token" in caplog.text
