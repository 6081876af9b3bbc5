"""The check finds what Discord would refuse; no message of ours, however large its input, is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import discord
import pytest
from discord import ui
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.chat.board import Board
from bot.adapters.discord.press import Press
from bot.adapters.discord.rendering.approval import confirm_post, decided_post, working_post
from bot.adapters.discord.rendering.board import board_post
from bot.adapters.discord.rendering.check import faults
from bot.adapters.discord.rendering.limits import OUR_PARTS, OUR_TEXT
from bot.adapters.discord.rendering.notes import actions_post, history_post, note, status_post
from bot.adapters.discord.rendering.post import Post
from bot.adapters.discord.rendering.reply import reply_posts
from bot.adapters.markup.measure import size
from bot.domain.action import Value
from bot.domain.approval import ApprovalItem
from bot.domain.message import Source
from bot.domain.progress import Planned, RunStarted
from bot.domain.run import Document, Outcome
from tests.adapters.discord.samples import a_file, a_picture, an_approval, components, texts
from tests.adapters.slack.samples import a_reply, a_run, a_spec, an_action, used
from tests.simulators.discord.limits import check_new

PIECES = ("x", "word ", "& ", "<", "@here ", "日本", "👩‍👩‍👧", "é\n", "`", "```\n", "| a | b |\n|---|---|\n", "- a\n",
          "> ", "*", "_", "http://a.example/")  # fmt: skip
Huge = tuple[str, int]
"""A piece, and how often it is repeated: so a failure is told in few words."""
HUGE = st.tuples(
    st.sampled_from(PIECES) | st.text(min_size=1, max_size=8), st.sampled_from([1, 40, 80, 300, 1_000, 3_100, 13_000])
)
MANY = st.sampled_from([0, 1, 2, 9, 60, 200])
V2 = 1 << 15


def refused(post: Post) -> list[str]:
    """What our check finds, and what the simulated Discord says to it."""
    names = {document.name for document in post.documents}
    check_new({"components": components(post), "flags": V2}, names)
    check_new({"content": post.words}, names)
    long = [text[:40] for text in texts(post) if size(text) > OUR_TEXT]
    return [*faults(post), *long]


@settings(max_examples=120, deadline=None)
@given(HUGE, HUGE, MANY, st.integers(0, 14))
def test_no_reply_is_ever_refused(first: Huge, second: Huge, count: int, files: int) -> None:
    text, other = first[0] * first[1], second[0] * second[1]
    pages = tuple(Source(other, f"https://a.example/{number}/{other}"[:300]) for number in range(count))
    uses = tuple(used(other, Outcome.ERROR, other, sources=pages) for _ in range(count))
    reply = a_reply(text, uses, (other,) * count, other, other if count % 2 else "")
    documents = [(a_picture, a_file)[place % 2](other, place) for place in range(files)]
    posts = reply_posts(reply, documents, private=True)
    assert 1 <= len(posts) <= OUR_PARTS
    assert [refused(post) for post in posts] == [[]] * len(posts)


@settings(max_examples=40, deadline=None)
@given(HUGE, HUGE, MANY, MANY)
def test_no_approval_is_ever_refused(first: Huge, second: Huge, items: int, arguments: int) -> None:
    name, value = first[0] * first[1], second[0] * second[1]
    values: dict[str, Value] = {f"{name[:200]}{number}": value for number in range(min(arguments, 9))}
    approval = an_approval(value, *[ApprovalItem("act", name, values, "f")] * min(items, 9), asker=name)
    specs = {"act": a_spec(name, name, f"https://{value[:500]}/")}
    for post in (confirm_post(approval, specs), decided_post(approval), working_post(approval)):
        assert refused(post) == []


@settings(max_examples=40, deadline=None)
@given(HUGE, MANY)
def test_no_other_message_is_ever_refused(drawn: Huge, count: int) -> None:
    huge = drawn[0] * drawn[1]
    board = Board().told(Planned((huge,) * count)).told(RunStarted("r", huge))
    makers: tuple[Callable[[], Post], ...] = (
        lambda: board_post(board, "turn"),
        lambda: note(huge),
        lambda: status_post((huge,) * count),
        lambda: actions_post((an_action(huge),) * count),
        lambda: history_post((a_run(huge),) * count),
    )
    assert [refused(make()) for make in makers] == [[]] * len(makers)


def shown(*items: ui.Item[ui.LayoutView], timeout: float | None = None) -> Callable[[], ui.LayoutView]:
    """A view of items, which are the same at each call."""

    def view() -> ui.LayoutView:
        made = ui.LayoutView(timeout=timeout)
        for item in items:
            made.add_item(item)
        return made

    return view


def fresh(make: Callable[[], Sequence[ui.Item[ui.LayoutView]]]) -> Callable[[], ui.LayoutView]:
    def view() -> ui.LayoutView:
        return shown(*make())()

    return view


def text(length: int) -> ui.TextDisplay[ui.LayoutView]:
    return ui.TextDisplay("x" * length)


def gallery(*names: str, description: str = "") -> ui.MediaGallery[ui.LayoutView]:
    items = (discord.MediaGalleryItem(f"attachment://{name}", description=description) for name in names)
    return ui.MediaGallery(*items)


def row(*presses: Any) -> ui.ActionRow[ui.LayoutView]:
    return ui.ActionRow(*presses)


GOOD: tuple[Post, ...] = (
    Post(fresh(lambda: [text(4_000)]), "x" * 2_000),
    Post(fresh(lambda: [text(1)] * 1 + [text(1) for _ in range(39)]), "x"),
    Post(fresh(lambda: [row(*(Press("good", f"{number}", "x" * 80) for number in range(5)))]), "x"),
    Post(fresh(lambda: [gallery("a.png")]), "x", (a_picture("a.png"),)),
    Post(fresh(lambda: [ui.Container(ui.File("attachment://a.csv"))]), "x", (a_file("a.csv"),)),
)
BAD: tuple[Post, ...] = (
    Post(fresh(list), "x"),
    Post(fresh(lambda: [text(2_001), text(2_000)]), "x"),
    Post(fresh(lambda: [text(0)]), "x"),
    Post(fresh(lambda: [ui.TextDisplay(" \n")]), "x"),
    Post(fresh(lambda: [ui.TextDisplay("```\nx")]), "x"),
    Post(fresh(lambda: [text(1)]), ""),
    Post(fresh(lambda: [text(1)]), "x" * 2_001),
    Post(fresh(lambda: [text(1)]), "```x"),
    Post(fresh(lambda: [ui.Container()]), "x"),
    Post(fresh(lambda: [row()]), "x"),
    Post(fresh(lambda: [row(Press("good", "1", "x"), Press("good", "1", "x"))]), "x"),
    Post(fresh(lambda: [row(Press("good", "1"))]), "x"),
    Post(fresh(lambda: [ui.ActionRow(ui.Button(label="x", custom_id="y"))]), "x"),
    Post(fresh(lambda: [ui.Container(ui.Container(text(1)))]), "x"),
    Post(fresh(lambda: [gallery()]), "x"),
    Post(fresh(lambda: [gallery(*"abcdefghijk")]), "x", tuple(map(a_picture, "abcdefghijk"))),
    Post(fresh(lambda: [gallery("a.png", description="x" * 257)]), "x", (a_picture("a.png"),)),
    Post(fresh(lambda: [gallery("a.png")]), "x"),
    Post(fresh(lambda: [text(1)]), "x", (a_file("a.csv"),)),
    Post(fresh(lambda: [ui.File("attachment://a b.csv")]), "x", (a_file("a b.csv"),)),
    Post(fresh(lambda: [ui.File("attachment://SPOILER_a.csv")]), "x", (a_file("SPOILER_a.csv"),)),
    Post(fresh(lambda: [ui.File("attachment://a"), ui.File("attachment://A")]), "x", (a_file("a"), a_file("A"))),
    Post(fresh(lambda: [ui.File("attachment://a.csv")]), "x", (Document("a.csv", "text/csv", b"x" * 10_485_761),)),
    Post(shown(text(1)), "x"),
    Post(shown(text(1), timeout=180.0), "x"),
)  # fmt: skip


@pytest.mark.parametrize("post", GOOD, ids=range(len(GOOD)))
def test_what_discord_takes_has_no_fault(post: Post) -> None:
    assert faults(post) == []


@pytest.mark.parametrize("post", BAD, ids=range(len(BAD)))
def test_what_discord_refuses_is_found(post: Post) -> None:
    assert faults(post)
