"""Whom a message calls, and the alarms about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.simulators.checks.discord_bots import Api, api_of
from tests.simulators.discord import Channel, DiscordSimulator, Guild, Person


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(rates=False) as running:
        yield running


@pytest.fixture
async def api(sim: DiscordSimulator) -> AsyncIterator[Api]:
    async with api_of(sim) as made:
        yield made


@pytest.fixture
def guild(sim: DiscordSimulator) -> Guild:
    return sim.guild


@pytest.fixture
def support(guild: Guild) -> Channel:
    return guild.channel("support")


@pytest.fixture
def alex(guild: Guild) -> Person:
    return guild.person("alex")


ALL = {"parse": ["everyone", "roles", "users"]}


@pytest.mark.parametrize(("text", "allowed", "live"), [
    ("@everyone look", None, ["@everyone"]),
    ("@here look", {"parse": ["users"]}, []),
    ("@here look", ALL, ["@here"]),
    ("{alex} and {role}", None, ["{role}", "{alex}"]),
    ("{alex} and {role}", {"parse": []}, []),
    ("{alex} and {role}", {"parse": ["roles"]}, ["{role}"]),
    ("{alex} and {sam}", {"users": ["{alex_id}"]}, ["{alex}"]),
    ("`{alex}` and ```\n@everyone\n```", None, []),
    ("``` {alex}", None, ["{alex}"]),
    ("{sam} is wanted", None, ["{sam}"]),
])  # fmt: skip
@pytest.mark.parametrize("v2", [False, True])
async def test_live_mentions_raise_an_alarm(
    sim: DiscordSimulator, guild: Guild, support: Channel, alex: Person, api: Api, text: str, allowed: Any,
    live: list[str], v2: bool,
) -> None:  # fmt: skip
    names = {"alex": alex.mention, "alex_id": alex.id, "sam": guild.person("sam").mention,
             "role": guild.role("agents").mention}  # fmt: skip
    text = text.format(**names)
    body: dict[str, Any] = (
        {"flags": 1 << 15, "components": [{"type": 10, "content": text}]} if v2 else {"content": text}
    )
    if allowed is not None:
        users = [each.format(**names) for each in allowed.get("users", [])]
        body["allowed_mentions"] = {**allowed, **({"users": users} if users else {})}
    await api("POST", f"/channels/{support.id}/messages", body)
    assert [each.live for each in sim.alarms] == [each.format(**names) for each in live]


async def test_replies_call_unless_told_not_to(
    sim: DiscordSimulator, support: Channel, alex: Person, api: Api, guild: Guild
) -> None:
    said = await alex.says(support, "hi")
    body = {"content": "x", "message_reference": {"message_id": said.id}}
    quiet = await api("POST", f"/channels/{support.id}/messages", {**body, "allowed_mentions": {"parse": []}})
    assert (sim.alarms, quiet.body["mentions"]) == ([], [])
    loud = await api("POST", f"/channels/{support.id}/messages", body)
    assert [each["id"] for each in loud.body["mentions"]] == [alex.id]
    assert [each.live for each in sim.alarms] == [f"reply to {alex.mention}"]
    assert [each.id for each in alex.calls()] == [loud.body["id"]]
    sim.alarms.clear()
    sim.core.may_mention.add(alex.id)
    await api("POST", f"/channels/{support.id}/messages", body)
    assert sim.alarms == []


async def test_everyone_is_called_only_with_the_permission(
    sim: DiscordSimulator, guild: Guild, support: Channel, api: Api
) -> None:
    guild.deny(support, "mention_everyone")
    reply = await api("POST", f"/channels/{support.id}/messages", {"content": "@everyone"})
    assert reply.body["mention_everyone"] is False
    assert len(sim.alarms) == 1, "it is luck, and one tick away"
