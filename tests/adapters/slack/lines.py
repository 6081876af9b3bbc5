"""Our own connection on the simulator: listeners that note what comes, a store in memory, a sleep that is short."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.access import SlackConfig, open_access
from bot.adapters.slack.connection import Connection, open_line
from bot.adapters.slack.installations import Safe
from bot.ports import Clock
from bot.secrets.cipher import Cipher, Place
from tests.fakes import InMemoryClaims
from tests.simulators.slack import SlackSimulator

BUTTON = {"type": "button", "action_id": "old", "value": "1", "text": {"type": "plain_text", "text": "Go"}}
MODAL: dict[str, Any] = {
    "type": "modal", "callback_id": "old", "title": {"type": "plain_text", "text": "Why?"}, "notify_on_close": True,
    "submit": {"type": "plain_text", "text": "Send"}, "blocks": [{"type": "divider"}],
}  # fmt: skip


class Notes:
    """Notes messages and answers each with an echo, as the adapter would: on its own client."""

    def __init__(self, slack: SlackSimulator) -> None:
        self.slack = slack
        self.heard: list[dict[str, Any]] = []

    @property
    def texts(self) -> list[str]:
        return [each["text"] for each in self.heard]

    def register(self, app: AsyncApp) -> None:
        app.event("message")(self._note)

    async def _note(self, event: dict[str, Any]) -> None:
        self.heard.append(event)
        self.slack.core.changes.tell()


class Sealed:
    """The service's cipher, as the application gives it to the adapter."""

    def __init__(self) -> None:
        self._cipher = Cipher({"k": b"k" * 32}, "k")

    def encrypt(self, value: str, context: str) -> str:
        return self._cipher.encrypt(value, Place(context, "slack"))

    def decrypt(self, text: str, context: str) -> str:
        return self._cipher.decrypt(text, Place(context, "slack"))


class Rows:
    """Sealed rows of one database; two processes may share it."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.reads = 0

    async def get(self, key: str) -> str | None:
        self.reads += 1
        await asyncio.sleep(0)
        return self.kept.get(key)

    async def all(self) -> Mapping[str, str]:
        return dict(self.kept)

    async def put(self, key: str, ciphertext: str, at: datetime) -> None:
        await asyncio.sleep(0)
        self.kept[key] = ciphertext

    async def delete(self, key: str) -> bool:
        await asyncio.sleep(0)
        return self.kept.pop(key, None) is not None


def safe() -> Safe:
    return Safe(Rows(), Sealed(), InMemoryClaims())


def config(slack: SlackSimulator, **changes: Any) -> SlackConfig:
    """One workspace over Socket Mode, with short pings."""
    made = SlackConfig(
        bot_token=slack.workspace.bot_token, app_token=slack.app_token, base_url=slack.api_url, ping_seconds=0.2
    )
    return replace(made, **changes)


def many(slack: SlackSimulator, **changes: Any) -> SlackConfig:
    """Several workspaces."""
    app = slack.core.config
    return config(slack, bot_token="", client_id=app.client_id, client_secret=app.client_secret, **changes)


def clock(slack: SlackSimulator) -> Clock:
    return lambda: datetime.fromtimestamp(slack.clock.now(), UTC)


async def short(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.01))


@asynccontextmanager
async def open_connection(
    settings: SlackConfig, keep: Safe | None = None, *, clock: Clock, monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Connection]:  # fmt: skip
    """A line of its own, on which nobody listens yet."""
    async with open_access(settings, keep, clock=clock, sleep=sleep) as access:
        yield await open_line(access, monotonic, sleep)


@asynccontextmanager
async def connected(
    slack: SlackSimulator, register: Callable[[AsyncApp], None], settings: SlackConfig | None = None,
    keep: Safe | None = None,
) -> AsyncIterator[Connection]:  # fmt: skip
    """Open, listen and run; over Socket Mode once the simulator has the connection, else served over HTTP."""
    settings = settings or config(slack)
    async with open_connection(settings, keep, clock=clock(slack), sleep=short) as connection:
        connection.listen(register)
        async with received(slack, connection, over_http=not settings.app_token):
            yield connection


@asynccontextmanager
async def received(slack: SlackSimulator, connection: Connection, *, over_http: bool) -> AsyncIterator[None]:
    """Run a connection once it listens; over Socket Mode from when the simulator has it, else served over HTTP."""
    stop, before = asyncio.Event(), slack.sockets.opened
    async with served(connection) as url, asyncio.TaskGroup() as group:
        group.create_task(connection.run(stop))
        try:
            if over_http:
                assert await slack.deliver_over_http(f"{url}/slack/events")
            else:
                await slack.connected(before + 1)
            yield
        finally:
            stop.set()


@asynccontextmanager
async def served(connection: Connection) -> AsyncIterator[str]:
    """The routes on a web server; its address."""
    application = web.Application(client_max_size=64)  # the pages beside ours want little
    application.add_routes(connection.routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def press_everything(slack: SlackSimulator, web: AsyncWebClient) -> None:
    """Every kind of interaction; each waits for its acknowledgement."""
    alex = slack.workspace.person("alex")
    blocks = [{"type": "actions", "elements": [BUTTON]}]
    posted = await web.chat_postMessage(channel="#support", text="Sure?", blocks=blocks)
    message = slack.workspace.find(posted["channel"], posted["ts"])
    assert message
    await alex.clicks(message, "old")
    await alex.runs("/deskhand", "help")
    await alex.uses_shortcut("ask_about_message", message)
    await alex.uses_shortcut("global")
    await web.views_open(trigger_id=slack.core.trigger(alex.user.id), view=MODAL)
    await alex.closes(alex.modal)
    await web.views_open(trigger_id=slack.core.trigger(alex.user.id), view=MODAL)
    await alex.submits(alex.modal)
    await alex.opens_home()
    menu = {"type": "external_select", "action_id": "find"}
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [menu]}]}
    await web.views_publish(user_id=alex.user.id, view=home)
    await alex.searches(alex.home, "find", "x")
