"""The Home tab: of one person alone, and as good as a card for a yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.adapters.slack.desk import Rules
from bot.adapters.slack.rendering.cards.approval import CANCEL, CONFIRM, EDIT
from tests.adapters.slack.office import ASKED, BOOK, LOOKUP, Office, booking, buttons_of, card, looking, said
from tests.adapters.slack.working import working
from tests.conversation.world import World
from tests.fakes import calls, suggested
from tests.simulators.slack import Person, SlackSimulator
from tests.simulators.slack.faults import refusal


@pytest.fixture
def office(slack: SlackSimulator) -> Office:
    return Office(slack, World(BOOK, LOOKUP, plans=(booking(), looking())))


def seen(person: Person) -> str:
    """All words of a person's Home."""
    return str(person.home.view["blocks"])


async def opened(office: Office, person: Person, words: str) -> None:
    await person.opens_home()
    await office.slack.workspace.until(lambda w: person.user.id in w.homes and words in seen(person))


async def test_each_person_sees_what_is_theirs(office: Office) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        question = await card(office, alex)
        await opened(office, alex, "Waiting for your yes")
        await opened(office, sam, "Actions open to you")
        await office.asks(sam, "where is order 777?")
        await office.slack.until(lambda: office.world.ran)
        await opened(office, sam, "777")
        await opened(office, alex, "Waiting for your yes")

    assert "Book 2 days" in seen(alex)
    assert "777" not in seen(alex)
    assert "Waiting for your yes" not in seen(sam)
    assert "Book 2 days" not in seen(sam)
    assert CONFIRM in buttons_of(question)


async def test_each_person_sees_whether_their_email_is_known(office: Office, slack: SlackSimulator) -> None:
    alex, kim = office.person("alex"), slack.workspace.person("kim", "kim@example.org", stranger=True)
    async with office.open():
        await opened(office, alex, "you are alex@acme.example.")
        await opened(office, kim, "Slack does not tell me your e-mail")

    assert "example.org" not in seen(kim)


@pytest.mark.parametrize(("button", "ran"), [(CONFIRM, ["book"]), (CANCEL, [])])
async def test_a_yes_at_home_is_answered_where_it_was_asked(office: Office, button: str, ran: list[str]) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await opened(office, alex, "Waiting for your yes")
        await alex.clicks(alex.home, button)
        await office.slack.workspace.until(lambda w: "Waiting for your yes" not in seen(alex))

    assert office.world.ran == ran
    answer = office.slack.workspace.from_bot("#support")[-1]
    assert answer.thread_ts == question.thread_ts
    assert ("Book ✓" if ran else "Not run: Book") in said(answer)


@pytest.mark.parametrize(("button", "line"), [(CONFIRM, "✓ Confirmed"), (CANCEL, "✗ Cancelled")])
async def test_a_card_that_was_settled_at_home_becomes_a_line(office: Office, button: str, line: str) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await opened(office, alex, "Waiting for your yes")
        await alex.clicks(alex.home, button)
        await office.slack.workspace.until(lambda w: buttons_of(question) == [])

    assert line in said(question)


@pytest.mark.parametrize(("word", "line"), [("yes", "✓ Confirmed"), ("no", "✗ Cancelled")])
async def test_a_written_word_settles_the_card(office: Office, word: str, line: str) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await alex.says("#support", word, thread=question.thread_ts)
        await office.slack.workspace.until(lambda w: line in said(question))

    assert buttons_of(question) == []


@pytest.mark.parametrize(("later", "looks"), [(0, 2), (7_200, 1)])
async def test_a_card_far_down_a_long_thread_is_settled(office: Office, later: int, looks: int) -> None:
    alex, workspace = office.person("alex"), office.slack.workspace
    async with office.open():
        root = await alex.says("#support", "a long story")
        for number in range(250):
            workspace.messages.append(replace(root, ts=f"{root.ts}{number:03d}", thread_ts=root.ts))
        office.slack.clock.advance(later)
        office.world.clock.now = datetime.fromtimestamp(office.slack.clock.now(), UTC)
        await alex.says("#support", f"{workspace.mention} {ASKED}", thread=root)
        question = await office.shown(CONFIRM)
        before = len(office.slack.called("conversations.replies"))  # the thread is read when the bot is called in
        await alex.says("#support", "no", thread=root)
        await workspace.until(lambda w: "✗ Cancelled" in said(question))

    assert buttons_of(question) == []
    assert len(office.slack.called("conversations.replies")) - before == looks


async def test_a_decision_on_the_card_takes_it_from_home(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await opened(office, alex, "Waiting for your yes")
        await alex.clicks(question, CONFIRM)
        await office.slack.workspace.until(lambda w: "Waiting for your yes" not in seen(alex))

    assert "✓ *Book*" in seen(alex)


async def test_an_edit_at_home_is_asked_again_in_the_thread(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await opened(office, alex, "Waiting for your yes")
        await alex.clicks(alex.home, EDIT)
        await office.slack.until(lambda: office.slack.workspace.modals.get(alex.user.id))
        await alex.submits(alex.modal, {"0:days": "3"})
        changed = await office.shown(CONFIRM, besides=question)
        await office.slack.workspace.until(lambda w: "days: 3" in seen(alex))

    assert changed.thread_ts == question.thread_ts
    assert "days: 3" in said(changed)


async def test_a_command_that_waits_is_answered_in_direct_messages(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/deskhand", "Book 2 days of holiday", where="#support")
        await opened(office, alex, "Waiting for your yes")
        await alex.clicks(alex.home, CONFIRM)
        await office.slack.workspace.until(lambda w: any("Book ✓" in said(m) for m in w.from_bot(alex.dm.id)))

    assert office.slack.workspace.from_bot("#support") == []


async def test_a_yes_at_home_in_a_private_channel_stays_private(slack: SlackSimulator) -> None:
    channel = slack.workspace.channel("#support")
    office = Office(slack, World(BOOK, plans=(booking(),)), Rules(private=frozenset({channel.id})))
    alex = office.person("alex")
    async with office.open():
        await office.asks(alex)
        await office.shown(CONFIRM, alex)
        await opened(office, alex, "Waiting for your yes")
        await alex.clicks(alex.home, CONFIRM)
        await office.told(alex, "Book ✓")

    assert slack.workspace.from_bot("#support") == []


async def test_what_is_gone_from_home_is_told_in_direct_messages(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        await card(office, alex)
        await opened(office, alex, "Waiting for your yes")
        office.world.clock.forward(minutes=11)
        await alex.clicks(alex.home, CONFIRM)
        await office.slack.workspace.until(lambda w: any("expired" in said(m) for m in w.from_bot(alex.dm.id)))
        await office.slack.workspace.until(lambda w: "Waiting for your yes" not in seen(alex))

    assert office.world.ran == []


async def test_a_workspace_without_home_loses_nothing(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    slack.faults.next("views.publish", refusal("not_enabled"), times=9)
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, CONFIRM)

    assert office.world.ran == ["book"]
    assert "Confirmed" in said(question)


async def test_hostile_words_at_home_call_nobody(slack: SlackSimulator) -> None:
    plan = calls(("order-lookup", {}))
    office = Office(slack, World(LOOKUP, plans=(plan,)))
    alex = office.person("alex")
    async with office.open():
        await office.asks(alex, "where is <!channel> & <https://evil.example|here>")
        await slack.until(lambda: office.world.ran)
        await opened(office, alex, "where is")

    assert "<!channel>" not in seen(alex)


async def test_direct_messages_offer_a_few_questions(slack: SlackSimulator) -> None:
    alex = slack.workspace.person("alex")
    async with working(slack, World(LOOKUP)):
        await alex.opens_messages()
        await slack.until(lambda: slack.workspace.prompts)

    assert [each["message"] for each in slack.workspace.prompts[alex.dm.id, ""]] == list(await suggested())
