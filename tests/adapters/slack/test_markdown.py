"""Markdown in each notation: what people see of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import JOINER, clean, cut, escaped
from bot.adapters.markup.parsing import parse
from bot.adapters.markup.splitting import packed
from bot.adapters.markup.tree import Block, Heading, Listing, Paragraph, Quote, Span, Spans, Table, text_of
from bot.adapters.markup.writing import MARKDOWN, PLAIN, write
from bot.adapters.slack.rendering.answer import answer, bare, measured, rich, sections
from bot.adapters.slack.rendering.limits import OUR_SECTION
from bot.adapters.slack.rendering.mrkdwn import MRKDWN
from bot.adapters.slack.rendering.stream import MarkdownStream

MRKDWN_TABLE = (
    ("**bold** *it* ~~gone~~ `code`", "*bold* _it_ ~gone~ `code`"),
    ("***both***", "*_both_*"),
    ("# Title **x**", "*Title x*"),
    ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
    ("&amp;", "&amp;"),
    ("&lt;!here&gt;", "&lt;!here&gt;"),
    ("`a < b`", "`a &lt; b`"),
    ("[docs](https://a.example/?x=1&y=2)", "<https://a.example/?x=1&amp;y=2|docs>"),
    ("see https://a.example/a_b.", "see <https://a.example/a_b|https://a.example/a_b>."),
    ("<https://a.example>", "<https://a.example|https://a.example>"),
    ("![chart](https://a.example/c.png)", "<https://a.example/c.png|chart>"),
    ("[x](javascript:alert(1))", "x"),
    ("[bank.example](javascript:alert(1))", "bank.example"),
    ("[bank.example](https://evil.example)", "bank.example (<https://evil.example|https://evil.example>)"),
    ("[a.example](https://www.a.example/x)", "<https://www.a.example/x|a.example>"),
    ("[report.pdf](https://a.example/1)", "<https://a.example/1|report.pdf>"),
    ("- a\n- b\n  - c", "• a\n• b\n  • c"),
    ("3. a\n4. b", "3. a\n4. b"),
    ("- [ ] open\n- [x] done", "• ☐ open\n• ☑ done"),
    ("> a\n> b", "> a\n> b"),
    ("```py\nx = 1\n```", "```\nx = 1\n```"),
    ("```\nnever closed", "```\nnever closed\n```"),
    ("a\nb", "a\nb"),
    ("a\n\nb", "a\n\nb"),
    ("---", "———"),
    ("snake_case __init__", "snake_case *init*"),
    ("\\*lit\\*", f"{JOINER}*lit*"),
    ("| a | n |\n|---|--:|\n| x | 1 |\n| yy | 20 |", "```\na    n\n--  --\nx    1\nyy  20\n```"),
    ("", ""),
)  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), MRKDWN_TABLE)
def test_mrkdwn(source: str, expected: str) -> None:
    assert write(parse(source), MRKDWN) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**bold** *it* ~~gone~~ `code`", "**bold** *it* ~~gone~~ `code`"),
        ("## Title", "## Title"),
        ("[x*y*](https://a.example/(b))", "[xy](https://a.example/%28b%29)"),
        ("`` a ` b ``", "`` a ` b ``"),
        ("\\# no title", "\\# no title"),
        ("1\\. no list", "1\\. no list"),
        ("a\\\n\\---", "a\n\\---"),
        ("&amp;lt;", "\\&lt;"),
        ("<b>", f"<{JOINER}b>"),
        ("- a\n\n  b\n- c", "- a\n\n  b\n- c"),
        ("> - a\n>   - b", "> - a\n>   - b"),
    ],
)
def test_markdown_is_written_so_that_it_reads_the_same(source: str, expected: str) -> None:
    assert write(parse(source), MARKDOWN) == expected
    assert write(parse(expected), MARKDOWN) == expected


def test_a_fence_in_code_cannot_close_it() -> None:
    assert write(parse("~~~\n```\n~~~"), MARKDOWN) == f"```\n`{JOINER}``\n```"
    assert write(parse("~~~\n```\n~~~"), MRKDWN) == f"```\n`{JOINER}``\n```"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**a** [b](https://c.example)", "a b (https://c.example)"),
        ("# T\n\n- x\n- y", "T\n\n• x\n• y"),
        ("```\ncode\n```", "code"),
        ("`<@U1>`", "<@U1>"),
    ],
)
def test_bare_text(source: str, expected: str) -> None:
    assert write(parse(source), PLAIN) == expected


def test_the_first_table_is_a_block_and_the_others_are_code() -> None:
    table = "| a | b |\n|:-:|---|\n| [x](https://a.example) |  |"
    blocks = rich(parse(f"Before\n\n{table}\n\nBetween\n\n{table}"))
    assert [block["type"] for block in blocks] == ["markdown", "table", "markdown"]
    assert blocks[1]["column_settings"] == [{"align": "center"}, {"align": "left"}]
    assert blocks[1]["rows"][1][1] == {"type": "raw_text", "text": " "}
    link = {"type": "link", "url": "https://a.example", "text": "x"}
    section = {"type": "rich_text_section", "elements": [link]}
    assert blocks[1]["rows"][1][0] == {"type": "rich_text", "elements": [section]}
    assert blocks[2]["text"].startswith("Between\n\n```\n")


@pytest.mark.parametrize(("rows", "columns"), [(100, 2), (2, 21)])
def test_a_table_beyond_the_limits_is_code(rows: int, columns: int) -> None:
    line = "|" + "x|" * columns
    table = "\n".join((line, "|" + "-|" * columns, *[line] * rows))
    assert [block["type"] for block in rich(parse(table))] == ["markdown"]


def test_wide_characters_stand_in_line() -> None:
    assert write(parse("| 日本 | b |\n|---|---|\n| x | y |"), PLAIN) == "日本  b\n----  -\nx     y"


def test_a_fence_is_closed_and_opened_again_with_its_language() -> None:
    code = "\n".join(f"line {number:04}" for number in range(900))
    groups = packed(parse(f"```py\n{code}\n```"), lambda part: measured(part, MARKDOWN), OUR_SECTION)
    texts = [write(group, MARKDOWN) for group in groups]
    assert all(text.startswith("```py\n") and text.endswith("\n```") for text in texts)
    assert "\n".join(text[6:-4] for text in texts) == code
    assert max(map(size, texts)) <= OUR_SECTION


def test_a_long_table_repeats_its_header() -> None:
    table = "| name | n |\n|---|---|\n" + "".join(f"| row {number} | {number} |\n" for number in range(300))
    texts = [block["text"]["text"] for block in sections(parse(table))]
    assert len(texts) > 1
    assert all(text.startswith("```\nname") for text in texts)
    assert [int(found) for text in texts for found in re.findall(r"row (\d+)", text)] == list(range(300))


def test_a_long_list_is_numbered_on() -> None:
    items = "\n".join(f"{number}. {'word ' * 30}" for number in range(1, 61))
    texts = [block["text"]["text"] for block in sections(parse(items))]
    numbers = [int(found) for text in texts for found in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    assert len(texts) > 1
    assert numbers == list(range(1, 61))


def test_prose_is_cut_between_sentences() -> None:
    text = " ".join(f"This is sentence {number} of many." for number in range(200))
    texts = [block["text"]["text"] for block in sections(parse(text))]
    assert len(texts) > 1
    assert all(text.endswith(".") for text in texts)
    assert " ".join(texts) == text


@pytest.mark.parametrize(
    "text", ["word " * 1_400, "x" * 7_000, "# " + "w " * 3_400, "> " + "q " * 3_000, "```\n" + "y" * 7_000, "é" * 7_000]
)
def test_nothing_is_lost_when_an_answer_is_cut(text: str) -> None:
    written = "".join(block["text"]["text"] for block in sections(answer(text).blocks))
    letters = re.findall(r"\w", text)
    assert re.findall(r"\w", written) == letters


def test_a_long_answer_is_a_summary_and_a_file() -> None:
    text = "# Report\n\n" + "\n\n".join(f"Paragraph {number}. " + "word " * 40 for number in range(100))
    shown = answer(text)
    assert shown.document is not None
    assert shown.document.data.decode() == text
    assert shown.document.name == "answer.md"
    assert "Paragraph 3." in bare(shown.blocks)
    assert bare(shown.blocks).endswith("\n\n…")
    assert size(bare(shown.blocks)) < 2_600


def test_an_answer_that_only_grows_by_escaping_is_a_file_too() -> None:
    assert answer("a & b " * 1_000).document is not None
    assert answer("a + b " * 1_000).document is None


def test_a_stream_gives_whole_blocks() -> None:
    stream = MarkdownStream()
    pieces = ("Hello <!ch", "annel>\n", "\nNext", " one\n\n", "- a\n\n", "  more of a\n\n", "End")
    assert [stream.feed(piece) for piece in pieces] == [
        "", "", f"Hello <{JOINER}!channel>\n\n", "", "Next one\n\n", "", "- a\n\n  more of a\n\n",
    ]  # fmt: skip
    assert stream.finish() == "End\n\n"


def test_a_stream_takes_a_large_piece_as_many_small_ones() -> None:
    text = "word\n" * 3_000 + "\n```\n" + "code\n" * 3_000 + "```\n\n" + "x" * 20_000
    stream = MarkdownStream()
    written = stream.feed(text) + stream.finish()
    assert (written.count("word"), written.count("code"), written.count("x")) == (3_000, 3_000, 20_000)


def test_a_stream_holds_a_fence_until_it_closes() -> None:
    stream = MarkdownStream()
    assert stream.feed("Hi\n\n```py\na\n\nb\n") == "Hi\n\n"
    assert stream.feed("```\n\nEnd") == "```py\na\n\nb\n```\n\n"
    assert stream.finish() == "End\n\n"


def test_a_stream_holds_back_only_so_much() -> None:
    stream = MarkdownStream()
    written = "".join(stream.feed("line of code\n" if index else "```py\n") for index in range(1_000))
    written += stream.finish()
    assert written.count("line of code") == 999
    assert written.count("```py\n") == written.count("\n```\n\n") > 1


@settings(deadline=None)
@given(st.text("a*_`[]()~#>-+1.|<&; \n\\", max_size=60))
def test_what_is_written_once_is_written_the_same_again(text: str) -> None:
    """Links and code that Markdown reads in our Markdown are those that we put there."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    ours = [span for block in _flat(parse(text)) for span in block if span.url]
    tokens = [inner for token in reader.parse(write(parse(text), MARKDOWN)) for inner in token.children or ()]
    assert sum(token.type == "link_open" for token in tokens) == len(ours)


def _flat(blocks: tuple[Block, ...]) -> Iterator[Spans]:
    for block in blocks:
        match block:
            case Paragraph() | Heading():
                yield block.spans
            case Quote():
                yield from _flat(block.blocks)
            case Listing():
                yield from (spans for item in block.items for spans in _flat(item))


@settings(deadline=None)
@given(st.text(max_size=200), st.integers(1, 50))
def test_a_cut_keeps_to_its_limit(text: str, limit: int) -> None:
    made = cut(text, limit, escaped)
    assert size(made) <= limit
    assert not re.search(r"&(?!amp;|lt;|gt;)", made)
    assert made == escaped(text) or made.endswith("…") or limit < 2


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("one two three", 9, "one two…"),
        ("ab👩‍👩‍👧", 8, "ab…"),
        ("a&b&c", 6, "a…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
    ],
)
def test_a_cut_stands_in_a_good_place(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit, escaped) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\u200bb\u200dc\u202ed\ufeff", "abcd"),
        ("\U000e0041x\x00\x1b[0m", "x[0m"),
        ("👩‍👩‍👧 می‌خواهم 1\ufe0f\u20e3 ❤️", "👩‍👩‍👧 می‌خواهم 1\ufe0f\u20e3 ❤️"),
        ("\ud800", "\ufffd"),
        ("a\tb", "a\tb"),
        ("a\u200d\u200d\ufe0f\u200d\u200cb", "ab"),
        ("❤\ufe0f\u200d🔥 ©\ufe0f", "❤\ufe0f\u200d🔥 ©"),
    ],
)
def test_cleaning(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_the_tree_holds_what_was_meant() -> None:
    paragraph, table = parse("**a** b\n\n| h |\n|---|\n| `c` |")
    assert paragraph == Paragraph((Span("a", bold=True), Span(" b")))
    assert isinstance(table, Table)
    assert text_of(table.rows[0][0]) == "c"
