"""Rates and faults of the API as the real client meets them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.simulators.checks.discord_bots import Api, Bot, api_of, discord, logged_in, online
from tests.simulators.discord import Channel, DiscordSimulator, Person
from tests.simulators.discord.faults import HELD, HTML, LOST, RESET, SILENCE, banned, broken, refusal, too_many
from tests.simulators.discord.rates import INVALID_MOST, Rule

SEND = "POST /channels/{channel}/messages"


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(rates=False) as running:
        yield running


@pytest.fixture
def support(sim: DiscordSimulator) -> Channel:
    return sim.guild.channel("support")


@pytest.fixture
def alex(sim: DiscordSimulator) -> Person:
    return sim.guild.person("alex")


@pytest.fixture
async def channel(sim: DiscordSimulator, support: Channel) -> AsyncIterator[discord.TextChannel]:
    async with logged_in(sim) as bot:
        yield await bot.text_channel(support.id)


@pytest.mark.parametrize("fault", [too_many(0.02), too_many(0.02, "shared"), too_many(0.02, "global")])
async def test_the_client_waits_and_tries_again_after_429(
    sim: DiscordSimulator, channel: discord.TextChannel, fault: Any
) -> None:
    sim.faults.next(SEND, fault, times=2)
    await channel.send("patience")
    assert [each.status for each in sim.called(SEND)] == [429, 429, 200]
    assert len(sim.guild.from_bot()) == 1
    assert sim.rates.invalid == (0 if fault.headers["X-RateLimit-Scope"] == "shared" else 2)


@pytest.mark.parametrize("fault", [banned(), banned(html=False)])
async def test_the_client_gives_up_at_once_when_cloudflare_blocks_it(
    sim: DiscordSimulator, channel: discord.TextChannel, fault: Any
) -> None:
    sim.faults.next("POST *", fault)
    with pytest.raises(discord.HTTPException) as refused:
        await channel.send("x")
    assert refused.value.status == 429
    assert len(sim.called(SEND)) == 1


async def test_an_error_after_acceptance_is_repeated_and_the_nonce_keeps_it_single(
    sim: DiscordSimulator, channel: discord.TextChannel
) -> None:
    sim.faults.next(f"POST /channels/{channel.id}/messages", broken(502).accepted())
    await channel.send("once", nonce="run-1")
    assert [each.status for each in sim.called(SEND)] == [200, 200]
    assert len(sim.guild.from_bot()) == 1
    sim.faults.next(SEND, broken(500))
    sent = await channel.send("later", nonce="run-2")
    assert sent.content == "later"
    assert [each.status for each in sim.called(SEND)][2:] == [500, 200]


@pytest.mark.parametrize(("fault", "error"), [
    (broken(503), discord.DiscordServerError), (refusal(403, 50013), discord.Forbidden),
    (refusal(404, 10003), discord.NotFound), (RESET, aiohttp.ClientError), (LOST, aiohttp.ClientError),
])  # fmt: skip
async def test_other_errors_reach_the_bot(
    sim: DiscordSimulator, channel: discord.TextChannel, fault: Any, error: type[Exception]
) -> None:
    sim.faults.next(SEND, fault)
    with pytest.raises(error):
        await channel.send("x")
    assert len(sim.guild.from_bot()) == (1 if fault is LOST else 0)


async def test_html_is_handed_on_as_text(sim: DiscordSimulator, channel: discord.TextChannel) -> None:
    sim.faults.next(SEND, HTML)
    with pytest.raises((TypeError, AttributeError)):
        await channel.send("x")


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_held_call_goes_on_when_it_is_let_go(
    sim: DiscordSimulator, channel: discord.TextChannel, alex: Person, *, accepted: bool
) -> None:
    sim.faults.next(SEND, HELD.accepted() if accepted else HELD)
    sending = asyncio.create_task(channel.send("slow"))
    if accepted:
        await sim.guild.until(lambda g: g.from_bot())
    else:
        await alex.says("support", "meanwhile")
        await asyncio.sleep(0.05)
        assert sim.guild.from_bot() == []
    assert not sending.done()
    sim.release()
    assert (await sending).content == "slow"
    assert len(sim.guild.from_bot()) == 1


async def test_a_silent_call_never_ends(sim: DiscordSimulator, channel: discord.TextChannel) -> None:
    sim.faults.next(SEND, SILENCE)
    sending = asyncio.create_task(channel.send("x"))
    await asyncio.sleep(0.05)
    sim.release()
    await asyncio.sleep(0.05)
    assert not sending.done()
    sending.cancel()


async def test_a_callback_that_was_accepted_before_the_error_is_answered_twice(
    sim: DiscordSimulator, support: Channel, alex: Person
) -> None:
    async with online(sim, Bot(sim)) as bot:
        failed: list[int] = []

        @bot.tree.command(description="x")
        async def ask(interaction: discord.Interaction[Any]) -> None:
            try:
                await interaction.response.defer()
            except discord.HTTPException as error:
                failed.append(error.code)
                sim.core.changes.tell()

        await bot.tree.sync()
        sim.faults.next("POST /interactions/*", broken(500).accepted())
        await alex.runs("/ask", where=support)
        await sim.until(lambda: failed)
        assert failed == [40060]


async def test_downloads_fail_too(sim: DiscordSimulator, channel: discord.TextChannel) -> None:
    sent = await channel.send(file=discord.File(io.BytesIO(b"x"), "x.txt"))
    sim.faults.next("CDN", broken(503))
    with pytest.raises(discord.HTTPException):
        await sent.attachments[0].read()
    assert await sent.attachments[0].read() == b"x"


async def test_a_full_bucket_makes_the_client_wait_for_its_window() -> None:
    async with DiscordSimulator(running=True) as sim:
        support = sim.guild.channel("support")
        sim.rates.rules[SEND] = Rule(2, 0.15)
        async with logged_in(sim) as bot:
            channel = await bot.text_channel(support.id)
            began = sim.clock.now()
            for number in range(5):
                await channel.send(str(number))
            assert sim.clock.now() - began >= 0.3
        assert {each.status for each in sim.called(SEND)} == {200}, "the headers kept the client from running into 429"


@pytest.fixture
async def strict() -> AsyncIterator[tuple[DiscordSimulator, Api]]:
    async with DiscordSimulator() as running, api_of(running) as api:
        yield running, api


async def test_buckets_belong_to_a_channel_and_open_again(strict: tuple[DiscordSimulator, Api]) -> None:
    sim, api = strict
    one, two = sim.guild.channel("one"), sim.guild.channel("two")
    replies = [await api("POST", f"/channels/{one.id}/messages", {"content": "x"}) for _ in range(6)]
    assert [each.status for each in replies] == [200] * 5 + [429]
    assert [each.headers["X-RateLimit-Remaining"] for each in replies] == ["4", "3", "2", "1", "0", "0"]
    assert replies[-1].body == {"message": "You are being rate limited.", "retry_after": 5.0, "global": False}
    assert replies[-1].headers["Via"]
    assert replies[-1].headers["X-RateLimit-Scope"] == "user"
    assert (await api("POST", f"/channels/{two.id}/messages", {"content": "x"})).status == 200
    sim.clock.advance(5)
    assert (await api("POST", f"/channels/{one.id}/messages", {"content": "x"})).status == 200
    assert sim.rates.refused == [(SEND, one.id)]


async def test_fifty_calls_a_second_in_all(strict: tuple[DiscordSimulator, Api]) -> None:
    sim, api = strict
    for number in range(50):
        await api("GET", f"/channels/{sim.guild.channel(str(number)).id}")
    over = await api("GET", f"/channels/{sim.guild.channel('last').id}")
    assert (over.status, over.body["global"], over.headers["X-RateLimit-Global"]) == (429, True, "true")
    assert (await api("POST", "/interactions/1/x/callback", {"type": 5})).status == 404, "callbacks are not counted"


async def test_too_many_refusals_are_banned_for_a_while(strict: tuple[DiscordSimulator, Api]) -> None:
    sim, api = strict
    for _ in range(INVALID_MOST):
        sim.rates.count_invalid(403, shared=False)
    refused = await api("GET", "/users/@me")
    assert (refused.status, "Via" in refused.headers) == (429, False)
    assert "<html>" in refused.body
    sim.clock.advance(601)
    assert (await api("GET", "/users/@me")).status == 200


async def test_rates_that_are_not_enforced_are_counted(sim: DiscordSimulator, channel: discord.TextChannel) -> None:
    for number in range(8):
        await channel.send(str(number))
    assert sim.rates.refused == [(SEND, str(channel.id))] * 3
