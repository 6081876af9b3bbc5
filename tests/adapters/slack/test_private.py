"""What one person alone may see, where Slack shows it: below a question only if somebody replied there before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from bot.adapters.chat import wording
from bot.adapters.slack.answering import message_given_up
from bot.adapters.slack.desk import Desk, Rules
from bot.adapters.slack.incoming import Incoming
from bot.adapters.slack.places import Place
from bot.adapters.slack.rendering.cards.approval import CANCEL, CONFIRM, EDIT
from bot.adapters.slack.rendering.cards.post import Payload, Post
from bot.adapters.slack.rendering.cards.reply import FEEDBACK, RETRY, SHARE
from bot.domain.run import Document
from bot.domain.work import Job
from tests.adapters.slack.lines import BUTTON
from tests.adapters.slack.office import ASKED, BOOK, LOOKUP, Office, booking, buttons_of, looking, said
from tests.conversation.world import World
from tests.simulators.slack import Message, Person, SlackSimulator
from tests.simulators.slack.faults import broken

WHERE = "where is my order?"


@dataclass
class Room:
    """A channel of private answers, and the thread that a question is asked in: one with replies or its own."""

    office: Office
    alex: Person
    in_thread: bool
    root: Message | None = None

    async def asks(self, text: str = WHERE) -> Message:
        if self.in_thread:
            self.root = await self.office.person("sam").says("#support", "Who knows?")
        return await self.alex.says("#support", f"{self.office.slack.workspace.mention} {text}", thread=self.root)

    def is_seen(self, message: Message) -> bool:
        """In the thread if there is one, else in the channel."""
        return message in self.alex.private("#support") and message.thread_ts == (self.root and self.root.ts)

    def below(self, asked: Message) -> str:
        return self.root.ts if self.root else asked.ts


def private(slack: SlackSimulator, world: World) -> Office:
    return Office(slack, world, Rules(private=frozenset({slack.workspace.channel("#support").id})))


@pytest.fixture(params=["in a thread", "in the channel"])
def room(slack: SlackSimulator, request: pytest.FixtureRequest) -> Room:
    office = private(slack, World(LOOKUP, plans=(looking(), looking())))
    return Room(office, office.person("alex"), request.param == "in a thread")


@pytest.fixture
def booked(room: Room) -> Room:
    """Questions there wait for a yes."""
    return replace(room, office=private(room.office.slack, World(BOOK, plans=(booking(),))))


async def test_an_answer_is_seen_and_shared_below_its_question(room: Room, slack: SlackSimulator) -> None:
    room.office.world.executor.documents["order-lookup"] = (Document("chart.png", "image/png", b"png"),)
    async with room.office.open():
        asked = await room.asks()
        answer = await room.office.shown(SHARE, room.alex)
        assert room.is_seen(answer)
        assert slack.workspace.from_bot("#support") == []
        await room.alex.clicks(answer, SHARE)
        await slack.until(lambda: answer not in slack.workspace.messages)

    (turn,) = room.office.world.turns.turns.values()
    assert turn.conversation.endswith(f":{room.below(asked)}/{room.alex.user.id}")
    words, file = slack.workspace.from_bot("#support")
    assert (words.thread_ts, file.thread_ts) == (room.below(asked),) * 2


async def test_what_is_said_next_below_the_question_belongs_to_it(room: Room, slack: SlackSimulator) -> None:
    async with room.office.open():
        asked = await room.asks()
        first = await room.office.shown(SHARE, room.alex)
        await room.alex.says("#support", "and the other one?", thread=room.root or asked)
        second = await room.office.shown(SHARE, room.alex, besides=first)

    assert second.thread_ts == room.below(asked), "there is a reply now"
    assert len({turn.conversation for turn in room.office.world.turns.turns.values()}) == 1


@pytest.mark.parametrize(("button", "ran"), [(CONFIRM, ["book"]), (CANCEL, [])])
async def test_a_card_is_decided_where_it_is_seen(booked: Room, button: str, ran: list[str]) -> None:
    async with booked.office.open():
        await booked.asks(ASKED)
        card = await booked.office.shown(button, booked.alex)
        assert booked.is_seen(card)
        await booked.alex.clicks(card, button)
        await booked.office.slack.until(lambda: "Confirmed" in said(card) or "Cancelled" in said(card))

    assert booked.office.world.ran == ran
    assert buttons_of(card) == []
    assert all(map(booked.is_seen, booked.alex.private()))
    assert booked.office.slack.workspace.from_bot("#support") == []


async def test_a_changed_card_is_seen_where_the_old_one_was(booked: Room, slack: SlackSimulator) -> None:
    async with booked.office.open():
        await booked.asks(ASKED)
        card = await booked.office.shown(EDIT, booked.alex)
        await booked.alex.clicks(card, EDIT)
        await slack.until(lambda: slack.workspace.modals.get(booked.alex.user.id))
        await booked.alex.submits(booked.alex.modal, {"0:days": "3"})
        changed = await booked.office.shown(CONFIRM, booked.alex, besides=card)
        assert booked.is_seen(changed)
        await booked.alex.clicks(changed, CONFIRM)
        await booked.office.told(booked.alex, "Book ✓")

    assert [arguments for _, arguments in booked.office.world.executor.ran] == [{"days": 3, "kind": "holiday"}]


async def test_another_try_is_seen_and_shared_below_the_question(room: Room, slack: SlackSimulator) -> None:
    office = private(slack, World(LOOKUP, plans=(RuntimeError("broken"), looking())))
    room = replace(room, office=office)
    async with office.open():
        asked = await room.asks()
        failed = await office.shown(RETRY, room.alex)
        await room.alex.clicks(failed, RETRY)
        answer = await office.told(room.alex, "Order lookup ✓")
        assert room.is_seen(answer)
        await room.alex.clicks(answer, SHARE)
        await slack.until(lambda: slack.workspace.from_bot("#support"))

    assert [message.thread_ts for message in slack.workspace.from_bot("#support")] == [room.below(asked)]


async def test_a_thumb_is_thanked_for_where_the_answer_is_seen(room: Room) -> None:
    async with room.office.open():
        await room.asks()
        await room.alex.clicks(await room.office.shown(FEEDBACK, room.alex), FEEDBACK)
        thanks = await room.office.told(room.alex, "Thank you")

    assert room.is_seen(thanks)


async def test_a_question_that_is_given_up_is_told(room: Room) -> None:
    async with room.office.open() as desk:
        asked = await room.asks()
        await room.office.shown(SHARE, room.alex)
        await message_given_up(desk, given_up(desk, asked))

    assert room.is_seen(await room.office.told(room.alex, wording.FAILED))


def given_up(desk: Desk, asked: Message) -> Job:
    message = Incoming(
        asked.team, asked.channel, "channel", asked.user, asked.text, asked.ts, asked.thread_ts or "", "Ev1", True
    )
    return Job(message.key, "message", "lane", message.kept(), desk.clock())


async def test_a_changed_question_is_offered_and_answered_where_it_is_seen(room: Room, slack: SlackSimulator) -> None:
    async with room.office.open():
        asked = await room.asks()
        first = await room.office.shown(SHARE, room.alex)
        await room.alex.edits(asked, f"{slack.workspace.mention} and order 8?")
        offer = await room.office.shown("edited:again", room.alex)
        assert room.is_seen(offer)
        await room.alex.clicks(offer, "edited:again")
        assert room.is_seen(await room.office.shown(SHARE, room.alex, besides=first))

    assert [turn.text for turn in room.office.world.turns.turns.values()] == [WHERE, "and order 8?"]


async def test_a_word_about_a_message_without_replies_is_seen(slack: SlackSimulator) -> None:
    office = Office(slack, World(LOOKUP))
    alex, channel = office.person("alex"), slack.workspace.channel("#support")
    slack.faults.next("response_url", broken(), times=9)
    async with office.open() as desk:
        old = Payload("Old", ({"type": "actions", "elements": [BUTTON]},))
        await desk.outbox.post(Place(slack.workspace.team, channel.id), Post((old,)))
        (post,) = slack.workspace.from_bot("#support")
        await alex.clicks(post, "old")
        word = await office.told(alex, "I do not know this button")

    assert (word.channel, word.thread_ts) == (channel.id, None)
