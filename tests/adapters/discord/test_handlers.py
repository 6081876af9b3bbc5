"""discord.py 2.7.1 forgets the handlers of buttons: a view that held one and ends badly takes them away everywhere."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
import pytest
from discord import ui

from bot.adapters.discord.line import LOOK_SECONDS
from bot.adapters.discord.press import Press
from tests.adapters.discord.asking import ToldClaims, answered
from tests.adapters.discord.office import PATIENT, Office, buttons_of, looking_up
from tests.simulators.discord import DiscordSimulator, Message


class Plain(ui.Button[Any]):
    """An ordinary button beside a dynamic one."""


def mixed() -> ui.View:
    view = ui.View(timeout=None)
    view.add_item(Press("good", "nothing", "Good"))
    view.add_item(Plain(label="Plain", custom_id="plain"))
    return view


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(9), PATIENT, ToldClaims(discord))


async def thumbs(office: Office, answer: Message) -> bool:
    """Whether a press on the answer is acknowledged."""
    alex = office.person("alex")
    used = await alex.clicks(answer, "👍", wait=False)
    await office.discord.until(lambda: used.state == "acknowledged")
    return used.state == "acknowledged"


@pytest.mark.parametrize("how", ["the view stops", "the same view is sent again without it"])
async def test_buttons_live_on_when_simulatorpy_forgets_their_handler(office: Office, how: str) -> None:
    """We look at the line every ten seconds and register them again; here the bug is brought about on purpose."""
    looks = asyncio.Semaphore(0)

    async def sleep(seconds: float) -> None:
        if seconds == LOOK_SECONDS:
            await looks.acquire()
        else:
            await asyncio.sleep(seconds)

    office.sleep = sleep
    support = office.discord.guild.channel("support")
    async with office.open() as line:
        await office.asks(office.person("alex"), "where is my order?")
        (answer,) = await answered(office.discord)
        channel = line.client.get_partial_messageable(int(support.id))
        view = mixed()
        sent = await channel.send("x", view=view)
        if how == "the view stops":
            view.stop()
        else:
            view.remove_item(view.children[0])
            await sent.edit(view=view)
        store = line.client._connection._view_store
        assert not _handled(store), "discord.py is mended: this test, and listen_to_buttons, may go"
        looks.release()
        while not _handled(store):
            await asyncio.sleep(0)
        assert await thumbs(office, answer)


def _handled(store: Any) -> bool:
    """Whether presses are passed on to us."""
    return Press in store._dynamic_items.values()


async def test_our_own_messages_never_bring_the_bug_about(office: Office) -> None:
    """Each send and edit has a view of its own with nothing but dynamic buttons."""
    simulator = office.discord
    async with office.open() as line:
        for number in range(1, 4):
            await office.asks(office.person("alex"), f"where is order {number}?")
            await answered(simulator, number)
        assert _handled(line.client._connection._view_store)
        for answer in await answered(simulator, 3):
            assert buttons_of(answer)
            assert await thumbs(office, answer)
    assert discord.version_info[:3] == (2, 7, 1), "look at ui/view.py again: facts 2.5"
