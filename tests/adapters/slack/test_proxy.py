"""Behind a proxy: everything goes through it, by the variables that the SDK reads, and nothing goes by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from bot.adapters.chat.pacing import Pacer
from bot.adapters.slack.access import open_access
from bot.adapters.slack.checkup import examine
from bot.adapters.slack.outbox import Outbox
from tests.adapters.slack.lines import clock, config
from tests.adapters.slack.proxies import NAME, Proxy, behind_a_proxy
from tests.adapters.slack.working import PATIENT, answered, looking_up, working
from tests.fakes import counting
from tests.simulators.slack import SlackSimulator

VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def proxy(slack: SlackSimulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    async with behind_a_proxy(slack) as (running, address):
        monkeypatch.setenv("HTTPS_PROXY", address)
        yield running


async def test_a_question_its_file_and_its_answer_go_through_it(slack: SlackSimulator, proxy: Proxy) -> None:
    alex, world = slack.workspace.person("alex"), looking_up()
    async with working(slack, world, PATIENT):
        await alex.says("#support", f"{slack.workspace.mention} what is this?", files={"error.log": b"boom: code 42"})
        await answered(slack)

    (turn,) = world.turns.turns.values()
    assert turn.text.endswith("boom: code 42")
    assert {urlsplit(each).hostname for each in proxy.asked} == {NAME}


async def test_a_command_is_answered_through_it(slack: SlackSimulator, proxy: Proxy) -> None:
    alex, elsewhere = slack.workspace.person("alex"), slack.workspace.channel("#elsewhere")
    elsewhere.members.discard(slack.workspace.bot.id)
    async with working(slack, looking_up()):
        await alex.runs("/deskhand", "help", where="#elsewhere")
        await slack.until(lambda: alex.private("#elsewhere"))


async def test_the_check_up_goes_through_it(slack: SlackSimulator, proxy: Proxy) -> None:
    assert "problem" not in {each.state for each in await examine(config(slack))}


async def test_what_no_proxy_names_is_reached_without_one(
    slack: SlackSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    alex = slack.workspace.person("alex")
    assert "problem" not in {each.state for each in await examine(config(slack))}
    async with working(slack, looking_up(), PATIENT):
        await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        await answered(slack)


async def test_a_password_for_everywhere_does_not_keep_our_token_back(
    slack: SlackSimulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password theirs\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert "problem" not in {each.state for each in await examine(config(slack))}


class Elsewhere:
    """A file that has moved to another origin; each notes what it was told, and both hand out cookies."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []
        self._target = ""

    async def moved(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        return web.Response(status=302, headers={"Location": self._target, "Set-Cookie": "d=secret; Path=/"})

    async def found(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        return web.Response(text="boom", headers={"Set-Cookie": "d=secret; Path=/"})

    def _note(self, request: web.Request) -> None:
        headers = request.headers
        self.told.append((request.path, headers.get("Authorization", ""), headers.get("Cookie", "")))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The address that the file had."""
        application = web.Application()
        application.add_routes([web.get("/old", self.moved), web.get("/new", self.found)])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            for _ in range(2):
                await web.TCPSite(runner, "127.0.0.1", 0).start()
            old, new = (address[1] for address in runner.addresses)
            self._target = f"http://127.0.0.1:{new}/new"
            yield f"http://localhost:{old}/old"  # an address of numbers gets no cookies anyway
        finally:
            await runner.cleanup()


async def test_a_file_that_has_moved_gets_neither_token_nor_cookies(slack: SlackSimulator) -> None:
    elsewhere, team, token = Elsewhere(), slack.workspace.team, slack.workspace.bot_token
    async with (
        elsewhere.open() as url,
        open_access(
            config(slack, base_url=slack.api_url.replace("127.0.0.1", "localhost")), clock=clock(slack)
        ) as access,
        Pacer(time.monotonic, asyncio.sleep) as pacer,
    ):
        outbox = Outbox(access.clients, pacer, asyncio.sleep, counting())
        for _ in range(2):
            assert await outbox.fetch(team, url, 10) == b"boom"

    assert elsewhere.told == [("/old", f"Bearer {token}", ""), ("/new", "", "")] * 2
