"""Markdown in Discord's notation: what people see of an answer."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.adapters.discord.rendering.answer import answer, measured
from bot.adapters.discord.rendering.limits import OUR_TEXT
from bot.adapters.discord.rendering.notation import DISCORD, code, spoken
from bot.adapters.discord.rendering.thread_name import thread_name
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import JOINER
from bot.adapters.markup.parsing import parse
from bot.adapters.markup.writing import PLAIN, write
from tests.adapters.discord.eyes import live_name, read

J = JOINER
TABLE = (
    ("**bold** *it* ~~gone~~ `code`", "**bold** *it* ~~gone~~ `code`"),
    ("***both***", "***both***"),
    ("**a*b***", f"**a**{J}***b***"),
    ("`a`**`` b` ``**", f"`a`{J}`` b` ``"),
    ("# One\n\n## Two\n\n### Three", "# One\n\n## Two\n\n### Three"),
    ("#### Four *x* [y](https://a.example)", "**Four** ***x*** [y](https://a.example)"),
    ("# C\\#", f"# C#{J}"),
    ("a & b < c > d", "a & b < c > d"),
    ("a <b>", f"a \\<{J}b>"),
    ("x](https:/evil.example)", f"x\\]{J}(https:/evil.example)"),
    ("`x](https://evil.example)`", f"`x]{J}(https://evil.example)`"),
    ("`handlers[i](event)`", "`handlers[i](event)`"),
    ("[docs](https://a.example/?x=1&y=2)", "[docs](https://a.example/?x=1&y=2)"),
    ("[a [b]](https://a.example/(c))", "[a (b)](https://a.example/%28c%29)"),
    ("see https://a.example/a_b.", "see <https://a.example/a_b>."),
    ("<https://a.example>", "<https://a.example>"),
    ("[see https://a.example/1](https://a.example/1)", f"[see https:{J}//a.example/1](https://a.example/1)"),
    ("![chart](https://a.example/c.png)", "[chart](https://a.example/c.png)"),
    ("[x](javascript:alert(1))", "x"),
    ("[bank.example](https://evil.example)", "bank.example (<https://evil.example>)"),
    ("[mail me](mailto:a@b.example)", f"{J}mail me (a@b.example)"),
    ("[a@b.example](mailto:a@b.example)", f"{J}a@b.example"),
    ("https://discord.gg/abc", f"{J}discord.gg{J}/abc"),
    ("[win](https://discord.com/invite/abc)", f"{J}win (discord.com/invite{J}/abc)"),
    ("[win](https://DISCORD.com/%69nvite/abc)", f"{J}win (discord.com/%69nvite/abc)"),
    ("join discordapp.com/invite/abc", f"join discordapp.com/invite{J}/abc"),
    ("`discord.gg/abc`", f"`discord.gg{J}/abc`"),
    ("[chat](https://discord.com/channels/1/2)", "[chat](https://discord.com/channels/1/2)"),
    ("ftp://x.example", f"ftp:{J}//x.example"),
    ("- a\n- b\n  - c", "- a\n- b\n  - c"),
    ("3. a\n4. b", "3. a\n4. b"),
    ("- [ ] open\n- [x] done", "- ☐ open\n- ☑ done"),
    ("> a\n>\n> b", "> a\n> \n> b"),
    ("```py\nx = 1\n```", "```py\nx = 1\n```"),
    ("```\nnever closed", "```\nnever closed\n```"),
    ("```\n```", ""),
    ("---", "———"),
    ("snake_case __init__ 2\\*3", "snake\\_case **init** 2\\*3"),
    ("||hidden||", "\\|\\|hidden\\|\\|"),
    ("-# tiny", "\\-# tiny"),
    (">>> all", "> > > all"),
    ("a\n\\# b\n\\- c\n1\\. d\n\\> e", "a\n\\# b\n\\- c\n1\\. d\n\\> e"),
    ("#tag -5 3.5", "#tag -5 3.5"),
    ("| a | n |\n|---|--:|\n| x | 1 |\n| yy | 20 |", "```\na    n\n--  --\nx    1\nyy  20\n```"),
    ("@everyone <@1> <@&2> <#3> </ask:4> <:a:5> <a:b:6> <t:7:R>",
     f"@{J}everyone \\<{J}@1> \\<{J}@&2> \\<{J}#3> \\<{J}/ask:4> \\<{J}:a:5> \\<{J}a:b:6> \\<{J}t:7:R>"),
    ("`@here <@1> </ask:4> <:a:5> <t:7:R> </div>`",
     f"`@{J}here <{J}@1> <{J}/ask:4> <{J}:a:5> <{J}t:7:R> </div>`"),
    ("[@](javascript:x)everyone", f"@{J}everyone"),
    ("@[everyone](mailto:a@b.example)", f"@{J}everyone (a@b.example)"),
    ("", ""),
)  # fmt: skip
LETTERS = st.text("ab1 \n`*~#>-+.()!@\\ü日", max_size=60)


@pytest.mark.parametrize(("source", "expected"), TABLE)
def test_notation(source: str, expected: str) -> None:
    assert write(parse(source), DISCORD) == expected


def test_code_cannot_be_left() -> None:
    assert write(parse("~~~\n```\n<@1>\n~~~"), DISCORD) == f"```\n`{J}``\n<{J}@1>\n```"
    assert code("a ``` b") == f"`` a `{J}`{J}` b ``"
    assert code("` `") == "`` ` ` ``"
    assert code(" \n ") == ""


def test_raw_text_means_itself() -> None:
    assert spoken("# a\n  - b\n-# c *d*") == "\\# a\n\\- b\n\\-# c \\*d\\*"
    assert read(spoken("a *b* [c](d) `e` _f_ \\ ||g||")).shown == "a *b* [c](d) `e` _f_ \\ ||g||"


@settings(max_examples=200, deadline=None)
@given(LETTERS)
def test_what_is_written_reads_as_it_was_meant(text: str) -> None:
    written, meant = write(parse(text), DISCORD), write(parse(text), PLAIN)
    assert re.findall(r"\w", read(written).shown) == re.findall(r"\w", meant)
    assert written.count("```") % 2 == 0


@settings(max_examples=100, deadline=None)
@given(LETTERS, st.integers(1, 200), st.integers(0, 2_400))
def test_nothing_is_lost_between_parts(piece: str, times: int, under: int) -> None:
    text = (piece * times)[:10_000]
    shown = answer(text, under)
    written = [write(part, DISCORD) for part in shown.parts]
    assert all(size(part) <= OUR_TEXT and part.count("```") % 2 == 0 for part in written)
    assert size(written[-1]) + under <= OUR_TEXT
    if shown.document is None:
        meant = re.findall(r"\w", write(parse(text), PLAIN))
        assert [letter for part in written for letter in re.findall(r"\w", read(part).shown)] == meant
    else:
        assert len(written) <= 2


def test_a_fence_is_closed_and_opened_again_with_its_language() -> None:
    lines = "\n".join(f"line {number:04}" for number in range(680))
    parts = [write(part, DISCORD) for part in answer(f"```py\n{lines}\n```", 100).parts]
    assert len(parts) == 2
    assert all(part.startswith("```py\n") and part.endswith("\n```") for part in parts)
    assert "\n".join(part[6:-4] for part in parts) == lines


def test_prose_is_cut_between_paragraphs() -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 40 for number in range(30)).strip()
    parts = [write(part, DISCORD) for part in answer(text, 200).parts]
    assert len(parts) == 2
    assert all(part.startswith("Paragraph ") for part in parts)
    assert "\n\n".join(parts) == re.sub(r" \n", "\n", text)


def test_a_text_that_takes_too_many_messages_is_a_summary_and_a_file() -> None:
    text = "# Report\n\n" + "word " * 5_000
    shown = answer(text, 200)
    assert shown.document is not None
    assert (shown.document.name, shown.document.data.decode()) == ("answer.md", text)
    assert len(shown.parts) == 1
    assert write(shown.parts[0], DISCORD).endswith("\n\n…")
    assert answer("x * " * 2_450, 200).document is not None, "it only grows by escaping"


def test_a_long_link_that_leaves_no_room_for_what_stands_under_it() -> None:
    shown = answer(f"[x](https://a.example/{'y' * 1_900})", 2_400)
    assert [measured(part) > 0 for part in shown.parts] == [True, False]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Where is order 7?", "Where is order 7?"),
        ("  where\n\nis **order** `7`?\t", "where is order 7?"),
        ("<@123456> where is it", "where is it"),
        ("<@!1> <@&2> <#3> <:smile:4> </ask:5> <t:6:R>", "Question"),
        ("# Title\n- point", "Title point"),
        ("[docs](https://a.example) for snake_case", "docs for snake_case"),
        ("||secret|| ~~gone~~ _it_", "secret gone it"),
        ("\u202egnp.exe\u202c x", "gnp.exe x"),
        ("\u200b\u2060\n", "Question"),
        ("", "Question"),
        ("***", "Question"),
        ("hi @everyone", f"hi @{J}everyone"),
        ("C# or C++?", "C# or C++?"),
        ("???", "???"),
        ("word " * 40, "word " * 18 + "word word…"),
        ("x" * 300, "x" * 99 + "…"),
    ],
)
def test_a_thread_name(question: str, expected: str) -> None:
    assert thread_name(question) == expected


_THREAD_NAMES = st.text(max_size=300) | st.text("<>@#:/&!at0_x -", max_size=40)
"""Anything, and what is made of the signs that Discord's tokens are made of."""


@settings(max_examples=300, deadline=None)
@given(_THREAD_NAMES)
@example("<:")
@example("</")
@example("<:a:1")
@example("<<@1>@1>")
def test_a_thread_name_always_fits(question: str) -> None:
    name = thread_name(question)
    assert 1 <= size(name) <= 100
    assert name == name.strip()
    assert "\n" not in name
    assert not live_name(name)
    assert not re.search(r"<[@#:/]|@(everyone|here)|[*`|\u202a-\u202e\u2066-\u2069]", name)
