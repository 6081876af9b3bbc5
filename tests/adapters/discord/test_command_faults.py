"""Commands that Discord or we ourselves fail at: they are answered all the same, and a stop waits for them."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.adapters.discord.config import Rules
from tests.adapters.discord.asking import hurrying
from tests.adapters.discord.office import LOOKUP, PATIENT, QUICK, Office, Slow, looking, looking_up
from tests.adapters.discord.pressing import booked, card, said, told, whispered
from tests.conversation.world import World
from tests.simulators.discord import DiscordSimulator
from tests.simulators.discord.faults import LOST, Fault, refusal

CALLBACK = "POST /interactions/*"
QUESTION = "where is my order?"


@pytest.mark.parametrize("fault", [refusal(400, 40060).accepted(), LOST])
async def test_a_command_that_was_acknowledged_all_the_same_is_answered_in_place(
    discord: DiscordSimulator, fault: Fault
) -> None:
    office = Office(discord, looking_up())
    discord.faults.next(CALLBACK, fault)
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        await told(discord, alex, "Order lookup ✓")

    assert discord.core.history(alex.dm.id) == []
    assert len(alex.private()) == 1


@pytest.mark.parametrize("command", ["/ask", "/status"])
async def test_a_command_that_discord_gave_up_is_answered_in_direct_messages(
    discord: DiscordSimulator, command: str
) -> None:
    office = Office(discord, looking_up())
    discord.faults.next(CALLBACK, refusal(404, 10062), times=2)
    alex = office.person("alex")
    given = {"question": QUESTION} if command == "/ask" else {}
    async with office.open():
        await alex.runs(command, where="#support", wait=False, **given)
        await said(discord, "Order lookup ✓" if command == "/ask" else "I hear you", alex.dm)
        discord.clock.advance(3)

    assert alex.private() == []


@pytest.mark.parametrize("rules", [QUICK, PATIENT])
async def test_a_stop_of_the_service_waits_for_a_command(discord: DiscordSimulator, rules: Rules) -> None:
    office, slow = Office(discord, World(LOOKUP, plans=(looking(),)), rules), Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        await slow.begun.wait()
        asyncio.get_running_loop().call_soon(slow.go.set)

    (answer,) = alex.private()
    assert "done at last" in answer.text


# Faults of ours


async def test_a_fault_of_ours_is_told_without_its_words_and_without_addresses(
    discord: DiscordSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    office = booked(discord)
    alex = office.person("alex")
    caplog.set_level(logging.DEBUG, "bot")
    hurrying(office)

    async def broken_(*_: object) -> None:
        raise RuntimeError("the inside")

    async with office.open():
        question = await card(office, alex)
        private = await _asked(office, discord)
        office.world.approvals.get = broken_  # type: ignore[method-assign, assignment]
        await alex.clicks(question, "Confirm")
        await told(discord, alex, "Something went wrong on my side")
        office.world.runs.latest_of = broken_  # type: ignore[method-assign, assignment]
        await alex.runs("/history", where="#support")
        await told(discord, alex, "Something went wrong on my side", times=2)

    assert not [m for m in alex.private() if m.loading]
    assert "the inside" not in discord.core.picture()
    assert office.world.ran == []
    assert private
    tokens = list(discord.core.interactions)
    assert not [each for each in (*tokens, discord.token) if each in caplog.text]


async def _asked(office: Office, discord: DiscordSimulator) -> bool:
    alex = office.person("alex")
    await alex.runs("/ask", where="#support", question="hello")
    return bool(await whispered(discord, alex, "Share"))
