"""Every button, pressed by the right person, by somebody else, too often, too late and after a restart."""

from __future__ import annotations

import asyncio
import copy
import logging
from dataclasses import replace

import pytest

from bot.adapters.slack.desk import Rules, Streaming
from bot.adapters.slack.rendering.cards.approval import CANCEL, CONFIRM, EDIT
from bot.adapters.slack.rendering.cards.reply import FEEDBACK, RETRY, SHARE
from bot.adapters.slack.rendering.cards.tasks import STOP
from bot.domain.approval import ApprovalState
from bot.domain.run import Document, Outcome
from tests.adapters.slack.office import BOOK, LOOKUP, Office, Slow, booking, buttons_of, card, looking, said
from tests.conversation.world import World
from tests.simulators.slack import Message, SlackSimulator
from tests.simulators.slack.faults import refusal


@pytest.fixture
def office(slack: SlackSimulator) -> Office:
    return Office(slack, World(BOOK, plans=(booking(),)))


def answers(slack: SlackSimulator) -> list[Message]:
    """The replies that all can see."""
    return [m for m in slack.workspace.from_bot() if "Used:" in said(m)]


async def test_a_yes_runs_it_and_the_card_becomes_a_line_of_audit(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, CONFIRM)

    assert [arguments for _, arguments in office.world.executor.ran] == [{"days": 2, "kind": "holiday"}]
    assert buttons_of(question) == []
    assert "Confirmed" in said(question)
    assert any("Working on it" in text for text in question.versions)
    (reply,) = answers(slack)
    assert reply.thread_ts == question.thread_ts
    assert "Book ✓" in said(reply)


async def test_a_no_runs_nothing_and_says_so(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, CANCEL)

    assert office.world.ran == []
    assert "Cancelled" in said(question)
    assert any("Cancelled. Not run: Book." in said(m) for m in slack.workspace.from_bot())


@pytest.mark.parametrize("button", [CONFIRM, CANCEL, EDIT])
async def test_somebody_else_gets_a_private_word_and_changes_nothing(office: Office, button: str) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        question = await card(office, alex)
        before = copy.deepcopy(question.blocks)
        await sam.clicks(question, button)
        word = await office.told(sam, "Only the person who asked")

    assert word.thread_ts == question.thread_ts
    assert question.blocks == before
    assert office.world.ran == []
    assert [each.state for each in office.world.approvals.approvals.values()] == [ApprovalState.OPEN]
    assert alex.private() == []
    assert office.slack.workspace.modals.get(sam.user.id, []) == []


async def test_of_a_hundred_presses_one_counts_and_each_is_answered(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        stale = copy.deepcopy(question)
        await asyncio.gather(*(alex.clicks(stale, CONFIRM if n % 2 else CANCEL, wait=False) for n in range(100)))
        await slack.until(lambda: len(alex.private()) == 99)

    assert len(office.world.ran) <= 1
    assert len(office.world.approvals.approvals) == 1
    kinds = [event.kind for event in office.world.audit.events if event.kind.startswith("approval.")]
    assert len(kinds) == 2, "asked once and decided once"
    replies = [m for m in slack.workspace.from_bot() if m is not question]
    assert len(replies) == 1, "what came of it"
    assert buttons_of(question) == []


async def test_a_card_is_good_after_a_restart(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
    async with office.open():
        await alex.clicks(question, CONFIRM)

    assert office.world.ran == ["book"]
    assert "Confirmed" in said(question)
    assert len(answers(slack)) == 1


async def test_two_presses_that_both_count_show_one_reply(office: Office, slack: SlackSimulator) -> None:
    slow, alex = Slow(), office.person("alex")
    office.world.executor.behaviours["book"] = slow
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, CONFIRM)
        await slow.begun.wait()
        (approval,) = office.world.approvals.approvals.values()
        office.world.approvals.approvals[approval.id] = replace(approval, state=ApprovalState.OPEN)
        office.world.clock.forward(minutes=2)
        stale = copy.deepcopy(question)
        stale.blocks = [{"type": "actions", "block_id": "a", "elements": [_button(CONFIRM, approval.id)]}]
        await alex.clicks(stale, CONFIRM)
        office.world.approvals.approvals[approval.id] = approval
        slow.go.set()

    assert office.world.ran == ["book"]
    assert len(answers(slack)) == 1


def _button(action_id: str, value: str) -> dict[str, object]:
    return {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": "?"}}


async def test_what_expired_is_told_and_loses_its_buttons(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        office.world.clock.forward(minutes=11)
        await alex.clicks(question, CONFIRM)
        await office.told(alex, "expired and nothing was run")

    assert office.world.ran == []
    assert buttons_of(question) == []
    assert "expired" in said(question)


async def test_what_changed_since_it_was_asked_is_not_called_confirmed(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        (approval,) = office.world.approvals.approvals.values()
        old = replace(approval.items[0], fingerprint="of an older definition")
        office.world.approvals.approvals[approval.id] = replace(approval, items=(old,))
        await alex.clicks(question, CONFIRM)

    assert office.world.ran == []
    assert "Not run: Book" in said(question)
    assert "Confirmed" not in said(question)


async def test_what_was_answered_in_words_is_told_and_loses_its_buttons(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await alex.says("#support", "yes", thread=question)
        await office.slack.until(lambda: office.world.ran)
        await alex.clicks(question, CANCEL)
        await office.told(alex, "already confirmed")

    assert office.world.ran == ["book"]
    assert buttons_of(question) == []


async def test_a_second_press_gives_no_second_answer(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        question = copy.deepcopy(await card(office, alex))
        await alex.clicks(question, CONFIRM)
        await office.slack.until(lambda: office.world.ran)
        await alex.clicks(question, CONFIRM)
        await office.told(alex, "decided already")

    assert office.world.ran == ["book"]


async def test_an_unknown_request_and_an_unknown_button_are_answered(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        office.world.approvals.approvals.clear()
        strange = copy.deepcopy(question)
        strange.blocks = [{"type": "actions", "block_id": "x", "elements": [_button("long:gone", "1")]}]
        await alex.clicks(question, CONFIRM)
        await office.told(alex, "do not know this request")
        await alex.clicks(strange, "long:gone")
        await office.told(alex, "do not know this button")


async def test_stop_is_for_who_asked(slack: SlackSimulator) -> None:
    slow = Slow()
    office = Office(slack, World(LOOKUP, plans=(looking(),)))
    office.world.executor.behaviours["order-lookup"] = slow
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await office.asks(alex, "where is it?")
        board = await office.shown(STOP)
        await sam.clicks(board, STOP)
        await office.told(sam, "Nothing of yours runs here")
        assert office.world.executor.running == 1
        await alex.clicks(board, STOP)
        await office.told(alex, "Stopped: Order lookup.")

    (used,) = next(iter(office.world.turns.turns.values())).used
    assert used.outcome is Outcome.STOPPED
    assert "stopped by" in said(answers(slack)[0])


async def test_a_stream_has_slacks_own_stop(slack: SlackSimulator) -> None:
    slow = Slow()
    office = Office(slack, World(LOOKUP, plans=(looking(),)), Rules(streaming=Streaming.ALL, patience=0.0))
    office.world.executor.behaviours["order-lookup"] = slow
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        asked = await office.asks(alex, "where is it?")
        session = (asked.channel, asked.ts)
        await slack.until(lambda: slack.workspace.sessions.get(session) == "processing")
        await sam.stops(asked)
        await office.told(sam, "Nothing of yours runs here")
        assert office.world.executor.running == 1
        await alex.stops(asked)
        await office.told(alex, "Stopped: Order lookup.")
        await slack.until(lambda: slack.workspace.sessions.get(session) == "active")

    assert len(answers(slack)) == 1
    assert "stopped by" in said(answers(slack)[0])


async def test_try_again_asks_once_more_for_who_asked(slack: SlackSimulator) -> None:
    office = Office(slack, World(LOOKUP, plans=(RuntimeError("broken"), looking(), looking())))
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await office.asks(alex, "where is it?")
        failed = await office.shown(RETRY)
        await sam.clicks(failed, RETRY)
        await office.told(sam, "Only the person who asked")
        await asyncio.gather(*(alex.clicks(failed, RETRY, wait=False) for _ in range(5)))
        await slack.until(lambda: len(alex.private()) == 4)
        await slack.until(lambda: answers(slack))

    assert office.world.ran == ["order-lookup"]
    assert [context.text for context, _ in office.world.model.asked] == ["where is it?"] * 2
    assert answers(slack)[0].thread_ts == failed.thread_ts
    assert "broken" not in slack.workspace.picture()


async def test_a_decision_cannot_be_tried_again(office: Office) -> None:
    alex = office.person("alex")
    office.world.model.compose_fails = RuntimeError("broken")
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, CONFIRM)
        failed = await office.shown(RETRY)
        await alex.clicks(failed, RETRY)
        await office.told(alex, "cannot be tried again")

    assert office.world.ran == ["book"]


@pytest.mark.parametrize("classic", [False, True])
async def test_a_thumb_up_is_kept_and_thanked_for(slack: SlackSimulator, classic: bool) -> None:
    office = Office(slack, World(LOOKUP, plans=(looking(),)))
    alex, sam = office.person("alex"), office.person("sam")
    slow = Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    thumb = f"{FEEDBACK}:good" if classic else FEEDBACK
    async with office.open():
        await office.asks(alex, "where is it?")
        await office.shown(STOP)
        if classic:
            slack.faults.next("chat.postMessage", refusal("invalid_blocks"))
        slow.go.set()
        answer = await office.shown(thumb)
        await sam.clicks(answer, thumb)
        word = await office.told(sam, "Thank you")

    assert word.thread_ts == answer.thread_ts
    (given,) = office.world.opinions.given.values()
    assert (given.good, given.by) == (True, f"slack:{slack.workspace.team}:{sam.user.id}")


async def test_a_thumb_down_counts_and_asks_why(slack: SlackSimulator) -> None:
    office = Office(slack, World(LOOKUP, plans=(looking(),)))
    alex = office.person("alex")
    async with office.open() as desk:
        await office.asks(alex, "where is it?")
        answer = await office.shown(FEEDBACK)
        await alex.clicks(answer, FEEDBACK, "negative")
        await slack.until(lambda: slack.workspace.modals.get(alex.user.id))
        await desk.tasks.rest(30)
        (before,) = office.world.opinions.given.values()
        await alex.submits(alex.modal, {"reason": "Out of date", "note": "It left yesterday."})
        await office.told(alex, "Thank you")

    assert (before.good, before.reason) == (False, "")
    (given,) = office.world.opinions.given.values()
    assert (given.good, given.reason, given.words) == (False, "Out of date", "It left yesterday.")
    assert slack.workspace.modals[alex.user.id] == []


async def test_a_private_answer_is_shared_once_with_its_question_and_files(slack: SlackSimulator) -> None:
    channel = slack.workspace.channel("#support")
    office = Office(slack, World(LOOKUP, plans=(looking(),)), Rules(private=frozenset({channel.id})))
    office.world.executor.documents["order-lookup"] = (Document("chart.png", "image/png", b"png"),)
    alex = office.person("alex")
    async with office.open():
        asked = await office.asks(alex, "where is it? <!channel>")
        answer = await office.shown(SHARE, alex)
        assert slack.workspace.from_bot("#support") == []
        stale = copy.deepcopy(answer)
        await alex.clicks(answer, SHARE)
        await slack.until(lambda: answer not in slack.workspace.messages)
        await alex.clicks(stale, SHARE)
        await office.told(alex, "shared once")

    words, *files = slack.workspace.from_bot("#support")
    assert words.thread_ts == asked.ts
    assert f"Asked by <@{alex.user.id}>: where is it?" in said(words)
    assert "Order lookup ✓" in said(words)
    assert len(files) == 1


async def test_a_button_of_a_private_answer_is_of_no_use_to_others(slack: SlackSimulator) -> None:
    office = Office(slack, World(LOOKUP, plans=(looking(),)))
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/deskhand", "where is my order?", where="#support")
        stolen = replace(await office.shown(SHARE, alex), only_for=None)
        for button in (SHARE, RETRY):
            stolen.blocks = [{"type": "actions", "block_id": "a", "elements": [_button(button, turn_of(office))]}]
            await sam.clicks(stolen, button)
        await slack.until(lambda: len(sam.private()) == 2)

    assert {said(word).partition(",")[0] for word in sam.private()} == {"Only the person who asked can do this"}
    assert slack.workspace.from_bot() == []
    assert office.world.ran == ["order-lookup"]


def turn_of(office: Office) -> str:
    (turn,) = office.world.turns.turns
    return turn


async def test_edit_changes_the_question(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, EDIT)
        await slack.until(lambda: slack.workspace.modals.get(alex.user.id))
        await alex.submits(alex.modal, {"0:days": "many"})
        assert alex.modal.errors == {"0:days": "This must be a number."}
        assert CONFIRM in buttons_of(question)
        await alex.submits(alex.modal, {"0:days": "3", "0:kind": "sick"})
        assert slack.workspace.modals[alex.user.id] == []
        changed = await office.shown(CONFIRM, besides=question)
        await slack.until(lambda: "Replaced" in said(question))
        await alex.clicks(changed, CONFIRM)

    assert buttons_of(question) == []
    assert changed.thread_ts == question.thread_ts
    assert [arguments for _, arguments in office.world.executor.ran] == [{"days": 3, "kind": "sick"}]


async def test_an_edit_that_comes_too_late_says_so_and_changes_nothing(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        await alex.clicks(question, EDIT)
        await slack.until(lambda: slack.workspace.modals.get(alex.user.id))
        office.world.clock.forward(minutes=11)
        await alex.submits(alex.modal, {"0:days": "3"})
        assert "has expired" in slack.workspace.picture()

    assert office.world.ran == []
    assert len(office.world.approvals.approvals) == 1


async def test_a_form_that_slack_does_not_open_is_told(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        slack.faults.next("views.open", refusal("expired_trigger_id"))
        await alex.clicks(question, EDIT)
        await office.told(alex, "too little time")

    assert CONFIRM in buttons_of(question)


async def test_a_private_card_is_decided_where_it_is(slack: SlackSimulator) -> None:
    channel = slack.workspace.channel("#support")
    office = Office(slack, World(BOOK, plans=(booking(),)), Rules(private=frozenset({channel.id})))
    alex = office.person("alex")
    async with office.open():
        await office.asks(alex)
        question = await office.shown(CONFIRM, alex)
        await alex.clicks(question, CONFIRM)
        await office.told(alex, "Book ✓")

    assert buttons_of(question) == []
    assert "Confirmed" in said(question)
    assert slack.workspace.from_bot("#support") == []


async def test_a_fault_of_ours_is_told_without_its_words(
    office: Office, caplog: pytest.LogCaptureFixture, slack: SlackSimulator
) -> None:
    alex = office.person("alex")
    caplog.set_level(logging.DEBUG, "bot")
    async with office.open():
        question = await card(office, alex)

        async def broken(*_: object) -> None:
            raise RuntimeError("the inside")

        office.world.approvals.get = broken  # type: ignore[method-assign, assignment]
        await alex.clicks(question, CONFIRM)
        await office.told(alex, "Something went wrong on my side")

    assert "the inside" not in slack.workspace.picture()
    assert office.world.ran == []
    addresses = [*slack.core.response_urls, *slack.core.triggers]
    assert addresses
    assert not [each for each in addresses if each in caplog.text]
