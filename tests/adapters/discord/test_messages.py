"""Questions in channels, threads, forums and direct messages: the real discord.py on a simulated Discord."""

from __future__ import annotations

from tests.adapters.discord.office import Office, looking_up
from tests.simulators.discord import DiscordSimulator


async def test_a_mention_is_answered_in_a_thread_named_from_the_question(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    alex = office.person("alex")
    async with office.open():
        said = await office.asks(alex, "where is my order?")
        (answer,) = await discord.guild.until(lambda g: g.from_bot())

    (thread,) = discord.guild.threads("support")
    assert (thread.id, thread.name) == (said.id, "where is my order?")
    assert answer.channel == thread.id
    assert "Order lookup: shipped" in answer.text
    assert "Used: Order lookup ✓" in answer.text
    assert discord.alarms == []
