"""kill -9 amid a write, in a real process: the next one says that it does not know, and a person settles it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientError, ClientSession, web

from tests.acceptance.conftest import ROOT

ACTION = """
name: Refund order
condition_prompt: When the user asks to refund an order
action_type: API_CALL
type: write
examples: [Please refund my order]
parameters: []
settings: {timeout_ms: 60000}
config: {method: POST, endpoint: "http://127.0.0.1:PORT/refunds", headers: [], body: {}}
"""


class Shop:
    """The system that is written to, and the only honest witness of what was done."""

    def __init__(self) -> None:
        self.refunds = 0
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()

    async def refund(self, request: web.Request) -> web.Response:
        self.refunds += 1
        self.asked.set()
        await self.answers.wait()
        return web.json_response({"refunded": True})


@asynccontextmanager
async def open_shop() -> AsyncIterator[tuple[Shop, int]]:
    shop, application = Shop(), web.Application()
    application.router.add_post("/refunds", shop.refund)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield shop, runner.addresses[0][1]
    finally:
        shop.answers.set()
        await runner.cleanup()


class Desk:
    """``deskhand`` over one data folder, with nothing of this machine's settings."""

    def __init__(self, folder: Path, port: int) -> None:
        place = folder / "actions" / "refund-order"
        place.mkdir(parents=True)
        (place / "action.yaml").write_text(ACTION.replace("PORT", str(port)))
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), "DESKHAND_SANDBOX": "off",
            "DESKHAND_ACTIONS_DIR": str(folder / "actions"), "DESKHAND_DATA_DIR": str(folder / "data"),
            "DESKHAND_INTERNAL_HOSTS": json.dumps(["127.0.0.1"]),
        }  # fmt: skip

    async def __call__(self, *words: str) -> tuple[int, str]:
        """One command to its end: exit code and what it said."""
        process = await self._begun(*words)
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[Process, str]]:
        """The service and its address; killed at the end."""
        process = await self._begun("run", "--port", "0")
        assert process.stdout
        try:
            first = (await process.stdout.readline()).decode()
            assert "answers at" in first
            yield process, first.split()[-1]
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def _begun(self, *words: str) -> Process:
        command = [sys.executable, "-m", "bot", *words]
        return await asyncio.create_subprocess_exec(
            *command, env=self.environment, stdin=DEVNULL, stdout=PIPE, stderr=asyncio.subprocess.STDOUT
        )


async def asked(session: ClientSession, url: str, **body: object) -> dict[str, object]:
    async with session.post(url, json={"conversation": "room", "stream": False, **body}) as answer:
        told: dict[str, object] = await answer.json()
        return told


async def test_a_write_cut_off_by_kill_9_is_told_once_settled_once_and_never_repeated(tmp_path: Path) -> None:
    async with asyncio.timeout(600), open_shop() as (shop, port), ClientSession() as session:
        desk = Desk(tmp_path, port)
        async with desk.running() as (process, address):
            question = await asked(session, f"{address}/api/v1/chat", message="Please refund my order", message_id="m1")
            approval = question["approval"]
            assert isinstance(approval, dict)
            url = f"{address}/api/v1/approvals/{approval['id']}"
            pressing = asyncio.create_task(asked(session, url, approve=True))
            await shop.asked.wait()
            process.kill()
            assert isinstance((await asyncio.gather(pressing, return_exceptions=True))[0], ClientError)

        async with desk.running() as (_, address):
            reply = await asked(session, f"{address}/api/v1/approvals/{approval['id']}", approve=True)
            assert "may or may not have been done" in str(reply["text"])
            again = await asked(session, f"{address}/api/v1/approvals/{approval['id']}", approve=True)
            assert again["text"] == reply["text"]
            code, listed = await desk("runs", "list", "--state", "unknown", "--json")
            (run,) = map(json.loads, filter(None, listed.splitlines()))
            assert (code, run["action"]) == (0, "refund-order")
            assert (await desk("runs", "resolve", run["id"], "done"))[0] == 0
        assert shop.refunds == 1
