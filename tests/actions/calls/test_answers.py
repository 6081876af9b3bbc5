"""What people and models read of an answer, whatever a service sends."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from datetime import UTC, datetime

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.answers import CAP, readable, seconds_of
from bot.actions.markup import text_of_page
from bot.domain.action import HttpCall, Json
from bot.domain.run import Outcome
from tests.actions.calls.world import Handler, api_action, raw_service, run, service

READ: list[tuple[bytes, str, str, str, Json]] = [
    (b'{"a": 1}', "application/json", "utf-8", '{\n  "a": 1\n}', {"a": 1}),
    (b'{"a": 1}', "text/plain", "utf-8", '{\n  "a": 1\n}', {"a": 1}),
    (b'{"a": 1}', "", "utf-8", '{\n  "a": 1\n}', {"a": 1}),
    (b'{"a": 1}', "text/html", "utf-8", '{\n  "a": 1\n}', {"a": 1}),
    (b'{"a": 1}', "application/octet-stream", "utf-8", '{\n  "a": 1\n}', {"a": 1}),
    (b"\xef\xbb\xbf[1]", "application/json", "utf-8", "[\n  1\n]", [1]),
    ('["é"]'.encode("latin-1"), "application/json", "iso-8859-1", '[\n  "é"\n]', ["é"]),
    ('["é"]'.encode("utf-16"), "application/json", "utf-16", '[\n  "é"\n]', ["é"]),
    (b'"text"', "application/json", "utf-8", "text", "text"),
    (b"3", "application/json", "utf-8", "3", 3),
    (b"null", "application/json", "utf-8", "null", None),
    (b"true", "application/json", "utf-8", "true", True),
    (b'{"a": ', "application/json", "utf-8", '{"a": ', '{"a": '),
    (b'{"a":1}{"a":2}', "application/x-ndjson", "utf-8", '{"a":1}{"a":2}', '{"a":1}{"a":2}'),
    (b'["\\ud800"]', "application/json", "utf-8", '[\n  "?"\n]', ["\ud800"]),
    (b"", "application/json", "utf-8", "(an empty answer)", None),
    (b" \n", "text/plain", "utf-8", "(an empty answer)", None),
    (b"plain", "text/plain", "utf-8", "plain", "plain"),
    (b"caf\xe9", "text/plain", "windows-1252", "café", "café"),
    (b"caf\xe9", "text/plain", "utf-8", "caf\ufffd", "caf\ufffd"),
    (b"caf\xe9", "text/plain", "no-such-charset", "caf\ufffd", "caf\ufffd"),
    (b"x-", "text/plain", "punycode", "x-", "x-"),
    (b"x", "text/plain", "idna", "x", "x"),
    (b"\\u0041", "text/plain", "unicode_escape", "\\u0041", "\\u0041"),
    (b"eJw=", "text/plain", "base64", "eJw=", "eJw="),
    (b"x", "text/plain", "undefined", "x", "x"),
    (b"x", "text/plain", "cp99999", "x", "x"),
    (b"a,b\n1,2", "text/csv", "utf-8", "a,b\n1,2", "a,b\n1,2"),
    (b"<a>1</a>", "application/xml", "utf-8", "<a>1</a>", "<a>1</a>"),
    (b"<p>one</p><p>two</p>", "text/html", "utf-8", "one\ntwo", "<p>one</p><p>two</p>"),
    (b"plain", "", "utf-8", "plain", "plain"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "utf-8", "(a binary answer of 8 bytes, image/png)", None),
    (b"\xff\xfe\x00", "", "utf-8", "(a binary answer of 3 bytes)", None),
    (b"%PDF-1.7 \xff", "application/pdf", "utf-8", "(a binary answer of 10 bytes, application/pdf)", None),
    (b"a\x00b", "text/plain", "utf-8", "(a binary answer of 3 bytes, text/plain)", None),
    (b"<svg/>", "image/svg+xml", "utf-8", "<svg/>", "<svg/>"),
    (b"xxxxx\xc3", "", "utf-8", "xxxxx", "xxxxx"),
]


@pytest.mark.parametrize(("raw", "kind", "charset", "text", "body"), READ)
def test_an_answer_is_read_by_its_content(raw: bytes, kind: str, charset: str, text: str, body: Json) -> None:
    assert readable(raw, kind, charset) == (text, body)


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 900 + b"]" * 900, b"9" * 10_000, b"1e999"])
def test_json_that_is_too_much_for_a_parser_is_shown_as_it_is(raw: bytes) -> None:
    text, _ = readable(raw, "application/json", "utf-8")

    assert text


def test_long_json_stands_on_one_line() -> None:
    rows = [{"id": number} for number in range(2000)]

    text, body = readable(json.dumps(rows, indent=4).encode(), "application/json", "utf-8")

    assert (text, body) == (json.dumps(rows), rows)


@given(st.binary(max_size=300), st.sampled_from(["", "text/plain", "text/html", "application/json", "image/png"]))
def test_any_bytes_give_a_text_that_can_be_kept(raw: bytes, kind: str) -> None:
    text, _ = readable(raw, kind, "utf-8")

    assert text.encode()


PAGES = [
    ("<h1>Status</h1><p>All <b>good</b> &amp; well</p>", "Status\nAll good & well"),
    ("<html><head><title>T</title><style>p{}</style></head><body>x</body>", "x"),
    ("a<script>if (1 < 2) alert('<p>')</script>b", "ab"),
    ("a<SCRIPT type='x'>evil</ScRiPt >b", "ab"),
    ("a<!-- secret <p> -->b", "ab"),
    ("a<!-- never closed", "a"),
    ("a<script>never closed", "a"),
    ("<ul><li>one<li>two</ul>", "one\ntwo"),
    ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ("a <b", "a"),
    ("<!DOCTYPE html>x", "x"),
    ("<table><tr><td>a</td> <td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
    ("&lt;p&gt; stays text", "<p> stays text"),
    ("  many \t blanks\n\n\nand lines  ", "many blanks\nand lines"),
    ("", ""),
]


@pytest.mark.parametrize(("page", "text"), PAGES)
def test_a_page_becomes_its_text(page: str, text: str) -> None:
    assert text_of_page(page) == text


@pytest.mark.parametrize(
    "piece", ["<", "<script ", "<script>", "<!--", "<a", "</script", "&#", "<p>", "< ", "<!", "<<<>"]
)
def test_a_broken_page_of_a_mebibyte_is_read_in_time_that_grows_with_its_length(piece: str) -> None:
    # Were it quadratic, this would take minutes and the run would be stopped.
    assert isinstance(text_of_page(piece * (CAP // len(piece))), str)


NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("Fri, 20 Nov 2026 09:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 08:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2026 09:00:30 -0000", 30.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("9" * 400, None),
        ("Fri, 99 Nov 2026 09:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert seconds_of(header, NOW) == seconds


def saying(body: bytes, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer


async def test_an_answer_is_cut_at_one_mebibyte_and_that_is_noted() -> None:
    async with service(saying(b"x" * (3 * CAP), Content_Type="text/plain")) as shop:
        result = await run(api_action(HttpCall("GET", shop.at())))

    assert (result.outcome, len(result.output)) == (Outcome.SUCCESS, CAP)
    assert result.notes == ("the answer was cut at 1024 KiB",)


async def test_an_answer_of_exactly_the_cap_is_whole() -> None:
    async with service(saying(b"x" * CAP, Content_Type="text/plain")) as shop:
        result = await run(api_action(HttpCall("GET", shop.at())))

    assert (len(result.output), result.notes) == (CAP, ())


async def test_json_that_was_cut_is_still_shown() -> None:
    rows = json.dumps([{"id": number, "text": "x" * 50} for number in range(20_000)]).encode()

    async with service(saying(rows, Content_Type="application/json")) as shop:
        result = await run(api_action(HttpCall("GET", shop.at())))

    assert result.outcome is Outcome.SUCCESS
    assert result.output.startswith('[{"id": 0,')
    assert result.notes == ("the answer was cut at 1024 KiB",)


async def test_a_character_that_the_cap_cuts_in_two_makes_no_binary_answer() -> None:
    async with service(saying(b"x" + "é".encode() * CAP)) as shop:
        result = await run(api_action(HttpCall("GET", shop.at())))

    assert result.output.startswith("xéé")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_cut_while_it_unfolds(encoding: str) -> None:
    bomb = bytearray()
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    for _ in range(256):
        bomb += packer.compress(bytes(1 << 20).replace(b"\0", b" "))
    bomb += packer.flush()

    async with service(saying(bytes(bomb), Content_Encoding=encoding, Content_Type="text/plain")) as shop:
        tracemalloc.start()
        result = await run(api_action(HttpCall("GET", shop.at())))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert result.outcome is Outcome.SUCCESS
    assert "the answer was cut at 1024 KiB" in result.notes
    assert peak < 32 << 20


async def test_a_packed_answer_is_read() -> None:
    async with service(saying(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")) as shop:
        result = await run(api_action(HttpCall("GET", shop.at())))

    assert result.output == '{\n  "a": 1\n}'


async def test_an_endless_answer_is_cut_without_waiting_for_its_end() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            await writer.drain()

    async with raw_service(endless) as shop:
        result = await run(api_action(HttpCall("GET", shop.at(), timeout_seconds=20)))

    assert (result.outcome, len(result.output)) == (Outcome.SUCCESS, CAP)
