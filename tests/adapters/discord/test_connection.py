"""The line to Discord: what an operator must mend is told at once, everything else is mended by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bot.adapters.discord.config import DiscordConfig
from bot.adapters.discord.line import DEAF_SECONDS, LOOK_SECONDS, Line
from bot.adapters.discord.outbox import DiscordUnreachable
from bot.errors import ConfigError
from tests.adapters.discord.asking import ToldClaims, answered, done, heard, hurrying, in_guild, written
from tests.adapters.discord.office import PATIENT, Office, Slow, looking_up
from tests.simulators.discord import AppConfig, DiscordSimulator, faults
from tests.simulators.discord.faults import Fault

SYNC = "PUT /applications/{application}/commands"
ME = "GET /users/@me"


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(99), PATIENT, ToldClaims(discord))


@asynccontextmanager
async def lines(office: Office) -> AsyncIterator[tuple[Line, Callable[[], Awaitable[None]]]]:
    """A line that may never come to a connection, and how to end it."""
    stop = asyncio.Event()
    async with office.connecting() as (line, driver):
        doing = asyncio.create_task(driver.run(stop))
        running = asyncio.create_task(line.run(stop))

        async def end() -> None:
            stop.set()
            await running
            await doing

        try:
            yield line, end
        finally:
            await end()


async def refused(office: Office) -> str:
    """Why the line is not opened."""
    with pytest.raises(ConfigError) as caught:
        async with lines(office):
            pass
    return str(caught.value)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (DiscordConfig(), "DESKHAND_DISCORD_BOT_TOKEN: a bot token has three parts"),
        (DiscordConfig("a.b"), "DESKHAND_DISCORD_BOT_TOKEN"),
        (DiscordConfig("a.b.c\n"), "DESKHAND_DISCORD_BOT_TOKEN"),
        (DiscordConfig("a.b.c", shard_ids=(0,)), "DESKHAND_DISCORD_SHARD_COUNT"),
        (DiscordConfig("a.b.c", shard_count=2, shard_ids=(2,)), "DESKHAND_DISCORD_SHARD_IDS: [2]"),
        (DiscordConfig("a.b.c", api_base="http://127.0.0.1/api"), "belong together"),
        (
            DiscordConfig("a.b.c", api_base="http://10.0.0.1", gateway_url="ws://discord.example"),
            "ws://discord.example is not on this machine",
        ),
    ],
)
def test_settings_that_do_not_fit_are_told(config: DiscordConfig, told: str) -> None:
    with pytest.raises(ConfigError, match=told.replace("[", r"\[").replace("]", r"\]")):
        config.check()


def test_no_token_is_shown() -> None:
    assert "secret" not in repr(DiscordConfig("a.b.secret"))


async def test_no_token_is_logged_at_the_most_talkative_level(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        async with office.open():
            await office.asks(office.person("alex"))
            await answered(office.discord)
    assert caplog.text
    assert office.discord.token not in caplog.text


async def test_a_wrong_token_is_told_before_anything_is_received(office: Office) -> None:
    office.discord.core.token = "a.b.c"
    reaching = office.reaching()
    office.discord.core.token = "d.e.f"
    office.reaching = lambda: reaching  # type: ignore[method-assign]

    assert "DESKHAND_DISCORD_BOT_TOKEN: Discord does not take it" in await refused(office)
    assert len(office.discord.called(ME)) == 1, "a wrong token is tried once"
    assert office.discord.gateway.opened == 0


async def test_a_missing_intent_is_told_with_what_to_do(discord: DiscordSimulator) -> None:
    discord.core.config = AppConfig(intents=0)
    office = Office(discord, looking_up())
    told = await refused(office)

    assert "DESKHAND_DISCORD_MESSAGE_CONTENT: switch on Bot → Message Content Intent" in told
    assert discord.gateway.opened == 0


@pytest.mark.parametrize(
    "fault", [faults.HTML, faults.RESET, faults.broken(503), faults.banned(), faults.banned(html=False)]
)
async def test_discord_may_be_away_when_the_service_starts(office: Office, fault: Fault) -> None:
    """Once when the token is looked at, and again when the first client logs in."""
    discord, time = office.discord, hurrying(office)
    discord.faults.next(ME, fault, times=4 if fault is faults.RESET else 2)  # aiohttp itself tries a GET again
    async with office.open() as line:
        await office.asks(office.person("alex"))
        await answered(discord)
        assert line.problem == ""

    assert not discord.faults.waiting(ME)
    assert (900.0 in time.slept) is (fault.status == 429)


async def test_the_first_connection_may_fail(office: Office) -> None:
    """discord.py tries again after five seconds."""
    discord = office.discord
    discord.faults.next("GATEWAY", faults.broken(503))
    async with office.open():
        await office.asks(office.person("alex"))
        await answered(discord)


async def test_the_end_does_not_wait_for_a_first_connection_that_never_comes(office: Office) -> None:
    discord = office.discord
    discord.faults.next("GATEWAY", faults.broken(503), times=99)
    async with lines(office) as (line, end):
        await discord.until(lambda: len(discord.called("GET /gateway/bot")) == 1)
        assert not line.health().connected
        async with asyncio.timeout(4):
            await end()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (4004, "DESKHAND_DISCORD_BOT_TOKEN: Discord does not take it"), (4014, "DESKHAND_DISCORD_MESSAGE_CONTENT"),
        (4010, "(4010)"), (4011, "(4011)"), (4012, "(4012)"), (4013, "(4013)"),
    ],
)  # fmt: skip
async def test_what_discord_ends_for_good_is_told_once_and_not_tried_again(
    office: Office, code: int, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    discord = office.discord
    stop = asyncio.Event()
    async with office.open(stop) as line:
        await discord.until(lambda: discord.gateway.ready)
        discord.gateway.close(code)
        await discord.until(lambda: not discord.gateway.connections)
        while not line.problem:
            await asyncio.sleep(0)
        assert not line.health().connected
        await discord.until(lambda: not discord.gateway.ready)
        with pytest.raises(DiscordUnreachable):
            line.client.is_ready()

    assert told in line.problem
    assert [record.message for record in caplog.records if record.levelname == "ERROR"].count(
        f"Discord: {line.problem}"
    ) == 1
    assert discord.gateway.opened == 1


async def test_health_tells_whether_anything_is_heard(office: Office) -> None:
    discord = office.discord
    async with office.open() as line:
        await heard(office)
        while not line.health().connected:
            await asyncio.sleep(0.01)
        assert line.health().latency < 60
        discord.faults.next("GATEWAY", faults.broken(503), times=99)
        discord.gateway.reset()
        while line.health().connected:
            await asyncio.sleep(0.01)


async def test_a_line_that_looks_dead_for_too_long_is_replaced_and_nothing_is_lost(office: Office) -> None:
    """discord.py would wait a minute for the new connection to open; time flies for those who look at it."""
    discord, now, looks = office.discord, 0.0, asyncio.Semaphore(0)

    async def sleep(seconds: float) -> None:
        nonlocal now
        if seconds == LOOK_SECONDS:
            await looks.acquire()
        now += seconds
        await asyncio.sleep(0)

    office.monotonic, office.sleep = lambda: now, sleep
    async with office.open() as line:
        await office.asks(office.person("alex"), "where is my first order?")
        await answered(discord)
        first = line.client
        discord.faults.next("GATEWAY", faults.SILENCE)
        discord.gateway.reset()
        await office.asks(office.person("alex"), "where is my second order?")
        await discord.until(lambda: not discord.faults.waiting("GATEWAY"))
        for _ in range(int(DEAF_SECONDS / LOOK_SECONDS) + 1):
            looks.release()
        await discord.connected(2)
        await answered(discord, 2)
        assert line.client is not first

    assert len(written(discord)) == 2


async def test_commands_are_told_only_when_they_are_others(office: Office) -> None:
    discord = office.discord
    for _ in range(2):
        async with office.open():
            await heard(office)
    assert len(discord.called(SYNC)) == 1
    discord.gateway.invalidate()
    async with office.open():
        await heard(office)
        discord.gateway.invalidate()
        await discord.connected(4)
        await heard(office)
    assert len(discord.called(SYNC)) == 1, "not for each session either"


async def test_commands_that_cannot_be_told_stop_nothing(office: Office) -> None:
    discord = office.discord
    discord.faults.next(SYNC, faults.refusal(400, 50035))
    async with office.open():
        await office.asks(office.person("alex"))
        await answered(discord)
    async with office.open():
        await heard(office)
    assert len(discord.called(SYNC)) == 2


async def test_the_end_waits_for_answers_and_takes_nothing_more(office: Office) -> None:
    discord, alex, slow, stop = office.discord, office.person("alex"), Slow(), asyncio.Event()
    office.world.executor.behaviours["order-lookup"] = slow
    async with office.open(stop):
        await office.asks(alex, "where is my first order?")
        await slow.begun.wait()
        stop.set()
        for _ in range(99):
            await asyncio.sleep(0)
        await office.asks(alex, "where is my second order?")
        slow.go.set()
        await done(office, 1)
    assert len(in_guild(discord)) == 1
    async with office.open():
        await answered(discord, 2, "done at last")
        await done(office, 2)
    assert len(in_guild(discord)) == 2
