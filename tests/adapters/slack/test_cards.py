"""What the cards say, and which buttons they carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.adapters.chat.board import Board
from bot.adapters.slack.rendering.cards.approval import (
    confirm_post,
    decided_payload,
    working_payload,
)
from bot.adapters.slack.rendering.cards.home import Home, Planned, home_view
from bot.adapters.slack.rendering.cards.modals import edit_modal, edits, feedback_modal, reason_and_note
from bot.adapters.slack.rendering.cards.notes import (
    COMMANDS,
    actions_payload,
    help_payload,
)
from bot.adapters.slack.rendering.cards.reply import reply_post
from bot.adapters.slack.rendering.cards.tasks import status_line, task_updates, tasks_post
from bot.adapters.slack.rendering.check import problems
from bot.domain.approval import ApprovalState
from bot.domain.message import Source, Used
from bot.domain.progress import Planned as PlannedRuns
from bot.domain.progress import RunEnded, RunOutput, RunStarted
from bot.domain.run import Outcome, RunState
from tests.adapters.slack.samples import START, a_reply, a_run, a_spec, an_action, an_approval, an_item, used

SECONDS = int(START.timestamp())


def texts(part: object) -> list[str]:
    """Every text of a payload, in order."""
    return list(_texts(part))


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            yield from (value,) if name == "text" and isinstance(value, str) else _texts(value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from _texts(value)


def clickable(part: object) -> dict[str, str]:
    """Action ids and what they carry."""
    if isinstance(part, Mapping):
        own = {str(part["action_id"]): str(part.get("value") or part.get("url"))} if "action_id" in part else {}
        return own | clickable(list(part.values()))
    return {k: v for value in part for k, v in clickable(value).items()} if isinstance(part, (list, tuple)) else {}


def types(blocks: object) -> list[str]:
    assert isinstance(blocks, (list, tuple))
    return [block["type"] for block in blocks]


def test_a_reply_names_what_it_used_when_and_how_it_ended() -> None:
    pages = (Source("Order page", "https://a.example/1"),)
    uses = (used("Order lookup", sources=pages), used("Refunds", Outcome.TIMED_OUT, "timed out after 5 s"))
    reply = a_reply("Order **1** is on its way.", uses, ("Demo data.",))
    rich, classic, bare = reply_post(reply).ladder
    assert types(rich.blocks) == ["markdown", "context", "context", "context", "context_actions"]
    assert types(classic.blocks) == ["section", "context", "context", "context", "actions"]
    assert texts(rich.blocks)[1:4] == [
        "Sources: <https://a.example/1|Order page>",
        "Used: Order lookup ✓ 0.4 s · Refunds ✗ timed out after 5 s"
        f" · as of <!date^{SECONDS}^{{time}}|2026-11-20 09:00 UTC>",
        "Demo data.",
    ]
    assert texts(classic.blocks)[0] == "Order *1* is on its way."
    assert bare.blocks == ()
    assert bare.text == (
        "Order 1 is on its way.\n\nSources: Order page (https://a.example/1)\n"
        "Used: Order lookup ✓ 0.4 s · Refunds ✗ timed out after 5 s\nDemo data."
    )


def test_feedback_carries_the_turn_on_every_rung() -> None:
    rich, classic, _ = reply_post(a_reply("Yes.")).ladder
    buttons = rich.blocks[-1]["elements"][0]
    assert (buttons["positive_button"]["value"], buttons["negative_button"]["value"]) == ("good:turn", "bad:turn")
    assert clickable(classic.blocks) == {"feedback:good": "good:turn", "feedback:bad": "bad:turn"}


def test_a_private_answer_can_be_shared_and_a_failed_one_tried_again() -> None:
    assert clickable(reply_post(a_reply("Yes."), private=True).ladder[0].blocks)["share"] == "turn"
    failed = reply_post(a_reply("Something of ours failed.", reference="ref-1")).ladder[0]
    assert clickable(failed.blocks) == {"retry": "turn"}
    assert "Reference: ref-1" in texts(failed.blocks)


def test_a_long_answer_says_where_the_rest_is() -> None:
    post = reply_post(a_reply("word " * 5_000))
    assert post.document is not None
    assert post.document.data == ("word " * 5_000).encode()
    for rung in post.ladder:
        assert "The whole answer is in the file below." in " ".join((rung.text, *texts(rung.blocks)))


def test_the_question_stands_in_the_reply() -> None:
    rich = reply_post(replace(a_reply(""), question="Which order?")).ladder[0]
    assert texts(rich.blocks)[0] == rich.text == "Which order?"


def test_a_reply_that_says_nothing_is_still_a_message() -> None:
    ladder = reply_post(a_reply("")).ladder
    assert [(rung.text, rung.blocks) for rung in ladder] == [("…", ())]


def test_sources_that_find_no_room_are_counted() -> None:
    many = tuple(Source(f"Page {number}", f"https://a.example/{'x' * 200}/{number}") for number in range(10))
    line = texts(reply_post(a_reply("Yes.", (used("Pages", sources=many),))).ladder[0].blocks)[1]
    shown = line.count("<https")
    assert 5 < shown < 10
    assert line.endswith(f" and {10 - shown} more")


def test_a_source_whose_label_poses_as_another_site_says_where_it_leads() -> None:
    posing = Source("https://bank.example", "https://evil.example/1")
    rich, _, bare = reply_post(a_reply("Yes.", (used("Pages", sources=(posing,)),))).ladder
    line = texts(rich.blocks)[1]
    assert line == "Sources: https://bank.example (<https://evil.example/1|https://evil.example/1>)"
    assert "https://bank.example (https://evil.example/1)" in bare.text


def test_a_board_follows_each_action() -> None:
    board = Board().told(PlannedRuns(("Stripe", "Jira", "Jira")))
    assert [task.status for task in board.tasks] == ["pending"] * 3
    board = board.told(RunStarted("r1", "Jira")).told(RunStarted("r2", "Stripe")).told(RunStarted("r3", "Jira"))
    assert [task.run_id for task in board.tasks] == ["r2", "r1", "r3"]
    assert status_line(board) == "is checking Stripe, Jira, Jira…"
    board = board.told(RunOutput("r1", "noise")).told(RunEnded(used("Jira", run_id="r3")))
    board = board.told(RunEnded(used("Stripe", Outcome.ERROR, "no such order", "r2")))
    assert [task.status for task in board.tasks] == ["error", "in_progress", "complete"]
    assert [task.note for task in board.tasks] == ["no such order", "", "0.4 s"]
    assert not board.over
    assert board.told(RunEnded(used("Jira", run_id="r1"))).over


def test_what_was_held_back_or_never_planned_is_on_the_board() -> None:
    held = Used("", "act", "Refund", Outcome.HELD_BACK, "held_back", None)
    board = Board().told(PlannedRuns(("Refund",))).told(RunEnded(held)).told(RunStarted("r9", "Extra"))
    assert [(task.name, task.status, task.note) for task in board.tasks] == [
        ("Refund", "error", "held back"),
        ("Extra", "in_progress", ""),
    ]


def test_a_stop_says_only_what_is_known() -> None:
    board = Board().told(PlannedRuns(("A", "B"))).told(RunStarted("r1", "A")).stopped()
    assert [(task.status, task.note) for task in board.tasks] == [("in_progress", ""), ("error", "not started")]


def test_a_board_as_message_has_a_stop_button_while_something_runs() -> None:
    running = Board().told(PlannedRuns(("A",))).told(RunStarted("r1", "A"))
    cards, plainly, bare = tasks_post(running, "turn").ladder
    assert types(cards.blocks) == ["task_card", "actions"]
    assert types(plainly.blocks) == ["context", "actions"]
    assert bare.text == "◔ A"
    assert clickable(cards.blocks) == {"stop": "turn"}
    over = tasks_post(running.told(RunEnded(used("A"))), "turn").ladder[0]
    assert types(over.blocks) == ["task_card"]
    assert texts(over.blocks) == ["0.4 s"]
    assert tasks_post(Board(), "turn").ladder[0].text == "Working…"


def test_the_chunks_of_a_stream_are_the_same_cards() -> None:
    board = Board().told(PlannedRuns(("A",))).told(RunEnded(used("A")))
    assert task_updates(board) == [
        {"type": "task_update", "id": "task-0", "title": "A", "status": "complete", "output": "0.4 s"}
    ]


def test_the_confirm_card_shows_exactly_what_will_run() -> None:
    approval = an_approval("please refund", an_item("Refund order", order_id="A-1", amount=12.5, urgent=True))
    post = confirm_post(approval, {"act": a_spec("Refund order")})
    blocks = post.ladder[0].blocks
    assert texts(blocks)[:5] == [
        "<@UASKER1>, please confirm before I run:",
        "*Refund order*\n`POST api.example.com`",
        "```\norder id: A-1\namount: 12.5\nurgent: True\n```",
        "Asked: please refund",
        f"Expires <!date^{SECONDS + 900}^{{date_short_pretty}} {{time}}|2026-11-20 09:15 UTC>",
    ]
    assert clickable(blocks) == {"approval:confirm": "ap1", "approval:edit": "ap1", "approval:cancel": "ap1"}
    assert [element.get("style") for element in blocks[-1]["elements"]] == ["primary", None, None]
    assert post.document is None
    assert post.ladder[-1].text.endswith("Open my Home tab to decide.")


def test_a_delete_asks_twice_in_red() -> None:
    blocks = confirm_post(an_approval("x"), {"act": a_spec("Delete", "DELETE")}).ladder[0].blocks
    confirm = blocks[-1]["elements"][0]
    assert (confirm["style"], confirm["confirm"]["style"]) == ("danger", "danger")


def test_a_value_cannot_pose_as_another_parameter() -> None:
    blocks = confirm_post(an_approval("x", an_item("Pay", note="hi\namount: 1", amount=900)), {}).ladder[0].blocks
    assert texts(blocks)[2] == "```\nnote: hi\n  ↵ amount: 1\namount: 900\n```"


def test_there_is_nothing_to_edit_without_parameters() -> None:
    assert set(clickable(confirm_post(an_approval("x", an_item("Pay")), {}).ladder[0].blocks)) == {
        "approval:confirm",
        "approval:cancel",
    }


def test_parameters_that_find_no_room_are_whole_in_a_file() -> None:
    body = "start " + "x" * 5_000 + " end"
    post = confirm_post(an_approval("x", an_item("Send", body=body)), {})
    assert post.document is not None
    assert body in post.document.data.decode()
    assert any(text.startswith("Not everything fits here.") for text in texts(post.ladder[0].blocks))
    assert any(text.endswith("…\n```") for text in texts(post.ladder[0].blocks))


def test_a_decision_becomes_an_audit_line_without_buttons() -> None:
    decided = START + timedelta(minutes=2)
    approval = replace(
        an_approval("x", an_item("Pay", amount=3)),
        state=ApprovalState.CONFIRMED, decided_by="UDECIDER", decided_at=decided,
    )  # fmt: skip
    payload = decided_payload(approval)
    assert clickable(payload.blocks) == {}
    assert texts(payload.blocks) == [
        f"✓ Confirmed by <@UDECIDER> <!date^{SECONDS + 120}^{{date_short_pretty}} {{time}}|2026-11-20 09:02 UTC>: Pay",
        "Pay: amount: 3",
    ]
    assert payload.text == "✓ Confirmed: Pay"
    assert decided_payload(replace(approval, state=ApprovalState.DECLINED)).text == "✗ Cancelled: Pay"
    assert decided_payload(replace(approval, state=ApprovalState.EXPIRED)).text == "Expired: Pay"
    assert clickable(working_payload(approval).blocks) == {}


def test_the_edit_modal_is_filled_in_and_read_back() -> None:
    approval = an_approval("x", an_item("Pay", day="Friday", urgent=True, amount=3, note=""))
    view = edit_modal(approval, {"act": a_spec("Pay")})
    assert (view["callback_id"], view["private_metadata"]) == ("approval:edited", "ap1")
    elements = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert [element["type"] for element in elements.values()] == ["static_select"] * 2 + ["plain_text_input"] * 2
    assert elements["0:day"]["initial_option"]["value"] == "Friday"
    assert [choice["value"] for choice in elements["0:day"]["options"]] == ["Monday", "Friday"]
    assert elements["0:urgent"]["initial_option"]["value"] == "true"
    assert elements["0:amount"]["initial_value"] == "3"
    assert "initial_value" not in elements["0:note"]
    submitted: dict[str, dict[str, Any]] = {
        "0:day": {"value": {"type": "static_select", "selected_option": {"value": "Monday"}}},
        "0:amount": {"value": {"type": "plain_text_input", "value": "4"}},
        "0:note": {"value": {"type": "plain_text_input", "value": None}},
        "other": {"value": {"value": "x"}},
    }
    assert edits(submitted) == {0: {"day": "Monday", "amount": "4", "note": ""}}


def test_a_value_too_long_to_edit_stays_as_it_is() -> None:
    view = edit_modal(an_approval("x", an_item("Send", body="x" * 3_001, day="Friday")), {})
    assert [block["type"] for block in view["blocks"]] == ["section", "section", "input"]


def test_more_than_a_modal_holds_stays_as_it_is() -> None:
    many = an_approval("x", *[an_item("Send", **{f"field_{number}": "日" * 3_000 for number in range(60)})] * 2)
    view = edit_modal(many, {})
    assert view["blocks"][-1]["text"]["text"] == "There is more than can be edited here. The rest stays as it is."
    assert problems(view) == []


def test_the_feedback_modal_is_read_back() -> None:
    view = feedback_modal("turn")
    assert (view["callback_id"], view["private_metadata"], problems(view)) == ("feedback:reason", "turn", [])
    values: dict[str, dict[str, Any]] = {
        "reason": {"value": {"selected_option": {"value": "Wrong"}}},
        "note": {"value": {"value": "It was 3."}},
    }
    assert reason_and_note(values) == ("Wrong", "It was 3.")
    assert reason_and_note({}) == ("", "")


def test_the_home_tab_shows_what_is_mine() -> None:
    on, off = an_action("Look up", enabled=True), replace(an_action("Refund"), reason="needs the secret KEY")
    home = Home(
        (on, off),
        (replace(a_run("Look up", RunState.DONE), detail=""),),
        (an_approval("x"),),
        (Planned("SLA digest", "every Monday at 09:00 UTC", "#leads", START),),
        {},
        "alex@acme.example",
    )
    view = home_view(home)
    said = "\n".join(texts(view))
    parts = (
        "*Look up* · asks first\n", "off: needs the secret KEY", "✓ *Look up* · <!date^", "*SLA digest* · every Monday",
        "Waiting for your yes", "#leads · next <!date^", "you are alex@acme.example.",
    )  # fmt: skip
    assert [part for part in parts if part not in said] == []
    assert clickable(view)["approval:confirm"] == "ap1"
    assert problems(view) == []


def test_the_empty_home_tab_says_so() -> None:
    assert texts(home_view(Home())).count("None yet.") == 2


def test_help_names_every_command() -> None:
    said = "\n".join(texts(help_payload().blocks))
    assert all(f"`/deskhand {words}`".replace("<", "&lt;").replace(">", "&gt;") in said for words, _ in COMMANDS)


def test_the_list_of_actions_ends_somewhere() -> None:
    assert texts(actions_payload(()).blocks) == ["No actions are open to you."]
    assert texts(actions_payload([an_action("A")] * 50).blocks)[-1] == "and 10 more"


def test_help_keeps_the_limits() -> None:
    assert problems(help_payload().blocks) == []
