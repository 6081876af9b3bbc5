"""What our messages say, which buttons and files they carry."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import discord
import pytest

from bot.adapters.chat.board import Board
from bot.adapters.discord.press import Press
from bot.adapters.discord.rendering.approval import confirm_post, decided_post, working_post
from bot.adapters.discord.rendering.board import board_post
from bot.adapters.discord.rendering.check import faults
from bot.adapters.discord.rendering.elements import Colour
from bot.adapters.discord.rendering.notes import (
    COMMANDS,
    actions_post,
    help_post,
    history_post,
    note,
    status_post,
)
from bot.adapters.discord.rendering.post import Post
from bot.adapters.discord.rendering.reply import reply_posts
from bot.adapters.markup.neutral import JOINER
from bot.domain.approval import ApprovalState
from bot.domain.message import Reply, Source
from bot.domain.progress import Planned, RunEnded, RunStarted
from bot.domain.run import Document, Outcome, RunState
from tests.adapters.discord.samples import (
    ASKER,
    ASKER_ID,
    TIME,
    a_file,
    a_picture,
    an_approval,
    buttons,
    colour,
    components,
    every,
    texts,
)
from tests.adapters.slack.samples import START, a_reply, a_run, a_spec, an_action, an_item, used

MIB = 1024 * 1024


def the_post(reply: Reply, *documents: Document, private: bool = False) -> Post:
    (post,) = reply_posts(reply, documents, private=private)
    assert faults(post) == []
    return post


def test_a_reply_names_what_it_used_when_and_how_it_ended() -> None:
    uses = (used("Order lookup"), used("Refunds", Outcome.TIMED_OUT, "timed out after 5 s"))
    post = the_post(a_reply("Order **1** is on its way.", uses, ("Demo data.",)))
    line = f"-# Used: Order lookup ✓ 0.4 s · Refunds ✗ timed out after 5 s · as of <t:{TIME}:t>"
    assert texts(post) == ["Order **1** is on its way.", f"{line}\n-# Demo data."]
    assert [each["type"] for each in components(post)] == [17, 1]
    assert [each["type"] for each in components(post)[0]["components"]] == [10, 14, 10]
    assert post.words == f"Order **1** is on its way.\n{line}\n-# Demo data."


def test_the_pages_that_an_answer_rests_on_are_links_under_what_was_used() -> None:
    pages = (
        Source("Order [1]", "https://a.example/1"),
        Source("https://bank.example", "https://evil.example/1"),
        Source("no page", "javascript:alert(1)"),
    )
    post = the_post(a_reply("Yes.", (used("Order lookup", sources=pages),), ("Demo data.",)))
    small = texts(post)[-1].split("\n")
    assert small[0].startswith("-# Used: Order lookup")
    assert small[1:] == [
        f"-# Sources: [Order (1)](https://a.example/1) · https:{JOINER}//bank.example (<https://evil.example/1>)",
        "-# Demo data.",
    ]
    assert small[1] in post.words


def test_a_source_that_finds_no_room_hides_no_other() -> None:
    pages = (Source("Long", f"https://a.example/{'x' * 900}"), Source("Short", "https://a.example/1"))
    post = the_post(a_reply("Yes.", (used("Order lookup", sources=pages),)))
    assert texts(post)[-1].endswith("\n-# Sources: [Short](https://a.example/1) and 1 more")


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((), Colour.FINE),
        ((Outcome.SUCCESS,), Colour.FINE),
        ((Outcome.SUCCESS, Outcome.ERROR), Colour.PARTLY),
        ((Outcome.SUCCESS, Outcome.HELD_BACK), Colour.PARTLY),
        ((Outcome.TIMED_OUT, Outcome.DENIED), Colour.FAILED),
    ],
)
def test_the_colour_tells_how_it_went(outcomes: tuple[Outcome, ...], expected: Colour) -> None:
    assert colour(the_post(a_reply("x", tuple(used("A", outcome) for outcome in outcomes)))) == expected
    assert colour(the_post(a_reply("x", reference="r"))) == Colour.FAILED


def test_buttons_are_about_the_turn() -> None:
    assert buttons(the_post(a_reply("Yes."))) == {"dh:good:turn": "👍", "dh:bad:turn": "👎"}
    assert list(buttons(the_post(a_reply("Yes."), private=True)))[-1] == "dh:share:turn"
    failed = the_post(a_reply("Something of ours failed.", reference="ref-1"))
    assert buttons(failed) == {"dh:retry:turn": "Try again"}
    assert texts(failed)[-1] == "-# Reference: ref-1"
    assert buttons(the_post(replace(a_reply(""), question="Which order?"))) == {}


def test_the_question_stands_in_the_reply() -> None:
    post = the_post(replace(a_reply(""), question="Which order?"))
    assert texts(post) == ["Which order?"]
    assert post.words == "Which order?"


def test_a_reply_that_says_nothing_is_still_a_message() -> None:
    post = the_post(a_reply(""))
    assert (texts(post), post.words) == (["…"], "…")


def test_only_the_last_message_of_a_long_answer_has_buttons_and_small_print() -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 40 for number in range(40))
    posts = reply_posts(a_reply(text, (used("Lookup"),)), [a_file("a.csv")])
    assert len(posts) == 3
    assert [faults(post) for post in posts] == [[], [], []]
    assert [len(buttons(post)) for post in posts] == [0, 0, 2]
    assert [len(post.documents) for post in posts] == [0, 0, 1]
    assert ["-# Used" in "".join(texts(post)) for post in posts] == [False, False, True]
    assert len({colour(post) for post in posts}) == 1
    assert all(post.words.startswith("Paragraph") for post in posts)


def test_a_very_long_answer_says_where_the_rest_is() -> None:
    post = the_post(a_reply("word " * 5_000), a_file("a.csv"))
    assert [document.name for document in post.documents] == ["answer.md", "a.csv"]
    assert post.documents[0].data == ("word " * 5_000).encode()
    assert "The whole answer is in the file below." in texts(post)[-1]
    assert "The whole answer is in the file below." in post.words


def test_pictures_are_shown_and_other_files_hang_on() -> None:
    post = the_post(a_reply("See."), a_picture("chart.png"), a_file("data.csv"), a_picture("map.png"))
    gallery, file = components(post)[0]["components"][1:3]
    assert [item["media"]["url"] for item in gallery["items"]] == ["attachment://chart.png", "attachment://map.png"]
    assert [item["description"] for item in gallery["items"]] == ["chart.png", "map.png"]
    assert file["file"]["url"] == "attachment://data.csv"
    assert [document.name for document in post.documents] == ["chart.png", "data.csv", "map.png"]


def test_names_of_files_are_safe_and_differ() -> None:
    names = (
        "chart.png", "CHART.PNG", "chart.png", "../../etc/passwd", "SPOILER_secret.csv", ".env", "日本.csv",
        "año 1.csv", "x" * 300 + ".csv", "",
    )  # fmt: skip
    post = the_post(a_reply("x"), *map(a_file, names))
    assert [document.name for document in post.documents] == [
        "chart.png", "CHART-2.PNG", "chart-3.png", "passwd", "secret.csv", "file.env", "file.csv", "ano_1.csv",
        "x" * 60 + ".csv", "file",
    ]  # fmt: skip


def test_files_that_cannot_be_sent_are_named_with_the_reason() -> None:
    big, half = a_file("big.csv", 12 * MIB), a_file("half.csv", 6 * MIB)
    post = the_post(a_reply("x"), big, half, replace(half, name="other.csv"), a_file("none.csv", 0), a_file("a.csv"))
    assert [document.name for document in post.documents] == ["half.csv", "a.csv"]
    assert texts(post)[-1] == (
        "-# Not attached: big.csv (12.0 MiB, Discord takes 10), other.csv (all files of a message may have 10 MiB "
        "together), none.csv (it is empty)."
    )
    many = the_post(a_reply("x"), *(a_file(f"{number}.csv") for number in range(17)))
    assert len(many.documents) == 10
    assert texts(many)[-1].startswith("-# Not attached: 10.csv (a message takes 10 files), 11.csv")
    assert texts(many)[-1].endswith(" and 2 more.")


def test_a_view_is_made_anew_for_each_send() -> None:
    post = the_post(a_reply("Yes."))
    assert post.view() is not post.view()
    view = post.view()
    assert view.timeout is None
    presses = [item for item in view.walk_children() if item.is_dispatchable()]
    assert presses
    assert all(isinstance(item, Press) for item in presses)


def test_a_board_has_a_stop_button_while_something_runs() -> None:
    running = Board().told(Planned(("A", "B"))).told(RunStarted("r1", "A"))
    post = board_post(running, "turn")
    assert texts(post) == ["◔ A\n○ B"]
    assert buttons(post) == {"dh:stop:turn": "Stop"}
    over = running.told(RunEnded(used("A"))).told(RunEnded(used("B", Outcome.ERROR, "no such order", "r2")))
    assert texts(board_post(over, "turn")) == ["✓ A – 0.4 s\n✗ B – no such order"]
    assert buttons(board_post(over, "turn")) == {}
    assert (texts(board_post(Board(), "turn")), buttons(board_post(Board(), "turn"))) == (["Working…"], {})
    many = board_post(Board().told(Planned(("A",) * 20)), "turn")
    assert texts(many)[0].endswith("\nand 5 more")


def test_the_question_names_verb_target_and_exact_parameters() -> None:
    spec = a_spec("Delete page", "DELETE", "{WIKI_BASE_URL}/pages/{id}")
    spec = replace(spec, safety=replace(spec.safety, approvers=("boss@acme.example",)))
    approval = an_approval("delete *it*", an_item("Delete page", id=7, note="hi\namount: 1"))
    post = confirm_post(approval, {"act": spec})
    assert faults(post) == []
    assert colour(post) == Colour.ASKING
    assert texts(post) == [
        f"<@{ASKER_ID}>, please confirm before I run:",
        "**Delete page**\n`DELETE WIKI`\n```\nid: 7\nnote: hi\n  ↵ amount: 1\n```",
        "-# This deletes something and cannot be undone from here.\n"
        "-# boss@acme.example may confirm it, too.\n"
        "-# Asked: delete \\*it\\*\n"
        f"-# Expires <t:{TIME + 900}:R>",
    ]
    assert buttons(post) == {"dh:confirm:ap1": "Confirm", "dh:edit:ap1": "Edit", "dh:cancel:ap1": "Cancel"}
    assert styles(post) == [discord.ButtonStyle.danger, discord.ButtonStyle.secondary, discord.ButtonStyle.secondary]
    assert "id: 7" in post.words
    assert "Answer yes or no." in post.words
    assert post.documents == ()


def styles(post: Post) -> list[discord.ButtonStyle]:
    return [discord.ButtonStyle(each["style"]) for each in every(post) if each["type"] == 2]


def test_what_deletes_nothing_is_no_danger() -> None:
    post = confirm_post(an_approval("x", an_item("Pay")), {"act": a_spec("Pay")})
    assert buttons(post) == {"dh:confirm:ap1": "Confirm", "dh:cancel:ap1": "Cancel"}
    assert styles(post)[0] is discord.ButtonStyle.primary
    assert texts(post)[1] == "**Pay**\n`POST api.example.com`"


def test_parameters_that_find_no_room_are_whole_in_a_file() -> None:
    body = "start " + "x" * 5_000 + " end"
    post = confirm_post(an_approval("x", an_item("Send", body=body)), {"act": a_spec("Send")})
    assert faults(post) == []
    assert [document.name for document in post.documents] == ["parameters.txt"]
    assert body in post.documents[0].data.decode()
    assert "Send: POST api.example.com" in post.documents[0].data.decode()
    assert "-# Not everything fits here. The file here holds all parameters in full." in texts(post)[-1]
    assert texts(post)[1].endswith("…\n```")


def test_a_target_that_finds_no_room_is_whole_in_a_file() -> None:
    host = f"{'bank.' * 60}evil.example"
    post = confirm_post(an_approval("x", an_item("Send")), {"act": a_spec("Send", "POST", f"https://{host}/")})
    assert host in post.documents[0].data.decode()


@pytest.mark.parametrize("asker", ["U123", "slack:T1:U1", "discord:x/1", "<@1>", "discord:1/2 <@&3>"])
def test_only_discord_ids_are_mentioned(asker: str) -> None:
    assert "<@" not in texts(confirm_post(an_approval("x", asker=asker), {}))[0].replace("<\u2060@", "")


@pytest.mark.parametrize("asker", [ASKER, ASKER_ID])
def test_who_is_to_confirm_is_mentioned(asker: str) -> None:
    assert texts(confirm_post(an_approval("x", asker=asker), {}))[0].startswith(f"<@{ASKER_ID}>,")


def test_a_decision_becomes_an_audit_line_without_buttons() -> None:
    approval = replace(
        an_approval("x", an_item("Pay", amount=3)),
        state=ApprovalState.CONFIRMED, decided_by=ASKER, decided_at=START + timedelta(minutes=2),
    )  # fmt: skip
    post = decided_post(approval)
    assert faults(post) == []
    assert texts(post) == [f"✓ Confirmed by <@{ASKER_ID}> <t:{TIME + 120}:f>: Pay", "-# Pay: amount: 3"]
    assert buttons(post) == {}
    declined, expired = (replace(approval, state=state) for state in (ApprovalState.DECLINED, ApprovalState.EXPIRED))
    assert texts(decided_post(declined))[0].startswith("✗ Cancelled by")
    assert texts(decided_post(expired))[0].startswith("Expired")
    assert (texts(working_post(approval)), buttons(working_post(approval))) == (["Working on it: Pay"], {})


def test_short_messages() -> None:
    assert texts(note("I am on *it*.\nSoon.")) == ["I am on \\*it\\*.\nSoon."]
    assert note("I am on it.").words == "I am on it."
    assert texts(note(" ")) == ["…"]
    assert texts(status_post(("I hear you.", "Nothing runs."))) == ["I hear you.\nNothing runs."]
    said = texts(help_post())[0]
    assert all(f"- `{words}` – {meaning}" in said for words, meaning in COMMANDS)
    assert texts(actions_post(())) == ["No actions are open to you."]
    off = replace(an_action("Refund"), reason="needs the secret KEY")
    assert texts(actions_post((an_action("Look up", enabled=True), off))) == [
        "**Actions open to you**\n- Look up: Look up\n- Refund: Refund (off: needs the secret KEY)"
    ]
    assert texts(actions_post([an_action("A")] * 50))[-1] == "-# and 10 more"
    assert texts(history_post(())) == ["No runs yet."]
    run = replace(a_run("Look up", RunState.DONE), question="where is 7")
    assert texts(history_post((run,))) == [f"**Your recent runs**\n- ✓ Look up · where is 7 · <t:{TIME}:f>"]


@pytest.mark.parametrize("post", [help_post(), note("x"), status_post(["x"]), actions_post(()), history_post(())])
def test_short_messages_keep_the_limits(post: Post) -> None:
    assert faults(post) == []
