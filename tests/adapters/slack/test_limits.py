"""The check finds what Slack would refuse; no card of ours, however large its input, is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.chat.board import Board
from bot.adapters.markup.measure import size
from bot.adapters.slack.rendering.cards.approval import confirm_post, decided_payload
from bot.adapters.slack.rendering.cards.home import Home, Planned, home_view
from bot.adapters.slack.rendering.cards.modals import edit_modal
from bot.adapters.slack.rendering.cards.notes import actions_payload
from bot.adapters.slack.rendering.cards.post import Post
from bot.adapters.slack.rendering.cards.reply import reply_post
from bot.adapters.slack.rendering.cards.tasks import task_updates, tasks_post
from bot.adapters.slack.rendering.check import problems
from bot.adapters.slack.rendering.elements import button, context, header, modal, option, question, section
from bot.adapters.slack.rendering.limits import OUR_TEXT_BYTES, TEXT
from bot.domain.action import Value
from bot.domain.approval import ApprovalItem
from bot.domain.message import Source
from bot.domain.progress import Planned as PlannedRuns
from bot.domain.run import Outcome
from tests.adapters.slack.samples import a_reply, a_run, a_spec, an_action, an_approval, used

Json = dict[str, Any]
PIECES = ("x", "word ", "& ", "<", "日本", "👩‍👩‍👧", "é\n", "`", "```\n", "| a | b |\n|---|---|\n", "- a\n", "> ", "*")
Huge = tuple[str, int]
"""A piece, and how often it is repeated: so a failure is told in few words."""
HUGE = st.tuples(
    st.sampled_from(PIECES) | st.text(min_size=1, max_size=8), st.sampled_from([1, 40, 80, 300, 3_100, 13_000])
)
MANY = st.sampled_from([0, 1, 2, 9, 60, 200])


def text(kind: str, length: int) -> Json:
    return {"type": kind, "text": "x" * length}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def table(rows: int, columns: int, cell: str = "x") -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": cell}] * columns] * rows}


def select(**more: Any) -> Json:
    return question("b", "l", {"type": "static_select", "options": [option("a", "a")], **more})


def card(**more: Any) -> Json:
    return {"type": "task_card", "task_id": "1", "title": "t", "status": "pending", **more}


GOOD: tuple[Json, ...] = (
    section("x" * 3_000), header("x" * 150), header("x" * 151), context(*["x"] * 11),
    actions(button("x" * 76, "a", "v" * 2_000)),
    text("markdown", 12_000), table(100, 20), select(), card(), {"type": "divider"},
)  # fmt: skip
BAD: tuple[Json, ...] = (
    section("x" * 3_001), section(""), {"type": "section"}, {"type": "section", "fields": [text("mrkdwn", 1)] * 11},
    {"type": "section", "fields": [text("mrkdwn", 2_001)]}, {"type": "header", "text": text("plain_text", 151)},
    {"type": "header", "text": text("mrkdwn", 1)}, {"type": "context", "elements": []},
    {"type": "context", "elements": [text("mrkdwn", 1)] * 11}, {"type": "context", "elements": [text("mrkdwn", 3_001)]},
    actions(), actions(*(button("x", f"a{number}", "v") for number in range(26))),
    actions(button("x", "a", "v" * 2_001)),
    actions(button("x", "a" * 256, "v")), actions(button("x", "a", "v"), button("y", "a", "w")),
    actions(button("x", "", "v")),
    actions({**button("x", "a", "v"), "style": "red"}), actions({**button("x", "a", "v"), "url": "u" * 3_001}),
    actions({**button("x", "a", "v"), "text": text("plain_text", 76)}),
    {"type": "actions", "elements": [{"type": "dance"}]},
    {**section("x"), "block_id": "b" * 256}, {**section("x"), "block_id": ""}, text("markdown", 12_001),
    text("markdown", 0),
    table(101, 1), table(1, 21), table(1, 1, ""), table(99, 19, "x" * 6), {"type": "unheard"}, card(status="done"),
    card(title=""), card(output={"type": "rich_text", "elements": []}), card(output=text("mrkdwn", 3)),
    select(options=[]), select(options=[option("a", "a")] * 101), select(initial_option=option("b", "b")),
    select(options=[{"text": text("plain_text", 76), "value": "a"}]), select(options=[option("a", "v" * 151)]),
    question("b", "l", {"type": "plain_text_input", "initial_value": "x" * 3_001}),
    question("b", "l", {"type": "plain_text_input", "max_length": 3_001}),
    {"type": "context_actions", "elements": [button("x", "a", "v")]},
    actions({**button("x", "a", "v"), "confirm": {"title": text("plain_text", 101), "text": text("plain_text", 1),
             "confirm": text("plain_text", 1), "deny": text("plain_text", 1)}}),
)  # fmt: skip


@pytest.mark.parametrize("block", GOOD, ids=range(len(GOOD)))
def test_what_slack_takes_has_no_problem(block: Json) -> None:
    assert problems([block]) == []


@pytest.mark.parametrize("block", BAD, ids=range(len(BAD)))
def test_what_slack_refuses_is_found(block: Json) -> None:
    assert problems([block])


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "divider"}] * 51,
        [text("markdown", 6_500)] * 2,
        [section("x" * 2_900)] * 5,
        [table(1, 1)] * 2,
        [{**section("x"), "block_id": "same"}] * 2,
    ],
    ids=["blocks", "markdown", "total", "tables", "ids"],
)
def test_limits_of_a_whole_message(blocks: list[Json]) -> None:
    assert problems(blocks)
    assert problems(blocks[:1]) == []


def a_modal(**more: Any) -> Json:
    return {**modal("c", "t", "s", "p", [section("x")]), **more}


@pytest.mark.parametrize(
    "view",
    [
        a_modal(title=text("plain_text", 25)),
        a_modal(submit=text("plain_text", 25)),
        a_modal(close=None),
        a_modal(private_metadata="x" * 3_001),
        a_modal(callback_id="x" * 256),
        a_modal(blocks=[{"type": "divider"}] * 101),
        a_modal(blocks=[section("日" * 3_000)] * 30),
        a_modal(blocks=[section("")]),
        {"type": "workflow", "blocks": []},
    ],
)
def test_limits_of_a_view(view: Json) -> None:
    assert problems(view)
    assert problems(a_modal()) == []


def refused(post: Post) -> list[str]:
    beside = [rung for rung in post.ladder if rung.blocks]
    long = [rung.text for rung in beside if len(rung.text.encode()) > OUR_TEXT_BYTES]
    long += [rung.text for rung in post.ladder if size(rung.text) > TEXT or not rung.text.strip()]
    return [*(problem for rung in beside for problem in problems(rung.blocks)), *(f"text: {t[:40]}" for t in long)]


@settings(max_examples=120, deadline=None)
@given(HUGE, HUGE, MANY)
def test_no_reply_is_ever_refused(first: Huge, second: Huge, count: int) -> None:
    answer, other = first[0] * first[1], second[0] * second[1]
    pages = tuple(Source(other, f"https://a.example/{number}/{other}") for number in range(count))
    uses = tuple(used(other, Outcome.ERROR, other, sources=pages) for _ in range(count))
    reply = a_reply(answer, uses, (other,) * count, other, other)
    assert refused(reply_post(reply, private=True)) == []


@settings(max_examples=40, deadline=None)
@given(HUGE, HUGE, MANY, MANY)
def test_no_approval_is_ever_refused(first: Huge, second: Huge, items: int, arguments: int) -> None:
    name, value = first[0] * first[1], second[0] * second[1]
    values: dict[str, Value] = {f"{name[:200]}{number}": value for number in range(min(arguments, 9))}
    approval = an_approval(value, *[ApprovalItem("act", name, values, "f")] * min(items, 9))
    specs = {"act": a_spec(name, name, f"https://{value[:500]}/")}
    assert refused(confirm_post(approval, specs)) == []
    assert problems(decided_payload(approval).blocks) == []
    assert problems(edit_modal(approval, specs)) == []
    assert problems(home_view(Home(approvals=(approval,) * 4, specs=specs))) == []


@settings(max_examples=60, deadline=None)
@given(HUGE, MANY)
def test_no_other_card_is_ever_refused(drawn: Huge, count: int) -> None:
    huge = drawn[0] * drawn[1]
    home = Home((an_action(huge),) * count, (a_run(huge),) * count, (), (Planned(huge, huge, huge),) * count)
    checks: tuple[Callable[[], list[str]], ...] = (
        lambda: problems(home_view(home)),
        lambda: refused(tasks_post(Board().told(PlannedRuns((huge,) * count)), "turn")),
        lambda: problems(actions_payload((an_action(huge),) * count).blocks),
    )
    assert [check() for check in checks] == [[]] * len(checks)
    assert all(size(chunk["title"]) <= 256 for chunk in task_updates(Board().told(PlannedRuns((huge,) * count))))
