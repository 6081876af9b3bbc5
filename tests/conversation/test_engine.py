"""Whole turns through the front door of the engine."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.action import After, Effect, NamedOutcome, Safety
from bot.domain.approval import ApprovalState
from bot.domain.person import Sender
from bot.domain.plan import ActionCall
from bot.domain.progress import Planned, RunEnded, RunOutput, RunStarted, TextPiece
from bot.domain.run import Outcome
from bot.domain.turn import TurnState
from bot.errors import InvalidPlan, ModelRefused, ModelUnavailable
from bot.ports import Emit
from tests.conversation.world import World
from tests.fakes import ALEX, ActionFails, Barrier, action, calls, message, text_parameter

ORDER = action("order-lookup", text_parameter("order_id"))
OUTAGE = action("outage-status")
SUBMIT = action("submit-request", text_parameter("day"), effect=Effect.WRITE)
NOTIFY = action("notify-manager", text_parameter("day"), effect=Effect.WRITE, after=After("submit-request"))
SAM = Sender("sam", "Sam")


async def failing(call: ActionCall, emit: Emit) -> str:
    raise ActionFails("the service answered 503")


async def breaking(call: ActionCall, emit: Emit) -> str:
    raise RuntimeError("a fault of ours")


async def test_two_actions_run_side_by_side_and_one_reply_names_both() -> None:
    world = World(ORDER, OUTAGE, plans=(calls(("order-lookup", {"order_id": "12345"}), ("outage-status", {})),))
    world.executor.behaviours = dict.fromkeys(("order-lookup", "outage-status"), Barrier(2))

    reply = await world.say("Where is order 12345 and is there an outage?")

    assert reply.text == "Order lookup: met\nOutage status: met"
    assert [(used.name, used.outcome) for used in reply.used] == [
        ("Order lookup", Outcome.SUCCESS),
        ("Outage status", Outcome.SUCCESS),
    ]


async def test_a_failed_action_is_said_plainly_and_spoils_nothing_else() -> None:
    world = World(ORDER, OUTAGE, plans=(calls(("order-lookup", {"order_id": "7"}), ("outage-status", {})),))
    world.executor.behaviours["outage-status"] = failing

    reply = await world.say("order 7? any outage?")

    assert "Order lookup: ran with" in reply.text
    assert "**Outage status** did not succeed: the service answered 503." in reply.text


async def test_a_fault_inside_the_service_ends_as_a_result_with_a_reference() -> None:
    world = World(ORDER, OUTAGE, plans=(calls(("order-lookup", {"order_id": "7"}), ("outage-status", {})),))
    world.executor.behaviours["outage-status"] = breaking

    reply = await world.say("order 7? any outage?")

    assert [used.outcome for used in reply.used] == [Outcome.SUCCESS, Outcome.ERROR]
    assert "a fault of ours" not in reply.text
    assert "reference" in reply.used[1].detail


async def test_three_run_at_a_time_and_the_rest_queue() -> None:
    specs = [action(f"check-{letter}") for letter in "abcdefg"]
    world = World(*specs, plans=(calls(*((spec.slug, {}) for spec in specs)),))
    gate = asyncio.Event()

    async def slow(call: ActionCall, emit: Emit) -> str:
        if world.executor.running == 3:
            gate.set()
        await gate.wait()
        return "done"

    world.executor.behaviours = {spec.slug: slow for spec in specs}

    reply = await world.say("check everything")

    assert world.executor.most_running == 3
    assert len(reply.used) == 7


async def test_more_than_eight_matches_are_cut_and_the_reply_names_the_rest() -> None:
    specs = [action(f"check-{letter}") for letter in "abcdefghij"]
    world = World(*specs, plans=(calls(*((spec.slug, {}) for spec in specs)),))

    reply = await world.say("check everything")

    assert len(reply.used) == 8
    assert "not run: Check i, Check j" in " ".join(reply.notices)


async def test_a_missing_value_is_asked_for_once_and_the_next_message_continues_the_plan() -> None:
    world = World(ORDER, plans=(calls(("order-lookup", {})), calls(("order-lookup", {"order_id": "12345"}))))

    first = await world.say("Where is my order?")
    second = await world.say("12345")

    assert first.question == "What is the order id? I need it for Order lookup."
    assert first.used == ()
    assert world.executor.ran == [("order-lookup", {"order_id": "12345"})]
    assert second.question == ""


async def test_values_given_before_the_question_are_kept() -> None:
    spec = action("book-room", text_parameter("city"), text_parameter("day"))
    world = World(spec, plans=(calls(("book-room", {"city": "Oslo"})), calls(("book-room", {"day": "Monday"}))))

    await world.say("a room in Oslo")
    await world.say("on Monday")

    assert world.executor.ran == [("book-room", {"city": "Oslo", "day": "Monday"})]


async def test_the_same_value_is_asked_for_three_times_and_then_left() -> None:
    world = World(ORDER, plans=(calls(("order-lookup", {})), calls(), calls(), calls()))

    replies = [await world.say(text) for text in ("my order?", "hm", "what?", "eh")]

    assert [bool(reply.question) for reply in replies] == [True, True, True, False]
    assert "asked 3 times" in replies[3].text


async def test_letting_go_of_a_question_runs_nothing() -> None:
    world = World(ORDER, plans=(calls(("order-lookup", {})),))

    await world.say("my order?")
    reply = await world.say("never mind")

    assert "left it" in reply.text
    assert len(world.model.asked) == 1


async def test_an_invented_value_never_reaches_an_action() -> None:
    world = World(ORDER, plans=(calls(("order-lookup", {"order_id": "99999"})),))

    reply = await world.say("Where is my order?")

    assert world.ran == []
    assert "order id" in reply.question


async def test_a_proposal_for_an_action_that_does_not_exist_or_is_disabled_is_dropped() -> None:
    world = World(ORDER, OUTAGE, plans=(calls(("rm-rf", {}), ("outage-status", {})),))
    world.catalogue.off.add("outage-status")

    reply = await world.say("hello")

    assert world.ran == []
    assert reply.text == "Nothing ran."


async def test_the_same_proposal_twice_runs_once() -> None:
    world = World(OUTAGE, plans=(calls(("outage-status", {}), ("outage-status", {})),))

    await world.say("outage?")

    assert world.ran == ["outage-status"]


async def test_a_write_waits_for_its_asker_and_runs_once_confirmed() -> None:
    world = World(SUBMIT, plans=(calls(("submit-request", {"day": "Friday"})),))

    asked = await world.say("Book Friday off")
    assert asked.approval is not None
    assert world.ran == []
    reply = await world.decide(asked.approval.id, approved=True)

    assert world.executor.ran == [("submit-request", {"day": "Friday"})]
    assert [used.name for used in reply.used] == ["Submit request"]


@pytest.mark.parametrize("word", ["yes", "Yes.", "y", "go ahead", "OK!"])
async def test_a_plain_yes_in_the_conversation_confirms(word: str) -> None:
    world = World(SUBMIT, plans=(calls(("submit-request", {"day": "Friday"})),))

    await world.say("Book Friday off")
    await world.say(word)

    assert world.ran == ["submit-request"]


async def test_a_plain_no_cancels_and_says_what_was_not_run() -> None:
    world = World(SUBMIT, plans=(calls(("submit-request", {"day": "Friday"})),))

    await world.say("Book Friday off")
    reply = await world.say("no")

    assert reply.text == "Cancelled. Not run: Submit request."
    assert world.ran == []


async def test_nobody_but_the_asker_can_confirm() -> None:
    world = World(SUBMIT, plans=(calls(("submit-request", {"day": "Friday"})), calls()))
    asked = await world.say("Book Friday off")
    assert asked.approval is not None

    by_click = await world.decide(asked.approval.id, approved=True, by=SAM)
    await world.say("yes", sender=SAM)

    assert "Only the person who asked" in by_click.text
    assert world.ran == []
    assert world.approvals.approvals[asked.approval.id].state is ApprovalState.OPEN


async def test_a_hundred_clicks_run_it_once() -> None:
    world = World(SUBMIT, plans=(calls(("submit-request", {"day": "Friday"})),))
    asked = await world.say("Book Friday off")
    assert asked.approval is not None

    replies = await asyncio.gather(*(world.decide(asked.approval.id, approved=True) for _ in range(100)))

    assert world.ran == ["submit-request"]
    assert {reply.text for reply in replies} == {replies[0].text}


async def test_an_expired_question_runs_nothing() -> None:
    world = World(SUBMIT, plans=(calls(("submit-request", {"day": "Friday"})),))
    asked = await world.say("Book Friday off")
    assert asked.approval is not None

    world.clock.forward(minutes=11)
    reply = await world.decide(asked.approval.id, approved=True)

    assert "expired" in reply.text
    assert world.ran == []


async def test_an_action_that_changed_after_it_was_shown_does_not_run() -> None:
    world = World(SUBMIT, plans=(calls(("submit-request", {"day": "Friday"})),))
    asked = await world.say("Book Friday off")
    assert asked.approval is not None

    world.catalogue.specs = [replace(SUBMIT, condition="something else")]
    reply = await world.decide(asked.approval.id, approved=True)

    assert "has changed since you were asked: Submit request" in reply.text
    assert world.ran == []


async def test_a_write_whose_author_switched_asking_off_runs_at_once_for_a_model_but_never_for_rules() -> None:
    spec = replace(SUBMIT, safety=Safety(requires_confirmation=False))
    plan = ("submit-request", {"day": "Friday"})
    by_model, by_rules = World(spec, plans=(calls(plan),)), World(spec, plans=(calls(plan, by_model=False),))

    await by_model.say("Book Friday off")
    asked = await by_rules.say("Book Friday off")

    assert by_model.ran == ["submit-request"]
    assert by_rules.ran == []
    assert asked.approval is not None


async def test_a_follower_runs_after_the_write_it_waits_for() -> None:
    plan = calls(("notify-manager", {"day": "Friday"}), ("submit-request", {"day": "Friday"}))
    world = World(SUBMIT, NOTIFY, plans=(plan,))

    asked = await world.say("Book Friday off")
    assert asked.approval is not None
    assert len(asked.approval.items) == 2
    await world.decide(asked.approval.id, approved=True)

    assert world.ran == ["submit-request", "notify-manager"]


async def test_a_follower_is_held_back_and_named_when_the_write_before_it_failed() -> None:
    plan = calls(("submit-request", {"day": "Friday"}), ("notify-manager", {"day": "Friday"}))
    world = World(SUBMIT, NOTIFY, plans=(plan,))
    world.executor.behaviours["submit-request"] = failing

    await world.say("Book Friday off")
    reply = await world.say("yes")

    assert world.ran == ["submit-request"]
    assert "**Notify manager** was not run: Submit request ended with error." in reply.text


async def test_a_follower_alone_is_held_back_without_asking() -> None:
    world = World(SUBMIT, NOTIFY, plans=(calls(("notify-manager", {"day": "Friday"})),))

    reply = await world.say("tell my manager about Friday")

    assert reply.approval is None
    assert reply.used[0].outcome is Outcome.HELD_BACK


async def test_an_action_that_needs_a_verified_identity_is_denied_to_others() -> None:
    spec = replace(OUTAGE, safety=Safety(requires_identity_verification=True))
    world = World(spec, plans=(calls(("outage-status", {})), calls(("outage-status", {}))))

    denied = await world.say("outage?")
    await world.say("outage?", sender=replace(ALEX, verified=True))

    assert denied.used[0].outcome is Outcome.DENIED
    assert world.ran == ["outage-status"]


async def test_the_same_message_again_gives_the_same_reply_and_runs_nothing() -> None:
    world = World(OUTAGE, plans=(calls(("outage-status", {})),))

    first = await world.say("outage?", id="m-1")
    again = await world.say("outage?", id="m-1")

    assert again.text == first.text
    assert world.ran == ["outage-status"]


async def test_fifty_deliveries_at_once_are_one_turn() -> None:
    world = World(OUTAGE, plans=(calls(("outage-status", {})),))

    replies = await asyncio.gather(*(world.say("outage?", id="m-1") for _ in range(50)))

    assert world.ran == ["outage-status"]
    assert len({reply.text for reply in replies}) == 1


async def test_messages_of_one_conversation_are_answered_in_order() -> None:
    world = World(OUTAGE, plans=(calls(("outage-status", {})), calls()))
    gate = asyncio.Event()

    async def gated(call: ActionCall, emit: Emit) -> str:
        await gate.wait()
        return "ok"

    world.executor.behaviours["outage-status"] = gated
    first = asyncio.create_task(world.say("outage?"))
    second = asyncio.create_task(world.say("and now?"))
    while not world.executor.running:
        await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, second)

    assert world.model.asked[1][0].turns[0].text == "outage?"


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "empty"), ("   \n\t ", "empty"), ("\x00\x07", "empty"), ("x" * 10_001, "10,001 characters")],
)
async def test_a_text_that_cannot_be_worked_on_is_answered_shortly(text: str, said: str) -> None:
    world = World(OUTAGE)

    reply = await world.say(text)

    assert said in reply.text
    assert world.model.asked == []


async def test_ten_thousand_characters_are_read() -> None:
    world = World(OUTAGE)

    await world.say("x" * 10_000)

    assert len(world.model.asked) == 1


@pytest.mark.parametrize("error", [ModelUnavailable("timed out"), InvalidPlan("not JSON")])
async def test_a_model_that_cannot_serve_gives_a_plain_reply_with_a_reference(error: Exception) -> None:
    world = World(OUTAGE, plans=(error,))

    reply = await world.say("outage?")

    assert "try again" in reply.text
    assert reply.reference == reply.turn_id
    assert world.turns.turns[reply.turn_id].state is TurnState.FAILED


async def test_a_refusal_of_the_model_is_shown_as_such() -> None:
    world = World(OUTAGE, plans=(ModelRefused("I do not help with that."),))

    reply = await world.say("outage?")

    assert reply.text == "The language model declined this request: I do not help with that."


async def test_when_the_answer_cannot_be_written_the_reply_still_says_what_ran() -> None:
    world = World(OUTAGE, plans=(calls(("outage-status", {})),))
    world.model.compose_fails = ModelUnavailable("gone")

    reply = await world.say("outage?")

    assert "These actions had already run: Outage status." in reply.text
    assert reply.reference


async def test_a_secret_in_a_message_or_an_output_is_seen_nowhere() -> None:
    world = World(OUTAGE, plans=(calls(("outage-status", {})),), secrets=("sk-12345678",))

    async def leaking(call: ActionCall, emit: Emit) -> str:
        await emit("key sk-1234")
        await emit("5678\n")
        return "the key is sk-12345678"

    world.executor.behaviours["outage-status"] = leaking
    reply = await world.say("my key sk-12345678 fails, outage?")

    sinks = repr([reply, world.turns.turns, world.runs.runs, world.audit.events, world.watch.seen])
    sinks += repr(world.model.asked) + repr(world.model.composed)
    assert "sk-12345678" not in sinks
    assert "***" in reply.text


async def test_a_run_is_recorded_before_and_after() -> None:
    world = World(ORDER, plans=(calls(("order-lookup", {"order_id": "7"})),))

    await world.say("order 7")

    run = next(iter(world.runs.runs.values()))
    assert world.runs.states == [("order-lookup", "started"), ("order-lookup", "done")]
    assert (run.question, run.inputs, run.trigger) == ("order 7", {"order_id": "7"}, "chat")
    assert run.asker == "alex <alex@acme.example>"


async def test_named_fields_are_left_out_of_records_but_not_of_the_answer() -> None:
    spec = replace(ORDER, safety=Safety(redact_fields=("order_id", "card")))
    world = World(spec, plans=(calls(("order-lookup", {"order_id": "7"})),))

    async def with_card(call: ActionCall, emit: Emit) -> str:
        return '{"card": "4242", "list": [{"Card": "1"}], "state": "paid"}'

    world.executor.behaviours["order-lookup"] = with_card
    reply = await world.say("order 7")

    run = next(iter(world.runs.runs.values()))
    assert "4242" in reply.text
    assert run.inputs == {"order_id": "[redacted]"}
    assert "4242" not in run.output
    assert "paid" in run.output


async def test_the_same_idempotency_key_gives_the_first_result_again() -> None:
    plan = calls(("outage-status", {}))
    world = World(OUTAGE, plans=(plan, plan))
    world.executor.keys["outage-status"] = "key-1"

    await world.say("outage?")
    reply = await world.say("outage again?")

    assert world.ran == ["outage-status"]
    assert reply.used[0].outcome is Outcome.SUCCESS
    assert world.executor.given[0].idempotency_key == "key-1"


async def test_a_failed_run_may_be_tried_again_with_its_key() -> None:
    plan = calls(("outage-status", {}))
    world = World(OUTAGE, plans=(plan, plan))
    world.executor.keys["outage-status"] = "key-1"
    world.executor.behaviours["outage-status"] = failing

    await world.say("outage?")
    await world.say("outage again?")

    assert world.ran == ["outage-status", "outage-status"]


async def test_a_result_kept_as_a_datapoint_fills_a_later_parameter() -> None:
    spec = action("ship", replace(text_parameter("address"), datapoint="home"))
    world = World(
        action("profile", datapoint="home"), spec, plans=(calls(("profile", {})), calls(("ship", {"address": None})))
    )

    async def home(call: ActionCall, emit: Emit) -> str:
        return "1 Main Street"

    world.executor.behaviours["profile"] = home
    await world.say("who am I?")
    await world.say("ship it home")

    assert world.executor.ran[1] == ("ship", {"address": "1 Main Street"})


async def test_each_step_can_be_watched_in_order() -> None:
    world = World(OUTAGE, plans=(calls(("outage-status", {})),))

    async def talking(call: ActionCall, emit: Emit) -> str:
        await emit("looking…")
        return "fine"

    world.executor.behaviours["outage-status"] = talking
    await world.say("outage?")

    assert [type(step) for step in world.watch.seen] == [Planned, RunStarted, RunOutput, RunEnded, TextPiece]


async def test_a_watcher_that_fails_does_not_stop_the_turn() -> None:
    world = World(OUTAGE, plans=(calls(("outage-status", {})),))

    async def gone(progress: object) -> None:
        raise ConnectionResetError

    reply = await world.engine.handle(message("outage?"), gone)

    assert reply.used[0].outcome is Outcome.SUCCESS


async def test_the_built_in_variables_are_those_of_the_person_who_asks() -> None:
    world = World(OUTAGE, plans=(calls(("outage-status", {})),))

    await world.say("outage?", sender=Sender("u1", "", "kim@acme.example", ("Support", "Tier 2")))

    asker = world.executor.given[0].asker
    assert (asker.email, asker.name, asker.groups) == ("kim@acme.example", "kim", "Support,Tier 2")


async def test_a_named_outcome_can_be_waited_for() -> None:
    first = replace(OUTAGE, outcomes=(NamedOutcome("success", "true"),))
    second = action("escalate", after=After("outage-status", "success"))
    world = World(first, second, plans=(calls(("escalate", {}), ("outage-status", {})),))

    await world.say("outage?")

    assert world.ran == ["outage-status", "escalate"]
