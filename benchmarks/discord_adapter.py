"""How fast the Discord adapter is: simulated Discord, stub model and action, against a bare discord.py bot.

Deferral of commands: p99 below 300 ms at 20 commands a second. First sign of a question: p95 below 500 ms at 20 a
second. From question to answer: at most twice a bare bot that begins a thread at the question and echoes it there in a
message of the same kind (Components V2), at the median, in one run.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import warnings
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_bytes
from time import perf_counter

import aiohttp

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py imports audioop
    import discord

from bot.adapters.discord.config import DiscordConfig, Rules
from bot.adapters.discord.handlers import handlers
from bot.adapters.discord.line import pointed_at
from bot.adapters.discord.link_oauth import LinkConfig
from bot.adapters.discord.linking import Linking, LinkStores
from bot.adapters.discord.service import Needs, ears, open_hands
from bot.records import new_id, utc_now
from bot.secrets.cipher import Cipher, Sealing
from bot.storage.storage import open_storage
from bot.telemetry.metrics import Metrics
from bot.upkeep import start_set_apart
from bot.work import embedded_work
from tests.conversation.world import World
from tests.fakes import action, calls
from tests.simulators.discord import Call, DiscordSimulator, Message

ASKED_A_SECOND, SECONDS = 20, 5
PEOPLE, CHANNELS = 20, 10
ROUNDS, WARM_UP = 200, 20
BLOCK = 20
"""Questions to one bot before it is the other's turn: neither is woken from sleep for each."""
DEFERRAL_MS, SIGN_MS, TIMES_THE_ECHO = 300.0, 500.0, 2.0
_LEAVING_SECONDS = 10.0
_THREAD, _TYPING = "POST /channels/{channel}/messages/{message}/threads", "POST /channels/{channel}/typing"
_POST = "POST /channels/{channel}/messages"


# The bots, each in a process of its own.


async def ours(config: DiscordConfig) -> None:
    """Our bot, until nobody holds our standard input any more."""
    world = World(action("lookup"), plans=(calls(("lookup", {})),) * 5_000)
    stop = asyncio.Event()
    with tempfile.TemporaryDirectory() as folder:
        async with open_storage(Path(folder) / "bench.db") as storage, aiohttp.ClientSession() as session:
            sealing = Sealing(Cipher({"k": bytes(32)}, "k"))
            stores = LinkStores(storage.links, storage.pairings, storage.claims, storage.audit, sealing)
            linking = Linking(stores, LinkConfig(), session, utc_now, token_bytes)
            work = embedded_work(storage.inbox, utc_now, Metrics())
            needs = Needs(
                world.engine, storage.claims, work.durable(), sealing, storage.links, linking, utc_now, new_id
            )
            async with open_hands(config, Rules(), needs, session) as desk, asyncio.TaskGroup() as group:
                work.add(handlers(desk))
                group.create_task(work.dispatcher.run(stop))
                group.create_task(ears(config, desk).run(stop))
                with start_set_apart():
                    await _left()
                stop.set()


async def echo(config: DiscordConfig) -> None:
    """What discord.py's own introduction makes of a message, in a thread as ours."""

    class Echo(discord.AutoShardedClient):
        async def on_message(self, message: discord.Message) -> None:
            if message.author != self.user:
                thread = await message.create_thread(name=message.content)
                layout = discord.ui.LayoutView()
                layout.add_item(discord.ui.TextDisplay(message.content))
                await thread.send(view=layout)

    with pointed_at(config):
        async with Echo(intents=config.intents, guild_ready_timeout=0.1) as client:
            running = asyncio.create_task(client.start(config.token))
            await _left()
            await client.close()
            await running


async def _left() -> None:
    await asyncio.to_thread(sys.stdin.read)


@asynccontextmanager
async def started(name: str, simulator: DiscordSimulator) -> AsyncIterator[None]:
    """A bot that is connected. Its token comes by standard input, whose end is its end, too."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.discord_adapter", name, stdin=PIPE)
    try:
        where = {"token": simulator.token, "api_base": simulator.api_base, "gateway_url": simulator.gateway_url}
        assert process.stdin
        process.stdin.write(json.dumps(where).encode() + b"\n")
        await simulator.connected()
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


class Watch:
    """One simulated Discord with people in it."""

    def __init__(self, simulator: DiscordSimulator) -> None:
        self.simulator = simulator
        guild = simulator.guild
        self._people = [guild.person(f"person-{number}") for number in range(PEOPLE)]
        self._channels = [guild.channel(f"channel-{number}") for number in range(CHANNELS)]

    async def mention(self, number: int) -> Message:
        """Somebody asks in a channel."""
        person, channel = self._people[number % PEOPLE], self._channels[number % CHANNELS]
        return await person.says(channel, f"{self.simulator.mention} look it up")

    async def answered(self) -> float:
        """Ask one thing in a channel, then wait for its answer and until all is quiet; seconds to the answer."""
        before, begun = len(self.simulator.calls), self.simulator.clock.now()
        asked = await self.mention(0)
        await self.simulator.until(lambda: self._first(_posts_to(asked.id), before))
        await self.quiet()
        return self._first(_posts_to(asked.id), before)[0].at - begun

    async def quiet(self) -> None:
        """Nothing is under way any more."""
        count = -1
        while count != self.simulator.core.changes.count:
            count = self.simulator.core.changes.count
            await asyncio.sleep(0.02)

    async def deferred(self) -> list[float]:
        """Seconds from each of many commands to its acknowledgement."""
        async with asyncio.TaskGroup() as group:
            begun = perf_counter()
            tasks = []
            for number in range(ASKED_A_SECOND * SECONDS):
                await asyncio.sleep(begun + number / ASKED_A_SECOND - perf_counter())
                tasks.append(group.create_task(self._command(number)))
        await self.quiet()
        return [task.result() for task in tasks]

    async def signs(self) -> list[float]:
        """Seconds from each of many questions to the first sign of it. All must be answered."""
        begun, before = perf_counter(), len(self.simulator.calls)
        asked: dict[str, float] = {}
        for number in range(ASKED_A_SECOND * SECONDS):
            await asyncio.sleep(begun + number / ASKED_A_SECOND - perf_counter())
            at = self.simulator.clock.now()
            asked[(await self.mention(number)).id] = at
        await self.simulator.until(lambda: self._threads_answered(before) >= asked.keys())
        await self.quiet()
        return [self._first(_about(message), before)[0].at - at for message, at in asked.items()]

    async def _command(self, number: int) -> float:
        begun = perf_counter()
        person, channel = self._people[number % PEOPLE], self._channels[number % CHANNELS]
        await person.runs("/ask", where=channel, question="look it up")
        return perf_counter() - begun if not person.warnings else float("inf")

    def _threads_answered(self, before: int) -> set[str]:
        return {call.path.split("/")[2] for call in self._first(lambda call: call.route == _POST, before)}

    def _first(self, wanted: Callable[[Call], bool], before: int) -> list[Call]:
        return [call for call in self.simulator.calls[before:] if call.status < 300 and wanted(call)]


def _posts_to(channel: str) -> Callable[[Call], bool]:
    return lambda call: call.route == _POST and call.path.split("/")[2] == channel


def _about(message: str) -> Callable[[Call], bool]:
    """Its thread, or what happens in that."""
    return lambda call: call.route in (_THREAD, _TYPING, _POST) and message in call.path.split("/")


@asynccontextmanager
async def watching(name: str) -> AsyncIterator[Watch]:
    """A bot in a Discord of its own, where time passes and no rate is refused."""
    async with DiscordSimulator(running=True, rates=False) as simulator:
        watch = Watch(simulator)
        async with started(name, simulator):
            yield watch


async def in_turns(mine: Watch, theirs: Watch) -> tuple[float, float]:
    """The median from question to answer of each, in milliseconds."""
    ours, bare = list[float](), list[float]()
    for _ in range((WARM_UP + ROUNDS) // BLOCK):
        ours += [await mine.answered() for _ in range(BLOCK)]
        bare += [await theirs.answered() for _ in range(BLOCK)]
    return statistics.median(ours[WARM_UP:]) * 1000, statistics.median(bare[WARM_UP:]) * 1000


def percentile(seconds: list[float], of_hundred: int) -> float:
    return statistics.quantiles(seconds, n=100)[of_hundred - 1] * 1000


async def measure() -> dict[str, float]:
    async with watching("ours") as mine, watching("echo") as theirs:
        await mine.simulator.until(lambda: mine.simulator.core.registry.syncs)
        signs, deferrals = await mine.signs(), await mine.deferred()
        answer, bare = await in_turns(mine, theirs)
    return {
        "deferral_p50_ms": statistics.median(deferrals) * 1000, "deferral_p99_ms": percentile(deferrals, 99),
        "sign_p50_ms": statistics.median(signs) * 1000, "sign_p95_ms": percentile(signs, 95),
        "answer_p50_ms": answer, "echo_p50_ms": bare, "times_the_echo": answer / bare,
    }  # fmt: skip


def missed(found: dict[str, float]) -> list[str]:
    held = {
        "deferral_p99_ms": found["deferral_p99_ms"] < DEFERRAL_MS,
        "sign_p95_ms": found["sign_p95_ms"] < SIGN_MS,
        "times_the_echo": found["times_the_echo"] <= TIMES_THE_ECHO,
    }
    return [name for name, ok in held.items() if not ok]


def main() -> int:
    bots = {"ours": ours, "echo": echo}
    if len(sys.argv) > 1:
        asyncio.run(bots[sys.argv[1]](DiscordConfig(**json.loads(sys.stdin.readline()))))
        return 0
    found = asyncio.run(measure())
    wrong = missed(found)
    print(json.dumps({**{name: round(value, 2) for name, value in found.items()}, "missed": wrong}))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
