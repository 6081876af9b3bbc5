"""Somebody says stop while nothing runs: the bot is still thinking, or already writing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.adapters.slack.desk import Streaming
from tests.adapters.slack.office import looking, said
from tests.adapters.slack.working import QUICK, answered, asks, looking_up, streamed, working
from tests.conversation.thoughtful import Thoughtful
from tests.conversation.world import World
from tests.simulators.slack import Message, Person, SlackSimulator

Stops = Callable[[SlackSimulator, Person, Message], Awaitable[object]]


async def by_word(slack: SlackSimulator, person: Person, asked: Message) -> None:
    await person.says("#support", "stop", thread=asked)


async def by_slack(slack: SlackSimulator, person: Person, asked: Message) -> None:
    await person.stops(asked)


async def by_command(slack: SlackSimulator, person: Person, asked: Message) -> None:
    await person.runs("/deskhand", "stop", where="#support")


def thoughtful(model: Thoughtful) -> World:
    world = looking_up()
    world.model = model
    world.engine = world.process()
    return world


@pytest.mark.parametrize("stops", [by_word, by_slack, by_command])
async def test_a_question_that_is_being_planned_runs_nothing_any_more(slack: SlackSimulator, stops: Stops) -> None:
    model = Thoughtful(looking(), plans_at_once=False)
    world, alex = thoughtful(model), slack.workspace.person("alex")
    async with working(slack, world):
        asked = await asks(slack, alex)
        await model.thinks.wait()
        await stops(slack, alex, asked)
        (answer,) = await answered(slack, words="Nothing was run.")
        await slack.until(lambda: "Stopped: your question." in alex.sees("#support") + everything_private(alex))

    assert answer.root == asked.root
    assert world.ran == []


@pytest.mark.parametrize("stops", [by_word, by_slack, by_command])
async def test_of_an_answer_that_grows_stays_what_people_have_read(slack: SlackSimulator, stops: Stops) -> None:
    model = Thoughtful(looking(), plans_at_once=True, words=("There are three.\n\n", "And "))
    world, alex = thoughtful(model), slack.workspace.person("alex")
    async with working(slack, world, replace(QUICK, streaming=Streaming.ALL)):
        asked = await asks(slack, alex)
        await slack.until(lambda: any("three" in streamed(message) for message in slack.workspace.from_bot()))
        await stops(slack, alex, asked)
        (answer,) = await answered(slack, words="There are three.")
        await slack.until(lambda: "Stopped: your question." in alex.sees("#support") + everything_private(alex))

    whole = said(answer) + streamed(answer)
    assert "Stopped by" in whole
    assert "never" not in whole
    assert not answer.stream or answer.stream.state != "live"
    assert len(world.ran) == 1


def everything_private(person: Person) -> str:
    return "\n".join(said(word) for word in person.private())
