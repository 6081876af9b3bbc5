"""Every fault of a stream: whatever becomes of it, people read one answer."""

from __future__ import annotations

import pytest

from bot.domain.plan import ActionCall
from bot.ports import Emit
from tests.adapters.slack.desks import answering
from tests.adapters.slack.office import said
from tests.adapters.slack.working import SHIPPED, STREAMING, USED, answers, asks, looking_up, working
from tests.conversation.world import World
from tests.simulators.slack import Message, SlackSimulator, administration
from tests.simulators.slack.faults import LOST, RESET, Fault, broken, refusal, too_many
from tests.simulators.slack.model import Stream

START, APPEND, STOP, POST, UPDATE, PAST = (
    "chat.startStream", "chat.appendStream", "chat.stopStream", "chat.postMessage", "chat.update",
    "conversations.replies",
)  # fmt: skip


def growing(slack: SlackSimulator, *methods: str, fault: str = "", seconds: float = 0) -> World:
    """The action runs until there is a message that grows; then the methods fail so, and so much time passes."""
    world = looking_up(2)

    async def work(call: ActionCall, emit: Emit) -> str:
        await slack.until(lambda: any(message.stream for message in slack.workspace.from_bot()))
        for method in methods:
            slack.faults.next(method, refusal(fault))
        slack.clock.advance(seconds)
        return "shipped"

    world.executor.behaviours["order-lookup"] = work
    return world


def finished(slack: SlackSimulator) -> list[Message]:
    """Answers that are whole: they name what was used."""
    return [message for message in answers(slack) if USED in said(message)]


async def one_answer(slack: SlackSimulator, world: World) -> Message:
    """The question is asked and answered in one message, which all can read."""
    alex, sam = slack.workspace.person("alex"), slack.workspace.person("sam")
    async with working(slack, world, STREAMING):
        await asks(slack, alex)
        await slack.until(lambda: finished(slack))
        await slack.workspace.settled()

    (found,) = answers(slack)
    assert alex.sees("#support").count(SHIPPED) == sam.sees("#support").count(SHIPPED) == 1
    assert found.stream is None or found.stream.state == "done"
    assert alex.sees("#support").count(USED) == sam.sees("#support").count(USED) == 1
    assert slack.workspace.from_bot() == [found]
    assert world.ran == ["order-lookup"]
    return found


@pytest.mark.covers(START, APPEND, STOP)
async def test_without_a_fault_the_message_that_grew_is_the_answer(slack: SlackSimulator) -> None:
    found = await one_answer(slack, growing(slack))

    assert found.stream
    assert [len(slack.called(method)) for method in (START, STOP, POST, UPDATE, PAST)] == [1, 1, 0, 0, 0]


@pytest.mark.covers("message in im", POST)
async def test_an_answer_that_is_there_first_has_no_stream_beside_it(slack: SlackSimulator) -> None:
    alex = slack.workspace.person("alex")
    async with working(slack, looking_up(9), STREAMING):
        for count in range(1, 10):
            await alex.says(alex.dm, "where is my order?")
            await slack.until(lambda: len(finished(slack)) >= count)  # noqa: B023 - asked in this round only

    assert slack.workspace.from_bot() == finished(slack)
    assert len(finished(slack)) == 9


STARTS = (
    "unknown_method", "method_deprecated", "feature_not_enabled", "channel_type_not_supported", "rate_limited",
    "ratelimited", "invalid_chunks", "missing_recipient_user_id", "missing_recipient_team_id",
)  # fmt: skip


@pytest.mark.parametrize("fault", [pytest.param(each, marks=pytest.mark.covers(each)) for each in STARTS])
async def test_without_a_stream_the_answer_is_posted(slack: SlackSimulator, fault: str) -> None:
    slack.faults.next(START, refusal(fault))
    world = looking_up()

    async def work(call: ActionCall, emit: Emit) -> str:
        await slack.until(lambda: slack.called(START))
        return "shipped"

    world.executor.behaviours["order-lookup"] = work
    found = await one_answer(slack, world)

    assert found.stream is None
    assert len(slack.called(START)) == 1


@pytest.mark.covers(START, PAST)
async def test_a_stream_that_began_unheard_does_not_stay_beside_the_answer(slack: SlackSimulator) -> None:
    slack.faults.next(START, LOST)

    found = await one_answer(slack, growing(slack))

    assert found.stream is None
    assert len(slack.called(START)) == 1


async def test_a_stream_that_ended_meanwhile_is_the_answer_to_another_question(slack: SlackSimulator) -> None:
    slack.faults.next(START, LOST)
    slack.faults.next(STOP, refusal("message_not_in_streaming_state"))

    async with working(slack, growing(slack), STREAMING):
        await slack.workspace.person("alex").says("#support", f"{slack.workspace.mention} where is my order?")
        await slack.until(lambda: finished(slack))
        await slack.workspace.settled()

    assert len(slack.called(STOP)) == 1
    assert slack.called("chat.delete") == []


async def test_an_answer_of_this_process_that_grows_is_not_taken_for_one_that_nobody_heard_of(
    slack: SlackSimulator,
) -> None:
    alex, us, world = slack.workspace.person("alex"), slack.workspace.bot, looking_up()
    slack.faults.next(START, LOST)
    async with answering(slack, world, STREAMING) as desk:

        async def work(call: ActionCall, emit: Emit) -> str:
            await slack.until(lambda: (START, LOST) in slack.faults.met)
            other = Message(root.channel, slack.core.ids.ts(), us.id, "so far", us.team, thread_ts=root.ts)
            other.stream = Stream(slack.clock.now(), alex.user.id, "plan")
            slack.workspace.post(other)
            desk.streams.begun(other.ts)
            return "shipped"

        world.executor.behaviours["order-lookup"] = work
        root = await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        await slack.until(lambda: finished(slack))
        await slack.workspace.settled()

    assert [bool(each.stream) for each in slack.workspace.from_bot()] == [True, False]


@pytest.mark.parametrize("lost", [LOST, RESET, broken(503)])
async def test_of_a_stream_that_was_not_heard_of_only_its_own_message_goes(slack: SlackSimulator, lost: Fault) -> None:
    """Not what we said before the question, whoever is to finish that, nor what grows since the answer."""
    alex, us, world = slack.workspace.person("alex"), slack.workspace.bot, looking_up()

    def grows(root: Message) -> Message:
        ts = slack.core.ids.ts()
        message = Message(root.channel, ts, us.id, "so far", slack.workspace.team, thread_ts=root.ts)
        message.stream = Stream(slack.clock.now(), alex.user.id, "plan")
        slack.workspace.post(message)
        return message

    async def work(call: ActionCall, emit: Emit) -> str:
        await slack.until(lambda: (START, lost) in slack.faults.met)
        return "shipped"

    world.executor.behaviours["order-lookup"] = work
    slack.faults.next(START, lost)
    async with working(slack, world, STREAMING):
        root = await alex.says("#support", "hello")
        before = grows(root)
        await alex.says("#support", f"{slack.workspace.mention} where is my order?", thread=root)
        await slack.until(lambda: finished(slack))
        after = grows(root)
        await slack.workspace.settled()

    assert slack.workspace.from_bot() == [before, *finished(slack), after]


BREAKS = (
    "message_not_in_streaming_state", "message_not_owned_by_app", "invalid_chunks", "msg_blocks_too_long",
    "msg_blocks_too_many", "msg_too_long", "rate_limited", "is_archived",
)  # fmt: skip


@pytest.mark.parametrize("method", [APPEND, STOP])
@pytest.mark.parametrize("fault", [pytest.param(each, marks=pytest.mark.covers(each)) for each in BREAKS])
async def test_a_stream_that_breaks_becomes_the_answer(slack: SlackSimulator, fault: str, method: str) -> None:
    await one_answer(slack, growing(slack, method, fault=fault))


@pytest.mark.covers("stopped_by_user")
async def test_a_stream_that_its_reader_stopped_says_what_there_is(slack: SlackSimulator) -> None:
    world = growing(slack)
    quick = world.executor.behaviours["order-lookup"]

    async def stopped(call: ActionCall, emit: Emit) -> str:
        said = await quick(call, emit)
        for message in slack.workspace.from_bot():
            if message.stream:
                message.stream.state = "stopped"
        return said

    world.executor.behaviours["order-lookup"] = stopped
    await one_answer(slack, world)


@pytest.mark.covers("message_not_in_streaming_state", UPDATE)
async def test_a_stream_of_old_age_is_replaced_by_the_whole_answer(slack: SlackSimulator) -> None:
    found = await one_answer(slack, growing(slack, seconds=301))

    assert found.stream is None
    assert found.edited
    assert slack.called(POST) == []


@pytest.mark.covers("streaming_state_conflict", "chat.delete", "429")
async def test_a_stream_that_does_not_end_is_taken_away_and_the_answer_posted(slack: SlackSimulator) -> None:
    world = growing(slack)
    quick = world.executor.behaviours["order-lookup"]

    async def limited(call: ActionCall, emit: Emit) -> str:
        said = await quick(call, emit)
        slack.faults.next(STOP, too_many(30), times=2)
        return said

    world.executor.behaviours["order-lookup"] = limited
    found = await one_answer(slack, world)

    assert found.stream is None
    assert len(slack.called(POST)) == 1


@pytest.mark.covers("is_archived", "conversations.open")
async def test_a_channel_that_closes_meanwhile_sends_the_answer_to_the_asker(slack: SlackSimulator) -> None:
    alex, world = slack.workspace.person("alex"), growing(slack)
    quick = world.executor.behaviours["order-lookup"]

    async def archived(call: ActionCall, emit: Emit) -> str:
        said = await quick(call, emit)
        administration.archive(slack.workspace, slack.workspace.channel("#support"))
        return said

    world.executor.behaviours["order-lookup"] = archived
    async with working(slack, world, STREAMING):
        await asks(slack, alex)
        await slack.until(lambda: finished(slack))
        await slack.workspace.settled()

    (found,) = finished(slack)
    assert found.channel == alex.dm.id
    assert "I could not answer in the channel" in said(found)
    assert {call.error for call in slack.called(STOP)} == {"is_archived"}
