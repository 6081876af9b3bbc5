"""Asking about what somebody else wrote."""

from __future__ import annotations

import pytest

from bot.adapters.slack.desk import Rules
from bot.adapters.slack.rendering.cards.reply import SHARE
from bot.adapters.slack.shortcuts import CALLBACK
from tests.adapters.slack.office import LOOKUP, Office, buttons_of, looking, said
from tests.conversation.world import World
from tests.simulators.slack import Channel, Message, Person, SlackSimulator
from tests.simulators.slack.faults import refusal


@pytest.fixture
def office(slack: SlackSimulator) -> Office:
    return Office(slack, World(LOOKUP, plans=(looking(), looking())))


async def ask(office: Office, person: Person, message: Message, question: str = "Is it late?") -> None:
    """Use the shortcut and fill in its form."""
    await person.uses_shortcut(CALLBACK, message)
    await office.slack.until(lambda: office.slack.workspace.modals.get(person.user.id))
    await person.submits(person.modal, {"question": question})


async def test_the_answer_goes_into_the_thread_of_the_message(office: Office, slack: SlackSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        note = await sam.says("#support", "Order 12345 never came &amp; I am cross")
        await ask(office, alex, note)
        await slack.until(lambda: any("Used:" in said(m) for m in slack.workspace.from_bot("#support")))

    (answer,) = slack.workspace.from_bot("#support")
    assert answer.thread_ts == note.ts
    text = office.world.model.asked[0][0].text
    assert text.startswith("Is it late?\n\nThis is about a message by Sam:\n> Order 12345 never came")
    assert office.world.executor.given[0].asker.email == "alex@acme.example"
    assert slack.workspace.modals[alex.user.id] == []


async def test_a_reply_is_answered_in_its_own_thread(office: Office, slack: SlackSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        root = await sam.says("#support", "Order 12345")
        reply = await sam.says("#support", "It never came", thread=root)
        await ask(office, alex, reply)
        await slack.until(lambda: any("Used:" in said(m) for m in slack.workspace.from_bot("#support")))

    assert slack.workspace.from_bot("#support")[0].thread_ts == root.ts


async def test_where_answers_are_private_this_one_is(slack: SlackSimulator) -> None:
    channel = slack.workspace.channel("#support")
    office = Office(slack, World(LOOKUP, plans=(looking(),)), Rules(private=frozenset({channel.id})))
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        note = await sam.says("#support", "Order 12345 never came")
        await ask(office, alex, note)
        answer = await office.told(alex, "Used:")
        assert slack.workspace.from_bot() == []
        await alex.clicks(answer, SHARE)
        await slack.until(lambda: slack.workspace.from_bot("#support"))

    assert "You asked: Is it late?" in said(answer)
    assert answer.thread_ts is None, "nobody replied to the message, so what one person sees is shown beside it"
    shared = slack.workspace.from_bot("#support")[0]
    assert shared.thread_ts == note.ts
    assert f"Asked by <@{alex.user.id}>: Is it late?" in said(shared)


async def test_a_channel_that_is_not_ours_is_answered_privately(slack: SlackSimulator) -> None:
    rules = Rules(allowed=frozenset({slack.workspace.channel("#other").id}))
    office = Office(slack, World(LOOKUP, plans=(looking(),)), rules)
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await ask(office, alex, await sam.says("#support", "Order 12345 never came"))
        await office.told(alex, "Used:")

    assert slack.workspace.from_bot() == []


async def test_messages_among_people_are_answered_to_the_asker_alone(office: Office, slack: SlackSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    between = Channel("D0BETWEEN", "", "im", {alex.user.id, sam.user.id})
    slack.workspace.channels[between.id] = between
    async with office.open():
        note = await sam.says(between, "Order 12345 never came")
        await ask(office, alex, note)
        await office.told(alex, "Used:")

    assert slack.workspace.from_bot() == []


async def test_in_our_own_direct_messages_it_is_an_ordinary_answer(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        await alex.says(alex.dm, "where is my order?")
        await slack.until(lambda: any("Used:" in said(m) for m in slack.workspace.from_bot(alex.dm.id)))
        (first,) = slack.workspace.from_bot(alex.dm.id)
        await ask(office, alex, first)
        await slack.until(lambda: len([m for m in slack.workspace.from_bot(alex.dm.id) if "Used:" in said(m)]) == 2)

    assert "a message by Deskhand" in office.world.model.asked[1][0].text
    assert "Order lookup: ran with" in office.world.model.asked[1][0].text


@pytest.mark.parametrize("letter", ["x", "\\", '"', "é", "😀", "\n>", "<!channel> "])
async def test_a_long_message_fits_what_a_form_remembers(office: Office, slack: SlackSimulator, letter: str) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        note = await sam.says("#support", "Order 12345 " + (letter * 20_000)[:39_000])  # Slack keeps 40,000
        await ask(office, alex, note)
        await slack.until(lambda: any("Used:" in said(m) for m in slack.workspace.from_bot("#support")))

    assert "> Order 12345 " in office.world.model.asked[0][0].text


async def test_a_message_without_words_is_told(office: Office, slack: SlackSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        note = await sam.says("#support", "")
        await alex.uses_shortcut(CALLBACK, note)
        await office.told(alex, "no text that I could read")

    assert slack.workspace.modals.get(alex.user.id, []) == []


async def test_a_form_that_slack_does_not_open_is_told(office: Office, slack: SlackSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    slack.faults.next("views.open", refusal("expired_trigger_id"))
    async with office.open():
        await alex.uses_shortcut(CALLBACK, await sam.says("#support", "Order 12345"))
        await office.told(alex, "too little time")


async def test_a_question_of_blanks_is_sent_back(office: Office, slack: SlackSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await ask(office, alex, await sam.says("#support", "Order 12345"), "   ")
        assert alex.modal.errors == {"question": "Please write a question."}

    assert office.world.ran == []


async def test_an_answer_that_fails_is_told(slack: SlackSimulator) -> None:
    office = Office(slack, World(LOOKUP, plans=(looking(),)))
    alex, sam = office.person("alex"), office.person("sam")
    slack.faults.next("chat.postMessage", refusal("fatal_oddity"), times=9)
    async with office.open():
        await ask(office, alex, await sam.says("#support", "Order 12345"))
        word = await office.told(alex, "Something went wrong on my side")

    assert buttons_of(word) == []
