"""Events that are no messages: what people open, press Stop in, react to and look at, and the end of the app."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.adapters.chat.listening import Listening
from bot.adapters.slack.desk import Rules
from bot.domain.plan import ActionCall
from bot.ports import Emit
from tests.adapters.slack.office import Slow, said
from tests.adapters.slack.working import answered, asks, looking_up, working
from tests.simulators.slack import Call, Message, Person, SlackSimulator, administration


@pytest.mark.covers("app_home_opened(home)", "views.publish")
async def test_home_is_built_when_it_is_opened(slack: SlackSimulator) -> None:
    alex = slack.workspace.person("alex")
    async with working(slack, looking_up()):
        await alex.opens_home()
        await slack.until(lambda: alex.user.id in slack.workspace.homes)

    assert "Order lookup" in str(alex.home.view["blocks"])
    assert len(slack.called("views.publish")) == 1
    assert slack.workspace.from_bot() == []


Does = Callable[[SlackSimulator, Person, Message], Awaitable[object]]


async def opens_messages(slack: SlackSimulator, person: Person, said: Message) -> None:
    await person.opens_messages()


async def reacts(slack: SlackSimulator, person: Person, said: Message) -> None:
    await person.reacts(said, "tada")


async def unreacts(slack: SlackSimulator, person: Person, said: Message) -> None:
    await person.reacts(said, "tada")
    await person.unreacts(said, "tada")


async def joins(slack: SlackSimulator, person: Person, said: Message) -> None:
    await person.joins("#support")


async def invites(slack: SlackSimulator, person: Person, said: Message) -> None:
    administration.invite_bot(slack.workspace, slack.workspace.channel("#new", with_bot=False), person.user)


async def looks_on(slack: SlackSimulator, person: Person, said: Message) -> None:
    await person.looks_at("#support")


async def opens_assistant(slack: SlackSimulator, person: Person, said: Message) -> None:
    await person.opens_assistant(beside="#support")


async def looks_beside(slack: SlackSimulator, person: Person, said: Message) -> None:
    await person.looks_at("#support", await person.opens_assistant())


async def rate_limits(slack: SlackSimulator, person: Person, said: Message) -> None:
    administration.rate_limit_events(slack.workspace)


QUIET: dict[str, Does] = {
    "app_home_opened(messages)": opens_messages, "reaction_added": reacts, "reaction_removed": unreacts,
    "member_joined_channel": joins, "app_context_changed": looks_on, "assistant_thread_started": opens_assistant,
    "assistant_thread_context_changed": looks_beside, "app_rate_limited": rate_limits,
}  # fmt: skip


def said_by_us(slack: SlackSimulator) -> list[Call]:
    return [call for call in slack.calls if call.method in ("chat.postMessage", "chat.postEphemeral", "views.publish")]


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.covers(name)) for name in QUIET])
async def test_what_is_no_question_is_acknowledged_and_nothing_is_said(
    slack: SlackSimulator, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    world, alex = looking_up(2), slack.workspace.person("alex")
    async with working(slack, world):
        asked = await asks(slack, alex)
        await answered(slack)
        spoken = len(said_by_us(slack))
        await QUIET[name](slack, alex, asked)
        await slack.workspace.settled()
        assert len(said_by_us(slack)) == spoken
        await asks(slack, alex, "and the other one?")
        await answered(slack, 2)

    assert alex.private() == []
    assert "Traceback" not in caplog.text


@pytest.mark.covers("member_joined_channel")
async def test_whoever_invites_the_bot_is_told_how_to_ask_there_and_nobody_else_is(slack: SlackSimulator) -> None:
    alex, sam = slack.workspace.person("alex"), slack.workspace.person("sam")
    async with working(slack, looking_up()):
        asked = await alex.says("#support", "come in")
        await slack.workspace.settled()
        slack.post.duplicate()
        await invites(slack, alex, asked)
        await slack.until(lambda: alex.private("#new"))
        await slack.workspace.settled()
        assert slack.workspace.from_bot() == []
        await asks(slack, alex, where="#new")
        (found,) = await answered(slack)

    assert found.channel == slack.workspace.channel("#new").id
    (word,) = alex.private()
    assert "Mention me with a question" in said(word)
    assert "Where is order 12345?" in said(word)
    assert sam.private() == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [("listening", "Each new message here is a question"), ("private", "Only who asks sees the answer here")],
)
async def test_the_first_word_is_about_this_channel(slack: SlackSimulator, rule: str, words: str) -> None:
    alex, new = slack.workspace.person("alex"), slack.workspace.channel("#new", with_bot=False).id
    given = {"listening": Rules(listening={new: Listening.ALL}), "private": Rules(private=frozenset({new}))}
    async with working(slack, looking_up(), given[rule]):
        await invites(slack, alex, await alex.says("#support", "come in"))
        await slack.until(lambda: any(words in said(word) for word in alex.private("#new")))


async def test_nothing_is_said_where_the_bot_may_not_answer_or_nobody_is_named(slack: SlackSimulator) -> None:
    alex, channel = slack.workspace.person("alex"), slack.workspace.channel("#open", with_bot=False)
    async with working(slack, looking_up(), Rules(allowed=frozenset({channel.id}))):
        await invites(slack, alex, await alex.says("#support", "come in"))
        administration.invite_bot(slack.workspace, channel)
        await slack.workspace.settled()

    assert said_by_us(slack) == []


@pytest.mark.covers("assistant_thread_started")
async def test_a_question_in_the_old_side_panel_is_answered_there(slack: SlackSimulator) -> None:
    alex = slack.workspace.person("alex")
    async with working(slack, looking_up()):
        root = await alex.opens_assistant()
        await alex.says(alex.dm, "where is my order?", thread=root)
        (found,) = await answered(slack)

    assert (found.channel, found.thread_ts) == (alex.dm.id, root.ts)


@pytest.mark.covers("agent_session_stopped")
async def test_stop_of_slack_ends_the_work_and_its_answer_says_so(slack: SlackSimulator) -> None:
    world, slow = looking_up(), Slow()
    world.executor.behaviours["order-lookup"] = slow
    alex = slack.workspace.person("alex")
    async with working(slack, world):
        asked = await asks(slack, alex)
        await slow.begun.wait()
        await alex.stops(asked)
        await slack.until(lambda: any("Stopped: Order lookup." in said(word) for word in alex.private()))
        await answered(slack, words="stopped by")

    assert world.executor.running == 0
    assert len(world.ran) == 1


ENDS = {"app_uninstalled": administration.uninstall, "tokens_revoked": administration.revoke}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.covers(name)) for name in ENDS])
async def test_the_end_of_the_app_is_told_to_the_operator(
    slack: SlackSimulator, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    ended = asyncio.Event()

    async def ends(call: ActionCall, emit: Emit) -> str:
        ENDS[name](slack.workspace)
        ended.set()
        return "shipped"

    world.executor.behaviours["order-lookup"] = ends
    async with working(slack, world):
        await asks(slack, alex)
        await ended.wait()
        await slack.workspace.settled()

    assert "install it and set the new token" in caplog.text
    assert world.ran == ["order-lookup"], "what was begun is done once"
    assert slack.workspace.from_bot() == [], "and there is nobody who could say it"


@pytest.mark.covers("url_verification")
@pytest.mark.parametrize("slack", ["http"], indirect=True)
async def test_the_request_url_is_verified_and_a_forged_challenge_is_not(slack: SlackSimulator) -> None:
    async with working(slack, looking_up()):
        assert slack.http
        assert slack.http.verified
        honest, slack.http.secret = slack.http.secret, "guessed"
        assert not await slack.http.verify()
        slack.http.secret = honest
        assert await slack.http.verify()
