"""Nothing that comes from a model, an action or a person can call, mislead or break out, on any rung of the ladder."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.adapters.chat.board import Board
from bot.adapters.markup.neutral import escaped
from bot.adapters.slack.rendering.answer import answer, bare, rich, sections
from bot.adapters.slack.rendering.cards.approval import confirm_post, decided_payload
from bot.adapters.slack.rendering.cards.home import Home, Planned, home_view
from bot.adapters.slack.rendering.cards.modals import edit_modal
from bot.adapters.slack.rendering.cards.notes import actions_payload
from bot.adapters.slack.rendering.cards.post import Payload, Post
from bot.adapters.slack.rendering.cards.reply import reply_post
from bot.adapters.slack.rendering.cards.tasks import status_line, task_updates, tasks_post
from bot.adapters.slack.rendering.check import problems
from bot.adapters.slack.rendering.stream import MarkdownStream
from bot.domain.message import Source
from bot.domain.progress import Planned as PlannedRuns
from bot.domain.progress import RunEnded, RunStarted
from bot.domain.run import Outcome
from tests.adapters.slack.eyes import live, live_mrkdwn
from tests.adapters.slack.hostile import BOMBS, HOSTILE
from tests.adapters.slack.samples import a_reply, a_run, an_action, an_approval, used

NASTY = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40), st.sampled_from(["\n", "\n\n", " ", "*", "`", "<", "|"])),
    max_size=8,
).map("".join)


def shown(text: str) -> list[object]:
    """Everything that one text becomes where it can stand in an answer."""
    blocks = answer(text).blocks
    return [rich(blocks), sections(blocks)]


def faults_of(post: Post) -> list[str]:
    found = [fault for rung in post.ladder for fault in payload_faults(rung)]
    return found + ([] if post.ladder and not post.ladder[-1].blocks else ["no bare text at the foot of the ladder"])


def payload_faults(payload: Payload) -> list[str]:
    empty = [] if payload.text.strip() else ["no text"]
    return [*empty, *live_mrkdwn(payload.text), *live(payload.blocks), *problems(payload.blocks)]


def test_there_are_enough_hostile_texts() -> None:
    assert len(set(HOSTILE)) >= 200


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_an_answer_is_harmless_on_every_rung(text: str) -> None:
    blocks = answer(text).blocks
    assert live(rich(blocks)) == []
    assert live(sections(blocks)) == []
    assert live_mrkdwn(escaped(bare(blocks))) == []
    assert problems(rich(blocks)) == problems(sections(blocks)) == []


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_card_is_harmless_wherever_the_text_stands(text: str) -> None:
    assert cards_faults(text) == []


@settings(max_examples=150, deadline=None)
@given(NASTY)
@example("Hi!![x](https://a.example/x.png)")
@example("**Hi!**![x](https://a.example/x.png)")
def test_no_mixture_gets_through(text: str) -> None:
    blocks = answer(text).blocks
    assert live(shown(text)) == []
    assert live_mrkdwn(escaped(bare(blocks))) == []
    assert problems(rich(blocks)) == problems(sections(blocks)) == []


@settings(max_examples=60, deadline=None)
@given(NASTY)
def test_no_mixture_gets_through_a_card(text: str) -> None:
    assert cards_faults(text) == []


@settings(max_examples=100, deadline=None)
@given(NASTY, st.integers(1, 7))
def test_a_stream_is_harmless_however_it_is_cut(text: str, length: int) -> None:
    stream = MarkdownStream()
    written = "".join(stream.feed(text[start : start + length]) for start in range(0, len(text), length))
    assert live([{"type": "markdown", "text": written + stream.finish()}]) == []


@pytest.mark.parametrize("piece", BOMBS, ids=range(len(BOMBS)))
def test_of_a_bomb_only_the_beginning_is_worked_on(piece: str) -> None:
    bomb = piece * (100_000 // len(piece))
    post = reply_post(a_reply(bomb))
    assert faults_of(post) == []
    assert post.document is not None
    assert answer(bomb).blocks == answer(bomb[:10_000]).blocks


def cards_faults(text: str) -> list[str]:
    """Faults of every card with ``text`` in every place that is not an id of ours."""
    pages = (Source(text, "https://a.example"), Source("a", text))
    uses = (used(text, Outcome.SUCCESS, sources=pages), used("Lookup", Outcome.ERROR, text))
    reply = a_reply("Done.", used=uses, notices=(text, text), question=text, reference=text)
    approval, state = an_approval(text), an_action(text)
    specs = {"act": state.spec}
    board = Board().told(PlannedRuns((text, "other"))).told(RunStarted("r1", text)).told(RunEnded(uses[1]))
    home = Home((state,), (a_run(text),), (approval,), (Planned(text, text, text),), specs, text)
    posts = (reply_post(reply, private=True),
             confirm_post(approval, specs), tasks_post(board, "turn"))  # fmt: skip
    payloads = (decided_payload(approval), actions_payload((state,)))
    views = (home_view(home), edit_modal(approval, specs))
    return [
        *(fault for post in posts for fault in faults_of(post)),
        *(fault for payload in payloads for fault in payload_faults(payload)),
        *(fault for view in views for fault in (*live(view), *problems(view))),
        *live([task_updates(board), {"text": status_line(board)}]),
    ]


def test_the_eyes_see_what_is_live() -> None:
    """The judge of these tests is no fool."""
    for text in ("<!here>", "<@U1>", "@channel", "a & b", "<https://evil.example|bank.example>", "a\u202eb", "<x"):
        assert live_mrkdwn(text), text
    for text in (
        "<!here>",
        "@here",
        "<b>x</b>",
        "[bank.example](https://evil.example)",
        "[x](javascript:x)",
        "![a](b)",
    ):
        assert live([{"type": "markdown", "text": text}]), text
    assert live_mrkdwn("a &amp; b <https://a.example/?x=1&amp;y=2|a.example>") == []


def test_only_the_asker_is_really_mentioned() -> None:
    approval = an_approval("x")
    card = confirm_post(approval, {}).ladder[0].blocks[0]
    assert card["text"]["text"].startswith("<@UASKER1>,")
    assert "<" not in str(confirm_post(an_approval("x", asker="<!here>"), {}).ladder[0].blocks[0])
    assert approval.expires_at - approval.created_at == timedelta(minutes=15)
