"""Gateway sessions: resumed, lost, overlapping, out of order; the protocol's close codes; compression."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.simulators.checks.discord_bots import READING, Bot, discord, online
from tests.simulators.discord import DiscordSimulator, Person
from tests.simulators.discord.compression import Zstd
from tests.simulators.discord.faults import broken


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(rates=False) as running:
        running.guild.channel("support")
        yield running


@pytest.fixture
def alex(sim: DiscordSimulator) -> Person:
    return sim.guild.person("alex", roles=["agents"])


@pytest.mark.parametrize("goodbye", ["reconnect", "close", "reset", "invalid but resumable", "silence"])
async def test_a_lost_connection_is_resumed_and_what_was_missed_is_replayed(
    sim: DiscordSimulator, alex: Person, goodbye: str
) -> None:
    async with online(sim, Bot(sim, heartbeat_timeout=0.4 if goodbye == "silence" else 30.0)) as bot:
        await alex.says("support", "one")
        await sim.until(lambda: bot.texts)
        {
            "reconnect": sim.gateway.reconnect,
            "close": lambda: sim.gateway.close(1001),
            "reset": sim.gateway.reset,
            "invalid but resumable": lambda: sim.gateway.invalidate(resumable=True),
            "silence": sim.gateway.deafen,
        }[goodbye]()
        await alex.says("support", "in the gap")
        await sim.resumed()
        await alex.says("support", "two")
        await sim.until(lambda: "resumed" in bot.log and len(bot.texts) == 3)
        assert bot.texts == ["one", "in the gap", "two"]
        assert len(sim.gateway.identifies) == 1


async def test_an_overlapping_replay_and_duplicates_come_twice(sim: DiscordSimulator, alex: Person) -> None:
    async with online(sim, Bot(sim)) as bot:
        await alex.says("support", "one")
        await sim.until(lambda: bot.texts)
        sim.gateway.overlap(1)
        sim.gateway.close(4000)
        await sim.until(lambda: len(bot.texts) == 2)
        sim.gateway.duplicate()
        await alex.says("support", "two")
        await sim.until(lambda: len(bot.texts) == 4)
        assert bot.texts == ["one", "one", "two", "two"]


@pytest.mark.parametrize("kind", ["op 9", "4009", "forgotten"])
async def test_events_in_the_gap_are_lost_with_the_session(sim: DiscordSimulator, alex: Person, kind: str) -> None:
    async with online(sim, Bot(sim)) as bot:
        if kind == "forgotten":
            sim.gateway.forget()
            sim.gateway.reconnect()
        else:
            sim.gateway.invalidate() if kind == "op 9" else sim.gateway.close(4009)
        assert sim.gateway.sessions == []
        await alex.says("support", "lost")
        await sim.connected(2)
        await sim.until(lambda: bot.log.count("ready") == 2)
        await alex.says("support", "heard")
        await sim.until(lambda: bot.texts)
        assert bot.texts == ["heard"]
        channel = await bot.text_channel(sim.guild.channel("support").id)
        assert [each.content async for each in channel.history(limit=5)] == ["heard", "lost"]


async def test_a_refused_resume_leads_to_a_new_session_at_the_resume_address(
    sim: DiscordSimulator, alex: Person
) -> None:
    async with online(sim, Bot(sim)) as bot:
        sim.gateway.refuse_resumes(resumable=False)
        sim.gateway.close(1001)
        await sim.connected(2)
        await alex.says("support", "hello")
        await sim.until(lambda: bot.texts)
        assert len(sim.gateway.resumes) == 1


async def test_a_connection_without_acknowledgements_goes_on_while_events_come(
    sim: DiscordSimulator, alex: Person
) -> None:
    async with online(sim, Bot(sim)) as bot:
        sim.gateway.mute()
        sim.gateway.ask_for_heartbeat()
        await sim.until(lambda: sim.gateway.connections[0].heartbeats >= 2)
        await alex.says("support", "hello")
        await sim.until(lambda: bot.texts)
        assert sim.gateway.resumes == []


async def test_held_events_come_in_the_order_of_the_test(sim: DiscordSimulator, alex: Person) -> None:
    async with online(sim, Bot(sim)) as bot:
        sim.gateway.hold()
        for text in ("one", "two", "three"):
            await alex.says("support", text)
        sim.gateway.release(lambda held: held[::-1])
        await sim.until(lambda: len(bot.texts) == 3)
        assert bot.texts == ["three", "two", "one"]


async def test_the_gateway_may_be_out_of_order(sim: DiscordSimulator, alex: Person) -> None:
    async with online(sim, Bot(sim)) as bot:
        sim.faults.next("GATEWAY", broken(503))
        sim.gateway.close(1001)
        await sim.until(lambda: sim.gateway.opened == 2, patience=15)
        await alex.says("support", "hello")
        await sim.until(lambda: bot.texts)


IDENTIFY = {"op": 2, "d": {"token": "", "properties": {}, "intents": READING.value}}


@pytest.mark.parametrize(("frames", "code"), [
    (["nonsense"], 4002),
    ([{"op": 99, "d": None}], 4001),
    ([{"op": 8, "d": {}}], 4003),
    ([{"op": 2, "d": {"token": "wrong", "intents": 1}}], 4004),
    ([IDENTIFY, IDENTIFY], 4005),
    ([{"op": 2, "d": {"token": "", "intents": 1 << 40}}], 4013),
    ([{"op": 2, "d": {"token": "", "intents": 1 << 8}}], 4014),
    ([{"op": 2, "d": {"token": "", "intents": 1, "shard": [2, 2]}}], 4010),
    ([{"op": 1, "d": None}] * 121, 4008),
])  # fmt: skip
async def test_what_breaks_the_protocol_is_closed_with_its_code(frames: list[Any], code: int) -> None:
    async with DiscordSimulator() as sim, aiohttp.ClientSession() as session, session.ws_connect(sim.gateway_url) as ws:
        for frame in frames:
            if isinstance(frame, str):
                await ws.send_str(frame)
                continue
            inner = frame["d"]
            token = isinstance(inner, dict) and inner.get("token") == ""
            await ws.send_json({**frame, "d": {**inner, "token": sim.token}} if token else frame)
        async for _ in ws:
            pass
        assert ws.close_code == code


async def test_a_sequence_from_the_future_cannot_be_resumed(sim: DiscordSimulator) -> None:
    async with online(sim, Bot(sim)):
        key = sim.gateway.sessions[0].id
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{sim.gateway_url}/resume") as ws:
            await ws.send_json({"op": 6, "d": {"token": sim.token, "session_id": key, "seq": 9_999}})
            async for _ in ws:
                pass
            assert ws.close_code == 4007


async def test_frames_are_compressed_as_one_stream(sim: DiscordSimulator) -> None:
    async with online(sim, Bot(sim)) as bot:
        assert sim.gateway.identifies
        assert discord.utils._ActiveDecompressionContext.COMPRESSION_TYPE in ("zlib-stream", "zstd-stream")
        assert bot.guilds


def test_a_zstd_stream_is_made_of_stored_blocks() -> None:
    stream, texts = Zstd(), ["first", "x" * 300_000]
    wire = b"".join(stream.pack(each) for each in texts)
    assert wire[:4] == bytes.fromhex("28b52ffd")
    rest, found = wire[6:], b""
    while rest:
        header = int.from_bytes(rest[:3], "little")
        assert header & 0b111 == 0, "a raw block, not the last one"
        found, rest = found + rest[3 : 3 + (header >> 3)], rest[3 + (header >> 3) :]
    assert found.decode() == "".join(texts)
