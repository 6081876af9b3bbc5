"""Cards that nobody answered in time become a line, whoever was at work when they were asked."""

from __future__ import annotations

import pytest

from bot.adapters.slack.desk import Rules
from bot.adapters.slack.rendering.cards.approval import CONFIRM
from bot.adapters.slack.standing import expired
from tests.adapters.slack.office import BOOK, Office, booking, buttons_of, card, said
from tests.conversation.world import World
from tests.simulators.slack import SlackSimulator
from tests.simulators.slack.faults import broken

LIFE, GRACE = 10, 1
"""Minutes."""


@pytest.fixture
def office(slack: SlackSimulator) -> Office:
    return Office(slack, World(BOOK, plans=(booking(),)))


async def test_a_card_whose_time_is_up_becomes_a_line(office: Office) -> None:
    alex = office.person("alex")
    async with office.open() as desk:
        question = await card(office, alex)
        await expired(desk)
        assert CONFIRM in buttons_of(question)
        office.world.clock.forward(minutes=LIFE + GRACE)
        await expired(desk)

    assert buttons_of(question) == []
    assert "Expired" in said(question)
    assert "days: 2" in said(question)
    assert office.world.ran == []


async def test_a_card_from_before_a_restart_is_found_and_changed_once(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
    office.world.clock.forward(hours=20)
    async with office.open() as desk:
        await expired(desk)
        assert buttons_of(question) == []
        await expired(desk)

    assert [call.method for call in slack.workspace.calls].count("chat.update") == 1


async def test_a_card_that_slack_did_not_let_us_change_is_changed_later(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open() as desk:
        question = await card(office, alex)
        office.world.clock.forward(minutes=LIFE + GRACE)
        slack.faults.next("conversations.replies", broken(), times=4)
        await expired(desk)
        assert CONFIRM in buttons_of(question)
        await expired(desk)

    assert buttons_of(question) == []


async def test_a_press_that_came_in_time_counts_on_a_card_that_says_expired(office: Office) -> None:
    alex, inbox = office.person("alex"), office.inbox
    async with office.open() as desk:
        question = await card(office, alex)
        await inbox.rest()
        inbox.going.clear()
        await alex.clicks(question, CONFIRM)
        office.world.clock.forward(minutes=LIFE + GRACE)
        await expired(desk)
        assert "Expired" in said(question)
        inbox.going.set()
        await inbox.rest()

    assert office.world.ran == ["book"]
    assert "✓ Confirmed" in said(question)


async def test_an_expired_question_leaves_home(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open() as desk:
        await card(office, alex)
        await alex.opens_home()
        await slack.until(lambda: alex.user.id in slack.workspace.homes and CONFIRM in str(alex.home.view))
        office.world.clock.forward(minutes=LIFE + GRACE)
        await expired(desk)

    assert CONFIRM not in str(alex.home.view)


async def test_a_card_that_one_person_saw_is_left_and_tells_them_when_pressed(slack: SlackSimulator) -> None:
    channel = slack.workspace.channel("#support")
    office = Office(slack, World(BOOK, plans=(booking(),)), Rules(private=frozenset({channel.id})))
    alex = office.person("alex")
    async with office.open() as desk:
        await office.asks(alex)
        question = await office.shown(CONFIRM, alex)
        office.world.clock.forward(minutes=LIFE + GRACE)
        await expired(desk)
        await alex.clicks(question, CONFIRM)
        await office.told(alex, "expired")

    assert office.world.ran == []
    assert "conversations.replies" not in [call.method for call in slack.workspace.calls]
