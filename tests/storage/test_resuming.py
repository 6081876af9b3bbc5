"""What a turn puts down is kept at once, found again, and dropped with its end; old records are forgotten whole."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.approval import ApprovalState
from bot.domain.journal import Intent, Journal, Settling
from bot.domain.message import ConversationId, Platform
from bot.domain.plan import OpenCall
from bot.domain.run import Document, Outcome, RunState
from bot.domain.run_log import EntryKind, LogEntry
from bot.domain.turn import TurnState
from bot.storage.storage import Storage
from tests.fakes import message
from tests.storage.samples import approval, minutes, run, turn


def journal(turn_id: str = "t1") -> Journal:
    (item, *_) = approval().items
    return Journal(
        turn_id,
        (Intent("r1", item), Intent("r2", item, Outcome.DENIED, "not yours")),
        "Refund it",
        (OpenCall("refund-lookup", {"order": 7}, ("day",)),),
        "offline",
        ("a notice",),
        "an answer",
        "said",
        "a1",
        "a0",
    )


async def test_a_plan_comes_back_as_it_was_with_its_runs_and_its_question(storage: Storage) -> None:
    queued = run(state=RunState.QUEUED)

    assert await storage.journals.write(journal(), [queued], replace(approval(), id="a1"))

    assert await storage.journals.of("t1") == journal()
    assert await storage.runs.of_turn("t1") == [queued]
    assert await storage.approvals.get("a1")
    assert await storage.journals.of("t2") is None


async def test_of_a_plan_whose_question_was_settled_before_nothing_is_kept(storage: Storage) -> None:
    asked = approval()
    await storage.approvals.open(asked)
    settling = Settling(asked.id, ApprovalState.CONFIRMED, "alex", minutes(1))

    won = [await storage.journals.write(journal(name), [run(name, turn_id=name)], settling=settling) for name in "ab"]

    assert won == [True, False]
    assert await storage.journals.of("b") is None
    assert await storage.runs.get("b") is None


async def test_the_end_of_a_turn_drops_its_plan_unless_a_run_is_in_doubt(storage: Storage) -> None:
    for name, state in (("sure", RunState.DONE), ("doubtful", RunState.UNKNOWN)):
        await storage.journals.write(journal(name), [run(name, turn_id=name, state=state)])
        await storage.turns.finish(turn(name, message_id=name))

    assert await storage.journals.of("sure") is None
    assert await storage.journals.of("doubtful")
    await storage.runs.resolve("doubtful", RunState.DONE, "success", "")
    await storage.journals.close("doubtful")
    assert await storage.journals.of("doubtful") is None


async def test_messages_that_were_cut_off_come_back_as_they_came_in(storage: Storage) -> None:
    there = replace(message("Is it there?", id="m-1"), conversation=ConversationId(Platform.WEB, "room"))
    await storage.turns.begin(there, "t1")
    await storage.turns.begin(replace(there, id="m-2"), "t2")
    await storage.turns.finish(turn("t2", message_id="m-2", state=TurnState.DONE))

    assert await storage.turns.cut_off(Platform.WEB) == [there]
    assert not await storage.turns.cut_off(Platform.TERMINAL)


async def test_old_runs_and_turns_are_forgotten_whole_and_what_goes_on_stays(storage: Storage) -> None:
    said, made = LogEntry(minutes(0), EntryKind.INFO, "x"), Document("a.txt", "text/plain", b"x")
    for name, state, at in (("old", RunState.UNKNOWN, 0), ("busy", RunState.STARTED, 0), ("new", RunState.DONE, 9)):
        await storage.journals.write(journal(name), [run(name, turn_id=name, state=state, started_at=minutes(at))])
        await storage.runs.finished(run(name, turn_id=name, state=state, started_at=minutes(at)), [made], [], [said])
        await storage.turns.finish(turn(f"t-{name}", message_id=name, started_at=minutes(at)))

    assert await storage.retention.forget_runs(minutes(5)) == 1
    assert await storage.retention.forget_turns(minutes(5)) == 2

    assert [each.id for each in await storage.runs.latest(9)] == ["new", "busy"]
    assert [bool(await storage.run_log.after(name, 0, 9)) for name in ("old", "busy", "new")] == [False, True, True]
    assert await storage.runs.document("old", 0) is None
    assert await storage.journals.of("old") is None
    assert await storage.turns.get("t-new")
