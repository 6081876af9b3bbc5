"""Nothing that comes from a model, an action or a person can call, mislead or break out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.chat.board import Board
from bot.adapters.discord.rendering.answer import answer, in_words
from bot.adapters.discord.rendering.approval import confirm_post, decided_post, working_post
from bot.adapters.discord.rendering.board import board_post
from bot.adapters.discord.rendering.check import faults
from bot.adapters.discord.rendering.notation import DISCORD
from bot.adapters.discord.rendering.notes import actions_post, history_post, note, status_post
from bot.adapters.discord.rendering.reply import reply_posts
from bot.adapters.discord.rendering.thread_name import thread_name
from bot.adapters.markup.neutral import clean
from bot.adapters.markup.writing import write
from bot.domain.message import Source
from bot.domain.progress import Planned, RunEnded, RunStarted
from bot.domain.run import Outcome
from tests.adapters.discord.eyes import live, live_name, live_post
from tests.adapters.discord.samples import a_file, a_picture, an_approval
from tests.adapters.slack.hostile import BOMBS, HOSTILE, WRAPPERS
from tests.adapters.slack.samples import a_reply, a_run, an_action, used

PINGS = (
    "<@80351110224678913>", "<@!80351110224678913>", "<@&165511591545143296>", "<#103735883630395392>", "<@1>",
    "</airhorn:816437322781949972>", "</a b c:816437322781949972>", "<:mmLol:216154654256398347>",
    "<a:b1nzy:392938283556143104>", "<t:1618953630>", "<t:-1618953630:d>", "<t:1618953630:R>", "<id:customize>",
    "<id:guide>", "<sound:0:1>", "@everyone", "@here", "@EVERYONE", "\\@everyone", "@\u200beveryone",
    "[@](javascript:x)everyone", "@[everyone](mailto:a@b.example)", "[<](javascript:x)@1>", "<[@1>](javascript:x)",
    "discord.gg/abc", "https://discord.gg/abc", "HTTPS://DISCORD.GG/abc", "discord.com/invite/abc",
    "https://discordapp.com/invite/abc", "https://ptb.discord.com/invite/abc", "https://www.discord.gg/abc",
    "https://discord.gg./abc", "https://discord.gg:443/abc", "https://discord.com//invite/abc",
    "https://discord.com/%69nvite/abc", "https://discord.com/%2569nvite/abc", "https://x@discord.gg/abc",
    "https://ｄｉｓｃｏｒｄ.gg/abc", "discord\u200b.gg/abc", "[discord](javascript:x).gg/abc", "https://discord.gift/abc",
    "discord[.gg/abc](mailto:a@b.example)", "[x](https://discord.gg/abc)", "[x](https://discord.com/template/abc)",
    "[discord.gg/abc](https://a.example)", "https:[//evil.example/x](mailto:a@b.example)",
    "[https:](javascript:x)//evil.example", "<a@evil.example>", "<+4412345678>", "||secret||", "\\||secret||",
    "`` ` `` <@1>", "`a`**`` <@1> ``**", "~~~\n```\n<@1>\n~~~", "```\n```\n<@1>\n```x```", ">>> <@1>", "-# <@1>",
)  # fmt: skip
ALL = (*(wrapper.replace("{}", ping) for ping in PINGS for wrapper in WRAPPERS), *HOSTILE)
NASTY = st.lists(
    st.one_of(
        st.sampled_from(ALL), st.text(max_size=40), st.sampled_from(["\n", "\n\n", " ", "*", "`", "<", "|", "@", "["])
    ),
    max_size=8,
).map("".join)


def answers_faults(text: str) -> list[str]:
    parts = answer(text, 200).parts
    return [fault for part in parts for said in (write(part, DISCORD), in_words(part)) for fault in live(said)]


@pytest.mark.parametrize("text", ALL, ids=range(len(ALL)))
def test_an_answer_is_harmless(text: str) -> None:
    assert answers_faults(text) == []


@pytest.mark.parametrize("text", ALL, ids=range(len(ALL)))
def test_a_message_is_harmless_wherever_the_text_stands(text: str) -> None:
    assert cards_faults(text) == []


@settings(max_examples=200, deadline=None)
@given(NASTY)
def test_no_mixture_gets_through(text: str) -> None:
    assert answers_faults(text) == []


@settings(max_examples=80, deadline=None)
@given(NASTY)
def test_no_mixture_gets_through_a_card(text: str) -> None:
    assert cards_faults(text) == []


@pytest.mark.parametrize("piece", BOMBS, ids=range(len(BOMBS)))
def test_of_a_bomb_only_the_beginning_is_worked_on(piece: str) -> None:
    bomb = piece * (100_000 // len(piece))
    posts = reply_posts(a_reply(bomb))
    assert [fault for post in posts for fault in (*faults(post), *live_post(post))] == []
    assert [document.name for document in posts[-1].documents] == (["answer.md"] if clean(bomb) else [])


def cards_faults(text: str) -> list[str]:
    """Faults of every message with ``text`` in every place that is not an id of ours."""
    pages = (Source(text, "https://a.example"), Source("a", text))
    uses = (used(text, Outcome.SUCCESS, sources=pages), used("Lookup", Outcome.ERROR, text))
    reply = a_reply(text, used=uses, notices=(text, text), question=text, reference=text)
    approval, state = an_approval(text), an_action(text)
    board = Board().told(Planned((text, "other"))).told(RunStarted("r1", text)).told(RunEnded(uses[1]))
    posts = (
        *reply_posts(reply, (a_picture(text), a_file(text), a_file(text, 0)), private=True),
        confirm_post(approval, {"act": state.spec}), decided_post(approval), working_post(approval),
        confirm_post(an_approval("x", asker=text), {}), board_post(board, "turn"), note(text),
        status_post((text, text)), actions_post((state,)), history_post((a_run(text),)),
    )  # fmt: skip
    return [
        *(fault for post in posts for fault in (*faults(post), *live_post(post))),
        *live_name(thread_name(text)),
    ]


def test_the_eyes_see_what_is_live() -> None:
    """The judge of these tests is no fool."""
    for text in (
        "<@1>", "<@&1>", "<#1>", "</ask:1>", "<:a:1>", "<a:b:1>", "`<@1>`", "\\<@1>", "@here", "||x||", "discord.gg/a",
        "[bank.example](https://evil.example)", "[x](javascript:x)", "`a` <@1>", "a\u202eb", "[x](https://discord.gg/a)",
        "[https://a.example](https://a.example)", "https://x@evil.example",
    ):  # fmt: skip
        assert live(text), text
    for text in ("<@80351110224678912>", "[x](https://a.example)", "<https://a.example>", "a \\| b"):
        assert live(text) == [], text
