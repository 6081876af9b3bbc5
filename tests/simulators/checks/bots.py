"""Small bots on the real slack-bolt, to hold the simulator to."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.simulators.slack import SlackSimulator

Event = dict[str, Any]
logging.getLogger("slack_bolt").setLevel(logging.CRITICAL)
logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)


def client(slack: SlackSimulator, token: str = "") -> AsyncWebClient:
    """The real Web API client."""
    return AsyncWebClient(token=token or slack.workspace.bot_token, base_url=slack.api_url, timeout=5)


async def refused(asked: Any) -> dict[str, Any]:
    """The body of a refusal."""
    with pytest.raises(SlackApiError) as caught:
        await asked
    data = caught.value.response.data
    assert isinstance(data, dict)
    return data


class Echo:
    """Notes every event and interaction; answers mentions and direct messages with an echo in the thread."""

    def __init__(self, slack: SlackSimulator) -> None:
        self.slack = slack
        self.heard: list[Event] = []
        self.bodies: list[Event] = []
        self.app = AsyncApp(client=client(slack), signing_secret=slack.core.config.signing_secret)
        self.app.event("app_mention")(self._echo)
        self.app.event("message")(self._note)

    async def _note(self, body: Event, event: Event) -> None:
        self.bodies.append(body)
        self.heard.append(event)
        self.slack.core.changes.tell()

    async def _echo(self, body: Event, event: Event) -> None:
        await self._note(body, event)
        text = f"You said: {event['text']}"
        await self.app.client.chat_postMessage(
            channel=event["channel"], thread_ts=event.get("thread_ts", event["ts"]), text=text
        )

    def events(self, kind: str) -> list[Event]:
        """What was heard of one type."""
        return [each for each in self.heard if each["type"] == kind]


@asynccontextmanager
async def over_sockets(slack: SlackSimulator, app: AsyncApp, ping_interval: float = 0.2) -> AsyncIterator[Any]:
    """Connect by Socket Mode."""
    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=ping_interval)
    before = slack.sockets.opened
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.connected(before + 1)
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def over_http(slack: SlackSimulator, app: AsyncApp) -> AsyncIterator[str]:
    """Serve bolt's own aiohttp application and point Slack at it."""
    runner = web.AppRunner(app.web_app(path="/slack/events"), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    assert await slack.deliver_over_http(url)
    try:
        yield url
    finally:
        await runner.cleanup()


Link = Callable[[SlackSimulator, AsyncApp], AbstractAsyncContextManager[Any]]
BOTH = pytest.mark.parametrize("link", [over_sockets, over_http])
