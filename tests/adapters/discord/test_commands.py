"""Slash commands: what each says, to whom, and where; and how Discord comes to know of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.chat import wording
from bot.adapters.discord import commands
from bot.domain.action import Effect
from bot.domain.run import Outcome
from tests.adapters.discord.office import DAYS, LOOKUP, Office, Slow, looking, looking_up
from tests.adapters.discord.pressing import both, linked, refusals, replayed, said, told
from tests.conversation.world import World
from tests.fakes import action
from tests.simulators.discord import DiscordSimulator

QUESTION = "where is my order?"


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return both(discord)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/help", "What you can say"),
        ("/actions", "Order lookup: When the user asks"),
        ("/history", "No runs yet."),
        ("/schedule", wording.NO_SCHEDULES),
        ("/status", "Actions open to you: 2."),
        ("/stop", "Nothing of yours runs now."),
        ("/link", "in the web chat, where your e-mail is known"),
        ("/unlink", "You were not linked."),
    ],
)
@pytest.mark.parametrize("direct", [False, True])
async def test_each_is_answered_for_the_person_alone(
    office: Office, discord: DiscordSimulator, command: str, words: str, direct: bool
) -> None:
    alex = office.person("alex")
    async with office.open():
        await alex.runs(command, where=None if direct else "#support")
        await told(discord, alex, words)

    assert len(alex.private()) == 1
    assert discord.guild.from_bot() == []
    assert office.world.ran == []
    assert alex.warnings == []
    assert refusals(discord) == []


# What is personal


async def test_history_is_of_the_person_who_asks(office: Office, discord: DiscordSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        await told(discord, alex, "Order lookup ✓")
        await alex.runs("/history", where="#support")
        mine = await told(discord, alex, "Your recent runs")
        await sam.runs("/history", where="#support")
        await told(discord, sam, "No runs yet.")

    assert f"✓ Order lookup · {QUESTION}" in mine.text
    assert "order" not in sam.sees("#support").lower()


async def test_stop_ends_what_runs_for_the_person_wherever_it_is(discord: DiscordSimulator) -> None:
    office, slow = Office(discord, World(LOOKUP, plans=(looking(),))), Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await office.asks(alex, QUESTION)
        await slow.begun.wait()
        await sam.runs("/stop", where="#support")
        await told(discord, sam, "Nothing of yours runs now.")
        await alex.runs("/status")
        await told(discord, alex, "Running for you now: Order lookup.")
        await alex.runs("/stop")
        await told(discord, alex, "Stopped: Order lookup.")
        await said(discord, "stopped by")

    (turn,) = office.world.turns.turns.values()
    assert turn.used[0].outcome is Outcome.STOPPED


async def test_linking_is_offered_known_and_forgotten(office: Office, discord: DiscordSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/link", where="#support")
        offered = await told(discord, alex, "link ")
        linked(office, alex)
        await alex.runs("/link", where="#support")
        await told(discord, alex, "You are linked as alex@acme.example")
        await alex.runs("/unlink", where="#support")
        await told(discord, alex, "I have forgotten your e-mail.")

    assert "Open this page" not in offered.text, "no OAuth is configured"
    assert office.links.links == {}
    assert "alex@acme" not in sam.sees("#support")


# Actions


async def test_one_action_is_told_in_full(discord: DiscordSimulator) -> None:
    spec = replace(action("book-room", DAYS, effect=Effect.WRITE), examples=("Book a room for 2 days",))
    office = Office(discord, World(spec))
    alex = office.person("alex")
    async with office.open():
        for name in ("Book room", "book-room", "BOOK ROOM"):
            await alex.runs("/actions", where="#support", name=name)
        await told(discord, alex, "Such as: “Book a room for 2 days”", times=3)
        await alex.runs("/actions", where="#support", name="@everyone")
        await told(discord, alex, "No action open to you is called")

    assert all(words in alex.private()[0].text for words in ("days", "so I ask before", "When the user asks"))
    assert discord.alarms == []


async def test_names_are_offered_while_somebody_types(discord: DiscordSimulator) -> None:
    long = "Report of " + "x" * 150
    specs = [action(f"order-{n:02d}") for n in range(40)] + [replace(action("report"), name=long)]
    office = Office(discord, World(*specs))
    alex = office.person("alex")
    async with office.open():
        everything = await alex.types_into("/actions", "name", "", where="#support")
        some = await alex.types_into("/actions", "name", "ER 3", where="#support")
        none = await alex.types_into("/actions", "name", "unheard of")
        (cut,) = await alex.types_into("/actions", "name", "xxx")
        await alex.runs("/actions", name=cut["value"])
        await told(discord, alex, "Report of xxx")

    assert len(everything) == 25
    assert [each["name"] for each in some] == [f"Order 3{n}" for n in range(10)]
    assert none == []
    assert len(cut["name"]) <= 100
    assert refusals(discord) == []


async def test_names_of_any_kind_are_offered(discord: DiscordSimulator) -> None:
    names = ["😀" * 90, "@everyone <@1> **b**", "a\nb", "é" * 120]
    office = Office(discord, World(*(replace(action(f"a{n}"), name=each) for n, each in enumerate(names))))
    alex = office.person("alex")
    async with office.open():
        offered = await alex.types_into("/actions", "name", "")
        for each in offered:
            await alex.runs("/actions", name=each["value"])
        await discord.until(lambda: len([m for m in alex.private() if "When the user asks" in m.text]) == 4)

    assert refusals(discord) == []
    assert discord.alarms == []


async def test_an_action_that_is_off_is_not_offered(office: Office, discord: DiscordSimulator) -> None:
    office.world.catalogue.off.add("book")
    alex = office.person("alex")
    async with office.open():
        offered = await alex.types_into("/actions", "name", "")

    assert [each["name"] for each in offered] == ["Order lookup"]


# How Discord knows of them


async def test_discord_is_told_once_and_again_when_something_changed(office: Office, discord: DiscordSimulator) -> None:
    registry = discord.core.registry
    for _ in range(3):
        async with office.open():
            pass
    assert len(registry.syncs) == 1
    (old,) = (each for each in registry.listed(None) if each["name"] == "status")
    registry.add(None, {"name": "status", "description": "Of an older version"})
    async with office.open():
        pass
    assert len(registry.syncs) == 2
    registry.add(None, {"name": "gone", "description": "No longer there"})
    for _ in range(2):
        async with office.open():
            pass

    assert len(registry.syncs) == 3
    assert {each["name"]: each["description"] for each in registry.listed(None)}["status"] == old["description"]
    assert {each["name"] for each in registry.listed(None)} == commands.NAMES


async def test_commands_are_of_servers_and_direct_messages_with_us(office: Office, discord: DiscordSimulator) -> None:
    async with office.open():
        pass
    told_ = discord.core.registry.listed(None)

    assert {(tuple(each["integration_types"]), tuple(each["contexts"])) for each in told_} == {((0,), (0, 1))}
    assert {each["name"] for each in told_ if each["type"] == 3} == {"Ask about this"}


async def test_a_command_of_an_older_version_is_answered(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        discord.core.registry.add(None, {"name": "ancient", "description": "Gone"})
        discord.core.registry.add(None, {"type": 3, "name": "Summarise", "description": ""})
        message = await alex.says("#support", "hello")
        await alex.runs("/ancient", where="#support")
        await told(discord, alex, "I do not know this command")
        await alex.uses_message_command("Summarise", message)
        await told(discord, alex, "I do not know this command", times=2)

    assert alex.warnings == []


async def test_a_command_whose_options_changed_is_answered(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        discord.core.registry.add(None, {"name": "ask", "description": "Ask"})
        await alex.runs("/ask", where="#support")
        await told(discord, alex, "I do not know this command")


async def test_a_command_that_is_told_twice_runs_once(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up(2))
    alex = office.person("alex")
    async with office.open():
        discord.gateway.duplicate()
        ran = await alex.runs("/ask", where="#support", question=QUESTION)
        await told(discord, alex, "Order lookup ✓")
    async with office.open():
        replayed(discord, ran)
        await discord.until(lambda: len([code for _, code in refusals(discord) if code == 40060]) == 2)

    assert office.world.ran == ["order-lookup"]
    assert len(alex.private()) == 1
