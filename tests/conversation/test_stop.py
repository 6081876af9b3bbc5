"""A person stops what runs for them; the turn answers with what it has."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.action import Effect
from bot.domain.approval import Approval
from bot.domain.message import ConversationId, Platform, Reply
from bot.domain.plan import ActionCall
from bot.domain.run import Document, Outcome
from bot.domain.turn import TurnState
from bot.ports import Emit
from tests.conversation.thoughtful import Thoughtful
from tests.conversation.world import World
from tests.fakes import ALEX, SAM, ActionFails, InMemoryApprovals, action, calls, message

PLACE = message("x").conversation
ELSEWHERE = ConversationId(Platform.WEB, "another")


class Slow:
    """An action that says how far it is and then waits for ever."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def __call__(self, call: ActionCall, emit: Emit) -> str:
        await emit("page 3 of 90\n")
        self.begun.set()
        await asyncio.Event().wait()
        return ""


def world_of(slow: Slow, *slugs: str, effect: Effect = Effect.READ) -> World:
    actions = [action("slow", effect=effect), *map(action, slugs)]
    world = World(*actions, plans=(calls(*((spec.slug, {}) for spec in actions)),))
    world.executor.behaviours["slow"] = slow
    return world


async def begun(world: World, slow: Slow) -> asyncio.Task[Reply]:
    turn = asyncio.create_task(world.say("Count everything"))
    await slow.begun.wait()
    return turn


async def test_the_turn_answers_with_what_was_found_until_then() -> None:
    slow = Slow()
    world = world_of(slow, "quick")
    turn = await begun(world, slow)
    while ("quick", "done") not in world.runs.states:
        await asyncio.sleep(0)

    word = await world.say("stop!")
    reply = await turn

    assert word.text == "Stopped: Slow."
    by_action = {used.action: used for used in reply.used}
    assert by_action["slow"].outcome is Outcome.STOPPED
    assert by_action["slow"].detail.startswith("stopped by Alex")
    assert by_action["quick"].outcome is Outcome.SUCCESS
    run = next(run for run in world.runs.runs.values() if run.action == "slow")
    assert (run.state.value, run.output) == ("stopped", "page 3 of 90\n")
    assert "turn.stopped" in [event.kind for event in world.audit.events]


async def test_what_still_waited_does_not_begin() -> None:
    slow = Slow()
    world = world_of(slow, "b", "c", "d")
    for slug in "bc":
        world.executor.behaviours[slug] = Slow()
    turn = await begun(world, slow)

    await world.engine.stop(PLACE, ALEX)
    reply = await turn

    assert "d" not in world.ran
    waited = next(used for used in reply.used if used.action == "d")
    assert (waited.outcome, waited.seconds) == (Outcome.STOPPED, None)


async def test_only_the_person_who_asked_can_stop_it() -> None:
    slow = Slow()
    world = world_of(slow)
    turn = await begun(world, slow)

    assert await world.engine.stop(PLACE, SAM) == []
    assert not turn.done()

    await world.engine.stop(PLACE, ALEX)
    await turn


async def test_a_turn_of_another_process_is_stopped_too() -> None:
    slow = Slow()
    world = world_of(slow)
    turn, there = await begun(world, slow), world.stopping
    world.process()

    assert await world.engine.stop(PLACE, SAM) == []
    assert await world.engine.stop(PLACE, ALEX) == ["Slow"]
    await there.grant_wishes()

    reply = await turn
    assert [used.outcome for used in reply.used] == [Outcome.STOPPED]


async def thinking(model: Thoughtful) -> tuple[World, asyncio.Task[Reply]]:
    world = World(action("quick"), action("odd"), secrets=("hunter2-secret",))
    world.executor.behaviours["odd"] = broken
    world.model = model
    world.engine = world.process()
    turn = asyncio.create_task(world.say("Count everything"))
    await model.thinks.wait()
    return world, turn


async def broken(call: ActionCall, emit: Emit) -> str:
    raise ActionFails("the shop is closed")


async def test_a_question_that_is_being_planned_runs_nothing_any_more() -> None:
    world, turn = await thinking(Thoughtful(calls(("quick", {})), plans_at_once=False))

    word = await world.say("stop")
    reply = await turn

    assert word.text == "Stopped: your question."
    assert (reply.text, reply.used, reply.reference) == ("Stopped by Alex Morgan. Nothing was run.", (), "")
    assert world.ran == []
    assert [turn.state for turn in world.turns.turns.values()] == [TurnState.DONE]
    assert [event.kind for event in world.audit.events] == ["turn.stopped"]


class SlowlyRead(InMemoryApprovals):
    """Tells what waits for a yes once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def waiting(self, conversation: str, asker: str) -> Approval | None:
        self.asked.set()
        await self.go.wait()
        return await super().waiting(conversation, asker)


async def test_a_question_whose_thinking_has_not_begun_runs_nothing_either() -> None:
    world, approvals = World(action("quick"), plans=(calls(("quick", {})),)), SlowlyRead()
    world.approvals = approvals
    world.engine = world.process()
    turn = asyncio.create_task(world.say("yes"))
    await approvals.asked.wait()

    assert await world.engine.stop(PLACE, ALEX) == ["your question"]
    approvals.go.set()

    assert (await turn).text == "Stopped by Alex Morgan. Nothing was run."
    assert (world.ran, world.model.asked) == ([], [])


async def test_of_an_answer_that_is_being_written_stays_what_was_said() -> None:
    plan = calls(("quick", {}), ("odd", {}))
    words = ("There are ", "three of hunter2-secret, and ")
    world, turn = await thinking(Thoughtful(plan, plans_at_once=True, words=words))

    await world.say("stop")
    reply = await turn

    assert reply.text.startswith("There are three of ***, and …\n\n")
    assert "**Odd** did not succeed: the shop is closed." in reply.text
    assert reply.notices == ("Stopped by Alex Morgan.",)
    assert [used.outcome for used in reply.used] == [Outcome.SUCCESS, Outcome.ERROR]


async def test_an_answer_of_which_nothing_was_said_is_told_to_be_missing() -> None:
    world, turn = await thinking(Thoughtful(calls(("quick", {})), plans_at_once=True))

    await world.say("stop")
    reply = await turn

    assert (reply.text, reply.notices) == ("The answer was not written.", ("Stopped by Alex Morgan.",))
    assert [used.action for used in reply.used] == ["quick"]


async def test_whoever_stopped_the_work_is_told_what_came_of_it_however_often_they_say_so() -> None:
    slow = Slow()
    world = world_of(slow)
    turn = await begun(world, slow)

    assert await world.engine.stop(PLACE, ALEX) == ["Slow"]
    while not world.model.composed:
        assert await world.engine.stop(PLACE, ALEX) in ([], ["Slow"])
        await asyncio.sleep(0)
    reply = await turn

    assert reply.text.startswith("Nothing ran.")


async def test_nobody_else_stops_what_is_thought_about() -> None:
    world, turn = await thinking(Thoughtful(plans_at_once=False))

    assert await world.engine.stop(PLACE, SAM) == []
    assert await world.engine.stop(None, SAM) == []
    assert await world.engine.stop(ELSEWHERE, ALEX) == []
    assert not turn.done()

    assert await world.engine.stop(None, ALEX) == ["your question"]
    await turn


async def test_a_question_that_another_process_thinks_about_is_stopped_too() -> None:
    world, turn = await thinking(Thoughtful(plans_at_once=False))
    there = world.stopping
    world.process()

    assert await world.engine.stop(PLACE, SAM) == []
    assert await world.engine.stop(PLACE, ALEX) == ["your question"]
    await there.grant_wishes()

    assert (await turn).text == "Stopped by Alex Morgan. Nothing was run."
    assert await world.engine.stop(PLACE, ALEX) == []


async def test_a_service_that_ends_while_it_thinks_leaves_the_turn_to_the_next() -> None:
    world, turn = await thinking(Thoughtful(plans_at_once=False))

    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn

    assert [turn.state for turn in world.turns.turns.values()] == [TurnState.STARTED]


async def test_a_stopped_write_is_not_claimed_to_be_undone() -> None:
    slow = Slow()
    world = world_of(slow, effect=Effect.WRITE)
    asked = await world.say("Count everything")
    assert asked.approval is not None
    deciding = asyncio.create_task(world.decide(asked.approval.id, True))
    await slow.begun.wait()

    await world.say("stop")
    reply = await deciding

    assert "whether it took effect is not known" in reply.used[0].detail
    assert [run.state.value for run in world.runs.runs.values()] == ["unknown"]


async def test_stop_is_an_ordinary_word_where_nothing_runs() -> None:
    world = World(action("quick"), plans=(calls(("quick", {})),))

    await world.say("stop")

    assert world.ran == ["quick"]


async def test_a_service_that_ends_is_not_a_person_who_stops() -> None:
    slow = Slow()
    world = world_of(slow)
    turn = await begun(world, slow)

    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn

    assert world.executor.running == 0
    assert [run.state.value for run in world.runs.runs.values()] == ["started"]


CHART = Document("chart.png", "image/png", b"\x89PNG")
TABLE = Document("keys.csv", "text/csv", b"name;key\na;hunter2-secret\n")


async def test_files_come_with_the_reply_masked_and_for_the_asker_alone() -> None:
    world = World(action("quick"), plans=(calls(("quick", {})),), secrets=("hunter2-secret",))
    world.executor.documents["quick"] = (CHART, TABLE)

    reply = await world.say("Draw it")
    run_id = reply.files[0].run_id

    assert [(file.name, file.place, file.size) for file in reply.files] == [("chart.png", 0, 4), ("keys.csv", 1, 15)]
    mine = await world.engine.document(run_id, 1, ALEX)
    assert mine is not None
    assert mine.data == b"name;key\na;***\n"
    assert await world.engine.document(run_id, 1, SAM) is None
    assert await world.engine.document(run_id, 7, ALEX) is None
    assert await world.engine.document("no run", 0, ALEX) is None


async def test_the_same_message_again_brings_the_same_files() -> None:
    world = World(action("quick"), plans=(calls(("quick", {})),))
    world.executor.documents["quick"] = (CHART,)

    first, again = [await world.say("Draw it", id="one") for _ in range(2)]

    assert first.files == again.files
    assert world.ran == ["quick"]
