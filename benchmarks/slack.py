"""Slack: acknowledgement and first sign under load, and a whole turn against a bare slack-bolt echo bot.

Ours is put together as the service does, with a stub model and action and kept jobs in SQLite. Each bot is a process of
its own; this one is the simulated Slack and holds the watch. Bounds: with 20 events a second for 15 s acknowledgement
p99 below 100 ms and first sign p95 below 300 ms; from mention to answer at most twice the echo's median, asked in
turns. Prints one JSON object; exits 1 when a bound is missed.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.say.async_say import AsyncSay
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.access import SlackConfig
from bot.adapters.slack.desk import Rules
from bot.adapters.slack.service import Needs, open_ears, open_hands
from bot.domain.work import Job
from bot.records import new_id, utc_now
from bot.storage.storage import Storage, open_storage
from bot.telemetry.metrics import Metrics
from bot.upkeep import start_set_apart
from bot.work import embedded_work
from tests.adapters.slack.lines import safe
from tests.conversation.world import World
from tests.fakes import action, calls, suggested
from tests.simulators.slack import Call, Delivery, Message, SlackSimulator
from tests.simulators.slack.delivery import Outcome
from tests.simulators.slack.socket_mode import SocketMode

MENTIONS_A_SECOND, SECONDS = 20, 15
"""Slack tells of each twice, as a mention and as a message; what the bot posts comes back as well."""
PEOPLE, CHANNELS = 20, 10
ROUNDS, WARM_UP = 200, 20
BLOCK = 20
"""Questions to one bot before it is the other's turn: neither is woken from sleep for each."""
ACK_MS, SIGN_MS, TIMES_THE_ECHO = 100.0, 300.0, 2.0
_LEAVING_SECONDS = 10.0


# The bots, each in a process of its own.


async def ours(slack: SlackConfig) -> None:
    """Our bot, until nobody holds our standard input any more."""
    world = World(action("lookup"), plans=(calls(("lookup", {})),) * 5_000)
    with tempfile.TemporaryDirectory() as folder:
        async with open_storage(Path(folder) / "bench.db") as storage:
            await used(storage)
            needs = Needs(world.engine, storage.claims, safe(), utc_now, new_id, suggested)
            stop, work = asyncio.Event(), embedded_work(storage.inbox, utc_now, Metrics())
            async with open_hands(slack, Rules(), needs) as hands, asyncio.TaskGroup() as group:
                work.add(hands.handlers(), hands.given_up())
                connection = await open_ears(hands, work.durable())
                group.create_task(work.dispatcher.run(stop))
                group.create_task(connection.run(stop))
                with start_set_apart():
                    await _left()
                stop.set()


async def used(storage: Storage) -> None:
    """Make it a store in use: SQLite's log has its length, and no write waits for the file system to lengthen it."""
    for number in range(1_000):
        await storage.inbox.add(Job(f"earlier-{number}", "bench", "", {}, utc_now()))
        await storage.inbox.settle(f"earlier-{number}", utc_now())


async def echo(slack: SlackConfig) -> None:
    """What slack-bolt's own introduction makes of a mention."""
    client = AsyncWebClient(slack.bot_token, slack.base_url)
    app = AsyncApp(client=client)

    async def said(event: dict[str, str], say: AsyncSay) -> None:
        await say(text=event["text"].partition("> ")[2], thread_ts=event["ts"])

    async def nothing() -> None:
        """A message that is a mention comes by itself."""

    app.event("app_mention")(said)
    app.event("message")(nothing)
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await _left()
    await handler.close_async()  # type: ignore[no-untyped-call]


async def _left() -> None:
    await asyncio.to_thread(sys.stdin.read)


@asynccontextmanager
async def started(name: str, slack: SlackSimulator) -> AsyncIterator[None]:
    """A bot that is connected. Its tokens come by standard input, whose end is its end, too."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.slack", name, stdin=PIPE)
    try:
        where = {"bot_token": slack.workspace.bot_token, "app_token": slack.app_token, "base_url": slack.api_url}
        assert process.stdin
        process.stdin.write(json.dumps(where).encode() + b"\n")
        await slack.connected()
        yield
    finally:
        await _ended(process)


async def _ended(process: Process) -> None:
    assert process.stdin
    process.stdin.close()
    try:
        async with asyncio.timeout(_LEAVING_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


# The watch.


class Timed:
    """Socket Mode that notes how long each acknowledgement took."""

    def __init__(self, sockets: SocketMode) -> None:
        self.pauses, self.ignore_acks = sockets.pauses, 0
        self.seconds: list[float] = []
        self._sockets = sockets

    async def offer(self, delivery: Delivery, number: int, reason: str) -> Outcome:
        begun = perf_counter()
        outcome = await self._sockets.offer(delivery, number, reason)
        self.seconds.append(perf_counter() - begun if outcome.acknowledged else float("inf"))
        return outcome


class Watch:
    """One simulated Slack with people in it."""

    def __init__(self, slack: SlackSimulator) -> None:
        self.slack = slack
        self.timed = slack.post.transport = Timed(slack.sockets)
        names = [f"person-{number}" for number in range(PEOPLE)]
        self._people = [slack.workspace.person(name, f"{name}@acme.example") for name in names]
        self._channels = [slack.workspace.channel(f"#channel-{number}") for number in range(CHANNELS)]
        self._asked: dict[str, float] = {}
        """When each mention was written."""

    async def mention(self, number: int) -> Message:
        begun = self.slack.clock.now()
        person, channel = self._people[number % PEOPLE], self._channels[number % CHANNELS]
        asked = await person.says(channel, f"{self.slack.workspace.mention} look it up")
        self._asked[asked.ts] = begun
        return asked

    async def answered(self) -> float:
        """Ask one thing, then wait for its answer and until all is quiet; the seconds to the answer."""
        before = len(self.slack.calls)
        asked = await self.mention(0)
        await self.slack.until(lambda: asked.ts in self._first(_answers, before))
        await self.quiet()
        return self._first(_answers, before)[asked.ts] - self._asked[asked.ts]

    async def quiet(self) -> None:
        """Nothing is under way: no work of the bot, no event of it."""
        count = -1
        while count != self.slack.core.changes.count:
            count = self.slack.core.changes.count
            await asyncio.sleep(0.02)
        await self.slack.workspace.settled()

    async def under_load(self) -> tuple[list[float], list[float]]:
        """Seconds of each acknowledgement, and from each mention to the first sign of it. All must be answered."""
        begun, before = perf_counter(), len(self.slack.calls)
        self.timed.seconds.clear()
        asked: list[str] = []
        for number in range(MENTIONS_A_SECOND * SECONDS):
            await asyncio.sleep(begun + number / MENTIONS_A_SECOND - perf_counter())
            asked.append((await self.mention(number)).ts)
        await self.slack.until(lambda: len(self._first(_answers, before)) == len(asked))
        await self.quiet()
        signs = self._first(_shows, before)
        return list(self.timed.seconds), [signs[ts] - self._asked[ts] for ts in asked]

    def _first(self, wanted: Callable[[Call], bool], before: int) -> dict[str, float]:
        """When the first such call about each mention came."""
        threads: dict[str, str] = {}
        found: dict[str, float] = {}
        for call in self.slack.calls[before:]:
            given = call.arguments
            about = given.get("thread_ts") or given.get("timestamp") or threads.get(given.get("ts", ""), "")
            threads[call.answer.get("ts", "")] = about
            if about and wanted(call) and not call.error:
                found.setdefault(about, call.at)
        return found


def _shows(call: Call) -> bool:
    """Whether people see something of it: a status line, a reaction or a message."""
    methods = ("reactions.add", "chat.postMessage", "chat.startStream")
    return call.method in methods or bool(call.arguments.get("status"))


def _answers(call: Call) -> bool:
    """Whether it is the answer; other posts of ours have no feedback buttons."""
    blocks = call.arguments.get("blocks")
    if not blocks:
        return call.method == "chat.postMessage"
    return call.method.startswith("chat.") and any(block["type"] == "context_actions" for block in blocks)


@asynccontextmanager
async def watching(name: str) -> AsyncIterator[Watch]:
    """A bot in a Slack of its own, where time passes and no rate is refused."""
    async with SlackSimulator(running=True, rates=False) as slack:
        watch = Watch(slack)
        async with started(name, slack):
            yield watch


async def in_turns(mine: Watch, theirs: Watch) -> tuple[float, float]:
    """The median from mention to answer of each, in milliseconds."""
    ours, bare = list[float](), list[float]()
    for _ in range((WARM_UP + ROUNDS) // BLOCK):
        ours += [await mine.answered() for _ in range(BLOCK)]
        bare += [await theirs.answered() for _ in range(BLOCK)]
    return statistics.median(ours[WARM_UP:]) * 1000, statistics.median(bare[WARM_UP:]) * 1000


def percentile(seconds: Sequence[float], of_hundred: int) -> float:
    return statistics.quantiles(seconds, n=100)[of_hundred - 1] * 1000


async def measure() -> dict[str, float]:
    async with watching("ours") as mine, watching("echo") as theirs:
        answer, bare = await in_turns(mine, theirs)  # before the load: neither has more to remember than the other
        acks, signs = await mine.under_load()
        calls_made = len(mine.slack.calls)
    return {
        "ack_p50_ms": statistics.median(acks) * 1000, "ack_p99_ms": percentile(acks, 99),
        "deliveries_a_second": len(acks) / SECONDS, "sign_p50_ms": statistics.median(signs) * 1000,
        "sign_p95_ms": percentile(signs, 95), "answer_p50_ms": answer, "echo_p50_ms": bare,
        "times_the_echo": answer / bare, "calls_made": calls_made,
    }  # fmt: skip


def missed(found: dict[str, float]) -> list[str]:
    held = {
        "ack_p99_ms": found["ack_p99_ms"] < ACK_MS,
        "sign_p95_ms": found["sign_p95_ms"] < SIGN_MS,
        "times_the_echo": found["times_the_echo"] <= TIMES_THE_ECHO,
    }
    return [name for name, ok in held.items() if not ok]


def main() -> int:
    bots = {"ours": ours, "echo": echo}
    if len(sys.argv) > 1:
        asyncio.run(bots[sys.argv[1]](SlackConfig(**json.loads(sys.stdin.readline()))))
        return 0
    found = asyncio.run(measure())
    wrong = missed(found)
    print(json.dumps({**{name: round(value, 2) for name, value in found.items()}, "missed": wrong}))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
