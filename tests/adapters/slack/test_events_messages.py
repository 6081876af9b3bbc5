"""Messages of every kind, in every kind of conversation: who gets an answer, and how often."""

from __future__ import annotations

import pytest

from tests.adapters.slack.working import SHIPPED, answered, answers, asks, looking_up, working
from tests.simulators.slack import Channel, Message, Person, SlackSimulator
from tests.simulators.slack.administration import bot_says
from tests.simulators.slack.model import ChannelType

KINDS: tuple[ChannelType, ...] = ("channel", "group", "im", "mpim")


def each_kind(subtype: str) -> pytest.MarkDecorator:
    """The test runs in each kind of conversation and covers the message there."""
    covered = [pytest.param(kind, marks=pytest.mark.covers(f"{subtype} in {kind}")) for kind in KINDS]
    return pytest.mark.parametrize("kind", covered)


def conversation(slack: SlackSimulator, kind: ChannelType, *people: Person) -> Channel:
    """One that the people and the bot are in."""
    if kind == "im":
        return people[0].dm
    found = slack.workspace.channel("#somewhere", kind=kind)
    found.members |= {each.user.id for each in people}
    return found


async def first_answer(slack: SlackSimulator, person: Person, where: Channel) -> tuple[Message, Message]:
    """A question and its answer."""
    asked = await person.says(where, f"{slack.workspace.mention} where is my order?")
    (found,) = await answered(slack)
    assert (found.channel, found.thread_ts) == (where.id, asked.ts)
    return asked, found


@pytest.mark.covers("app_mention", "auth.test", "users.info", "usergroups.list", "chat.postMessage")
async def test_a_mention_comes_as_two_events_and_is_answered_once(slack: SlackSimulator) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    async with working(slack, world):
        asked = await asks(slack, alex)
        (found,) = await answered(slack)

    told = [delivery.event["type"] for delivery in slack.post.deliveries if delivery.event.get("ts") == asked.ts]
    assert sorted(told) == ["app_mention", "message"]
    assert found.thread_ts == asked.ts
    assert world.ran == ["order-lookup"]
    assert alex.sees("#support").count(SHIPPED) == 1


@each_kind("message")
async def test_a_thread_is_followed_without_a_mention(slack: SlackSimulator, kind: ChannelType) -> None:
    world, alex = looking_up(2), slack.workspace.person("alex")
    where = conversation(slack, kind, alex)
    async with working(slack, world):
        asked, _ = await first_answer(slack, alex, where)
        await alex.says(where, "and the other one?", thread=asked)
        found = await answered(slack, 2)

    assert {message.thread_ts for message in found} == {asked.ts}
    assert [turn.text for turn in world.turns.turns.values()] == ["where is my order?", "and the other one?"]


@each_kind("file_share")
async def test_a_file_with_a_question_is_read(slack: SlackSimulator, kind: ChannelType) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    where = conversation(slack, kind, alex)
    async with working(slack, world):
        await alex.says(where, f"{slack.workspace.mention} what is this?", files={"error.log": b"boom: code 42"})
        await answered(slack)

    (turn,) = world.turns.turns.values()
    assert turn.text == "what is this?\n\nAttached error.log:\nboom: code 42"


@each_kind("thread_broadcast")
async def test_a_reply_that_the_channel_sees_too_is_answered_in_its_thread(
    slack: SlackSimulator, kind: ChannelType
) -> None:
    alex = slack.workspace.person("alex")
    where = conversation(slack, kind, alex)
    async with working(slack, looking_up(2)):
        asked, _ = await first_answer(slack, alex, where)
        await alex.says(where, "and the other one?", thread=asked, broadcast=True)
        found = await answered(slack, 2)

    assert {message.thread_ts for message in found} == {asked.ts}
    assert not any(message.broadcast for message in found)


@each_kind("message_changed")
async def test_a_changed_question_is_offered_to_its_asker_and_not_run_again(
    slack: SlackSimulator, kind: ChannelType
) -> None:
    world, alex = looking_up(2), slack.workspace.person("alex")
    where = conversation(slack, kind, alex)
    async with working(slack, world):
        asked, found = await first_answer(slack, alex, where)
        await alex.edits(asked, f"{slack.workspace.mention} where is order 8?")
        await slack.until(alex.private)
        await slack.workspace.settled()

    (offer,) = alex.private()
    assert (offer.channel, offer.thread_ts) == (where.id, asked.ts)
    assert world.ran == ["order-lookup"]
    assert answers(slack) == [found]


@each_kind("message_deleted")
async def test_a_question_that_is_taken_away_changes_nothing(slack: SlackSimulator, kind: ChannelType) -> None:
    world, alex = looking_up(2), slack.workspace.person("alex")
    where = conversation(slack, kind, alex)
    async with working(slack, world):
        asked, found = await first_answer(slack, alex, where)
        await alex.deletes(asked)
        await slack.workspace.settled()
        assert slack.workspace.from_bot() == [found]
        await alex.says(where, f"{slack.workspace.mention} and the other one?")
        await answered(slack, 2)

    assert world.ran == ["order-lookup"] * 2
    assert alex.private() == []


@each_kind("bot_message")
async def test_another_bot_is_never_answered(slack: SlackSimulator, kind: ChannelType) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    where = conversation(slack, kind, alex)
    async with working(slack, world):
        for classic in (True, False):
            bot_says(slack.workspace, "robot", where, f"{slack.workspace.mention} my order?", classic=classic)
        await slack.workspace.settled()

    assert world.ran == []
    assert slack.workspace.from_bot() == []


@each_kind("channel_join")
async def test_who_joins_is_not_greeted(slack: SlackSimulator, kind: ChannelType) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    where = conversation(slack, kind, alex)
    async with working(slack, world):
        await alex.joins(where)
        await slack.workspace.settled()

    assert world.ran == []
    assert slack.workspace.from_bot() == []
