"""Everything that people can press, type and submit, in each place where Slack lets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.adapters.slack.connection import Connection
from bot.adapters.slack.desk import Rules
from bot.adapters.slack.rendering.cards.approval import CONFIRM, EDIT
from bot.adapters.slack.rendering.cards.reply import SHARE
from bot.adapters.slack.shortcuts import CALLBACK
from tests.adapters.slack.lines import BUTTON, MODAL
from tests.adapters.slack.office import BOOK, booking, buttons_of, said
from tests.adapters.slack.working import answered, asks, looking_up, working
from tests.conversation.world import World
from tests.simulators.slack import Message, Person, SlackSimulator


@pytest.fixture
def alex(slack: SlackSimulator) -> Person:
    """Somebody whom a card may name."""
    found = slack.workspace.person("alex")
    slack.workspace.may_mention.add(found.user.id)
    return found


def booked() -> World:
    return World(BOOK, plans=(booking(),))


async def card(slack: SlackSimulator, person: Person) -> Message:
    """The question about a booking that the person asked for."""
    await asks(slack, person, "Book 2 days of holiday")
    return await shown(slack, slack.workspace.from_bot, CONFIRM)


async def shown(slack: SlackSimulator, where: Callable[[], list[Message]], button: str) -> Message:
    """The message with that button, once it is there."""
    await slack.until(lambda: any(button in buttons_of(message) for message in where()))
    return next(message for message in where() if button in buttons_of(message))


@pytest.mark.covers("block_actions(message)", "chat.update")
async def test_a_button_of_a_message(slack: SlackSimulator, alex: Person) -> None:
    world = booked()
    async with working(slack, world):
        question = await card(slack, alex)
        await alex.clicks(question, CONFIRM)
        await answered(slack, words="Book ✓")

    assert [arguments for _, arguments in world.executor.ran] == [{"days": 2, "kind": "holiday"}]
    assert "Confirmed" in said(question)
    assert buttons_of(question) == []
    assert alex.warnings == []


@pytest.mark.covers("block_actions(ephemeral)", "chat.postEphemeral", "response_url")
async def test_a_button_of_a_message_that_one_person_sees(slack: SlackSimulator, alex: Person) -> None:
    world = looking_up()
    rules = Rules(patience=0.0, private=frozenset({slack.workspace.channel("#support").id}))
    async with working(slack, world, rules):
        await asks(slack, alex)
        answer = await shown(slack, alex.private, SHARE)
        assert slack.workspace.from_bot() == []
        await alex.clicks(answer, SHARE)
        await answered(slack)

    assert world.ran == ["order-lookup"]
    assert alex.private() == [], "the private one is gone"
    assert alex.warnings == []


@pytest.mark.covers("block_actions(home)", "views.publish")
async def test_a_button_at_home(slack: SlackSimulator, alex: Person) -> None:
    world = booked()
    async with working(slack, world):
        question = await card(slack, alex)
        await alex.opens_home()
        await slack.until(lambda: alex.user.id in slack.workspace.homes and CONFIRM in str(alex.home.view))
        await alex.clicks(alex.home, CONFIRM)
        await slack.until(lambda: CONFIRM not in str(alex.home.view))
        (found,) = await answered(slack, words="Book ✓")

    assert world.ran == ["book"]
    assert found.thread_ts == question.thread_ts
    assert alex.warnings == []


async def opened(slack: SlackSimulator, connection: Connection, person: Person, view: dict[str, Any]) -> None:
    """A form of an older version of us."""
    client = await connection.clients.of(slack.workspace.team)
    await client.views_open(trigger_id=slack.core.trigger(person.user.id), view=view)


@pytest.mark.covers("block_actions(modal)", "views.open", "conversations.open")
async def test_an_unknown_button_of_a_form_is_told_in_direct_messages(slack: SlackSimulator, alex: Person) -> None:
    async with working(slack, looking_up()) as connection:
        await opened(slack, connection, alex, {**MODAL, "blocks": [{"type": "actions", "elements": [BUTTON]}]})
        await alex.clicks(alex.modal, "old")
        await answered(slack, words="I do not know this button")

    assert alex.warnings == []
    assert {message.channel for message in slack.workspace.from_bot()} == {alex.dm.id}


@pytest.mark.covers("view_submission", "views.open", "chat.update")
async def test_a_form_that_is_filled_in(slack: SlackSimulator, alex: Person) -> None:
    world = booked()
    async with working(slack, world):
        question = await card(slack, alex)
        await alex.clicks(question, EDIT)
        await slack.until(lambda: slack.workspace.modals.get(alex.user.id))
        await alex.submits(alex.modal, {"0:days": "many"})
        assert alex.modal.errors == {"0:days": "This must be a number."}
        await alex.submits(alex.modal, {"0:days": "3"})
        await slack.until(lambda: "Replaced" in said(question))
        changed = await shown(slack, slack.workspace.from_bot, CONFIRM)
        await alex.clicks(changed, CONFIRM)
        await answered(slack, words="Book ✓")

    assert [arguments for _, arguments in world.executor.ran] == [{"days": 3, "kind": "holiday"}]
    assert alex.warnings == []


@pytest.mark.covers("view_closed", "view_submission")
async def test_a_form_that_is_closed_or_not_ours_does_nothing(slack: SlackSimulator, alex: Person) -> None:
    world = looking_up()
    async with working(slack, world) as connection:
        await opened(slack, connection, alex, MODAL)
        await alex.closes(alex.modal)
        await opened(slack, connection, alex, MODAL)
        await alex.submits(alex.modal)
        assert "Not saved" in str(alex.modal.view["title"])

    assert world.ran == []
    assert slack.workspace.from_bot() == []
    assert alex.warnings == []


@pytest.mark.covers("message_action", "view_submission")
async def test_the_shortcut_on_a_message(slack: SlackSimulator, alex: Person) -> None:
    world = looking_up()
    async with working(slack, world):
        about = await slack.workspace.person("sam").says("#support", "Order 12345 never came")
        await alex.uses_shortcut(CALLBACK, about)
        await slack.until(lambda: slack.workspace.modals.get(alex.user.id))
        await alex.submits(alex.modal, {"question": "Is it late?"})
        (found,) = await answered(slack)

    assert found.thread_ts == about.ts
    assert "Order 12345 never came" in world.model.asked[0][0].text
    assert alex.warnings == []


@pytest.mark.covers("shortcut", "block_suggestion")
async def test_what_we_do_not_have_shows_no_warning(slack: SlackSimulator, alex: Person) -> None:
    menu = {"type": "external_select", "action_id": "find"}
    async with working(slack, looking_up()) as connection:
        await alex.uses_shortcut("of_another_version")
        client = await connection.clients.of(slack.workspace.team)
        home = {"type": "home", "blocks": [{"type": "actions", "elements": [menu]}]}
        await client.views_publish(user_id=alex.user.id, view=home)
        assert await alex.searches(alex.home, "find", "x") == []

    assert alex.warnings == []
    assert slack.workspace.from_bot() == []


@pytest.mark.covers("slash_commands", "response_url")
async def test_a_command_is_answered_for_who_typed_it(slack: SlackSimulator, alex: Person) -> None:
    world, sam = looking_up(), slack.workspace.person("sam")
    async with working(slack, world):
        await alex.runs("/deskhand", "ask where is my order?", where="#support")
        await slack.until(lambda: any("Order lookup: shipped" in said(word) for word in alex.private()))
        await slack.workspace.settled()

    assert len([word for word in alex.private() if "Order lookup: shipped" in said(word)]) == 1
    assert "shipped" not in sam.sees("#support")
    assert world.ran == ["order-lookup"]
    assert alex.warnings == []
