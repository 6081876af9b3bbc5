"""Called to what others wrote: it is read once, and the answer never hangs on it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.adapters.discord.office import Office, looking_up
from tests.adapters.discord.pressing import said
from tests.conversation.world import World
from tests.simulators.discord import DiscordSimulator, Message, Person
from tests.simulators.discord.faults import refusal

WHERE = "Where is order 77-A?"


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(2))


async def calls_in(office: Office, person: Person, where: str, reply_to: Message | None = None) -> None:
    before = len(office.world.model.composed)
    await person.says(where, f"{office.discord.mention} can you look?", reply_to=reply_to)
    await office.discord.until(lambda: len(office.world.model.composed) > before)
    await said(office.discord, "Order lookup ✓")


def heard(world: World, turn: int = 0) -> Sequence[tuple[str, str]]:
    """Who wrote what, as the model was told before that turn."""
    return [(each.speaker, each.text) for each in world.model.asked[turn][0].background]


async def test_in_a_thread_of_others_what_was_written_is_known_and_read_once(
    office: Office, discord: DiscordSimulator
) -> None:
    alex, maya = office.person("alex"), office.person("maya")
    async with office.open():
        thread = await maya.opens_thread(await maya.says("#support", WHERE), "order")
        await maya.says(thread.id, f"{alex.mention} it was due on Monday")
        await calls_in(office, alex, thread.id)
        await calls_in(office, alex, thread.id)

    assert heard(office.world) == [("Maya", WHERE), ("Maya", "@Alex it was due on Monday")]
    assert heard(office.world, 1) == heard(office.world)  # a second look would find the first call, too


async def test_of_a_long_post_in_a_forum_the_first_message_and_the_newest_are_told(
    office: Office, discord: DiscordSimulator
) -> None:
    discord.guild.channel("help", kind="forum")
    alex, maya = office.person("alex"), office.person("maya")
    async with office.open():
        post = await maya.posts("#help", "Order", WHERE)
        for number in range(40):
            await maya.says(post.id, f"still waiting {number}")
        await calls_in(office, alex, post.id)

    assert heard(office.world)[0] == ("Maya", WHERE)
    assert heard(office.world)[1:] == [("Maya", f"still waiting {number}") for number in range(11, 40)]


async def test_what_a_call_replies_to_is_known(office: Office) -> None:
    alex, maya = office.person("alex"), office.person("maya")
    async with office.open():
        await calls_in(office, alex, "#support", await maya.says("#support", WHERE))

    assert heard(office.world) == [("Maya", WHERE)]


async def test_where_it_cannot_be_read_the_question_is_answered_all_the_same(
    office: Office, discord: DiscordSimulator
) -> None:
    alex, maya = office.person("alex"), office.person("maya")
    async with office.open():
        thread = await maya.opens_thread(await maya.says("#support", WHERE), "order")
        discord.faults.next("GET /channels/*/messages", refusal(403, 50001))
        await calls_in(office, alex, thread.id)

    assert heard(office.world) == []
