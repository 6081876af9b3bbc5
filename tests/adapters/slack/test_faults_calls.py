"""Every way in which Slack fails or refuses a call: what people see then, and that they see it once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.adapters.slack.desk import Rules
from bot.adapters.slack.outbox import NO_FILES
from bot.adapters.slack.rendering.cards.approval import CONFIRM, EDIT
from bot.domain.plan import ActionCall
from bot.domain.run import Document
from bot.ports import Emit
from tests.adapters.slack.office import BOOK, booking, buttons_of, said
from tests.adapters.slack.working import LOOKUP, PATIENT, SHIPPED, USED, answered, answers, asks, looking_up, working
from tests.conversation.world import World
from tests.fakes import calls
from tests.simulators.slack import Message, Person, SlackSimulator, administration
from tests.simulators.slack.faults import HTML, LOST, RESET, SILENCE, broken, refusal, too_many

POST = "chat.postMessage"
FAILS = {
    "429": too_many(30), "ratelimited": refusal("ratelimited"), "500": broken(500), "503": broken(), "html": HTML,
    "reset": RESET, "silence": SILENCE, "lost": LOST,
}  # fmt: skip


def meeting(slack: SlackSimulator, world: World, happens: Callable[[], object]) -> World:
    """The world, in which something happens while the action runs and before anything is answered."""

    async def work(call: ActionCall, emit: Emit) -> str:
        await slack.workspace.settled()
        happens()
        return "shipped"

    world.executor.behaviours["order-lookup"] = work
    return world


def covering(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.covers(name)) for name in names])


@covering(*FAILS)
async def test_an_answer_gets_through_once_whatever_happens_to_the_call(slack: SlackSimulator, name: str) -> None:
    alex, times = slack.workspace.person("alex"), 1 if name in ("lost", "silence") else 2
    world = meeting(slack, looking_up(), lambda: slack.faults.next(POST, FAILS[name], times=times))
    async with working(slack, world, PATIENT, timeout_seconds=2 if name == "silence" else 10):
        await asks(slack, alex)
        await answered(slack)

    assert alex.sees("#support").count(USED) == 1
    assert world.ran == ["order-lookup"]
    assert len([met for met in slack.faults.met if met[0] == POST]) == times


@pytest.mark.covers("conversations.replies", "lost")
async def test_a_post_whose_answer_was_lost_is_looked_for_and_not_repeated(slack: SlackSimulator) -> None:
    alex = slack.workspace.person("alex")
    world = meeting(slack, looking_up(), lambda: slack.faults.next(POST, LOST))
    async with working(slack, world, PATIENT):
        await asks(slack, alex)
        await answered(slack)

    assert len(slack.called(POST)) == 1
    assert slack.called("conversations.replies")


@pytest.mark.covers("conversations.history", "lost", "conversations.open")
async def test_a_lost_post_outside_of_threads_is_looked_for_in_the_history(slack: SlackSimulator) -> None:
    alex, where = slack.workspace.person("alex"), slack.workspace.channel("#elsewhere")
    where.members.discard(slack.workspace.bot.id)
    slack.faults.next("response_url", broken(), times=9)
    slack.faults.next(POST, LOST)
    async with working(slack, looking_up(), PATIENT):
        await alex.runs("/deskhand", "help", where=where)
        await answered(slack, words="What you can say")

    assert len(slack.called(POST)) == 1
    assert [message.channel for message in slack.workspace.from_bot()] == [alex.dm.id]


@covering("invalid_blocks", "msg_blocks_too_long", "msg_too_long")
async def test_a_form_that_is_refused_is_said_more_plainly(slack: SlackSimulator, name: str) -> None:
    alex = slack.workspace.person("alex")
    world = meeting(slack, looking_up(), lambda: slack.faults.next(POST, refusal(name), times=2))
    async with working(slack, world, PATIENT):
        await asks(slack, alex)
        (found,) = await answered(slack)

    assert found.blocks == [], "the last rung is plain text"
    assert USED in found.text


@covering("invalid_blocks", "msg_blocks_too_long", "msg_too_long")
async def test_a_card_that_cannot_be_changed_counts_once_all_the_same(slack: SlackSimulator, name: str) -> None:
    alex, world = slack.workspace.person("alex"), World(BOOK, plans=(booking(),))
    slack.workspace.may_mention.add(alex.user.id)
    async with working(slack, world, PATIENT):
        card = await asked_for_a_yes(slack, alex)
        slack.faults.next("chat.update", refusal(name), times=9)
        await alex.clicks(card, CONFIRM)
        await answered(slack, words="Book ✓")
        await alex.clicks(card, CONFIRM)
        await slack.until(alex.private)

    assert world.ran == ["book"]
    assert len(answers(slack, "Book ✓")) == 1


async def asked_for_a_yes(slack: SlackSimulator, person: Person) -> Message:
    """The card with the question."""
    await asks(slack, person, "Book 2 days of holiday")
    await slack.until(lambda: any(CONFIRM in buttons_of(message) for message in slack.workspace.from_bot()))
    return next(message for message in slack.workspace.from_bot() if CONFIRM in buttons_of(message))


async def elsewhere(slack: SlackSimulator, channel: str, happens: Callable[[], object], rules: Rules = PATIENT) -> None:
    """The channel closes during the work: the asker gets the answer in direct messages, once."""
    alex = slack.workspace.person("alex")
    world = meeting(slack, looking_up(), happens)
    async with working(slack, world, rules):
        await asks(slack, alex, where=channel)
        (found,) = await answered(slack)

    assert found.channel == alex.dm.id
    assert "I could not answer in the channel" in said(found)
    assert world.ran == ["order-lookup"]
    assert alex.sees(channel).count(SHIPPED) == 0


@pytest.mark.covers("is_archived")
async def test_an_archived_channel(slack: SlackSimulator) -> None:
    channel = slack.workspace.channel("#support")
    await elsewhere(slack, "#support", lambda: administration.archive(slack.workspace, channel))


@pytest.mark.covers("channel_not_found")
async def test_a_private_channel_that_threw_us_out(slack: SlackSimulator) -> None:
    channel = slack.workspace.channel("#secret", kind="group")
    channel.members.add(slack.workspace.person("alex").user.id)
    await elsewhere(slack, "#secret", lambda: administration.remove_bot(slack.workspace, channel))


@pytest.mark.covers("not_in_channel")
async def test_a_public_channel_that_threw_us_out(slack: SlackSimulator) -> None:
    revoked(slack, "chat:write.public")
    channel = slack.workspace.channel("#support")
    await elsewhere(slack, "#support", lambda: administration.remove_bot(slack.workspace, channel))


RESTRICTIONS = (
    "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_locked",
    "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel",
)  # fmt: skip


@pytest.mark.parametrize("word", RESTRICTIONS)
async def test_a_channel_in_which_not_everybody_may_post(slack: SlackSimulator, word: str) -> None:
    await elsewhere(slack, "#support", lambda: slack.faults.next("chat.postMessage", refusal(word)))


async def test_private_answers_where_not_everybody_may_post(slack: SlackSimulator) -> None:
    rules = replace(PATIENT, private=frozenset({slack.workspace.channel("#support").id}))
    closed = refusal("restricted_action")
    await elsewhere(slack, "#support", lambda: slack.faults.next("chat.postEphemeral", closed), rules)


@pytest.mark.covers("user_not_in_channel")
async def test_an_asker_who_left_a_channel_of_private_answers(slack: SlackSimulator) -> None:
    alex, channel = slack.workspace.person("alex"), slack.workspace.channel("#support")
    rules = replace(PATIENT, private=frozenset({channel.id}))
    await elsewhere(slack, "#support", lambda: channel.members.discard(alex.user.id), rules)


def revoked(slack: SlackSimulator, *scopes: str) -> None:
    """The app was installed without these."""
    for found in slack.core.installations.values():
        found.scopes -= set(scopes)


@pytest.mark.covers("missing_scope(needed, provided)")
@pytest.mark.parametrize("scope", ["users:read", "usergroups:read"])
async def test_without_a_scope_for_people_the_answer_comes_all_the_same(slack: SlackSimulator, scope: str) -> None:
    revoked(slack, scope)
    alex = slack.workspace.person("alex")
    async with working(slack, looking_up()):
        await asks(slack, alex)
        await answered(slack)

    (refused,) = [call for call in slack.calls if call.error == "missing_scope"]
    assert refused.answer["needed"] == scope
    assert alex.sees("#support").count(USED) == 1


@pytest.mark.covers("missing_scope(needed, provided)")
async def test_without_files_the_answer_and_the_question_for_a_yes_come(slack: SlackSimulator) -> None:
    revoked(slack, "files:write")
    alex, both = slack.workspace.person("alex"), calls(("order-lookup", {}), ("book", {"days": 2}))
    slack.workspace.may_mention.add(alex.user.id)
    world = World(LOOKUP, BOOK, plans=(both,))
    world.executor.documents["order-lookup"] = (Document("chart.png", "image/png", b"png"),)
    async with working(slack, world):
        await asked_for_a_yes(slack, alex)
        await answered(slack, words=USED)

    assert {call.answer["needed"] for call in slack.calls if call.error} == {"files:write"}
    assert alex.sees("#support").count(NO_FILES) == 1


@pytest.mark.covers("missing_scope(needed, provided)", "reactions.add", "reactions.remove")
async def test_without_a_status_line_a_reaction_shows_the_work_and_goes(slack: SlackSimulator) -> None:
    alex, world = slack.workspace.person("alex"), looking_up()
    slack.faults.next("assistant.threads.setStatus", refusal("missing_scope", needed="chat:write", provided=""))

    async def seen(call: ActionCall, emit: Emit) -> str:
        await slack.until(lambda: "eyes" in asked.reactions)
        return "shipped"

    world.executor.behaviours["order-lookup"] = seen
    async with working(slack, world):
        asked = await asks(slack, alex)
        await answered(slack)
        await slack.until(lambda: not asked.reactions)


@covering("token_expired", "token_revoked")
async def test_a_token_that_dies_is_told_to_the_operator_and_the_service_lives_on(
    slack: SlackSimulator, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    alex = slack.workspace.person("alex")
    (installation,) = slack.core.installations.values()
    world = meeting(slack, looking_up(2), lambda: setattr(installation, "fault", name))
    async with working(slack, world, PATIENT):
        await asks(slack, alex)
        await slack.until(lambda: name in [call.error for call in slack.called(POST)])
        assert answers(slack) == []
        installation.fault = ""
        world.executor.behaviours.clear()
        await asks(slack, alex, "and now?")
        await answered(slack, words=USED)

    assert f"Slack refused {POST}: {name}" in caplog.text
    assert world.ran == ["order-lookup"] * 2


@pytest.mark.covers("expired_trigger_id")
async def test_a_form_that_comes_too_late_is_told_and_the_card_stays(slack: SlackSimulator) -> None:
    alex, world = slack.workspace.person("alex"), World(BOOK, plans=(booking(),))
    slack.workspace.may_mention.add(alex.user.id)
    async with working(slack, world, PATIENT):
        card = await asked_for_a_yes(slack, alex)
        look = world.approvals.open_of

        async def slow(asker: str, now: object) -> object:
            await slack.workspace.settled()
            slack.clock.advance(4)
            return await look(asker, now)  # type: ignore[arg-type]

        world.approvals.open_of = slow  # type: ignore[method-assign, assignment]
        await alex.clicks(card, EDIT)
        await slack.until(lambda: any("too little time" in said(word) for word in alex.private()))

    assert CONFIRM in buttons_of(card)
    assert len(alex.private()) == 1
    assert alex.warnings == []
