"""Whatever a value is: read back from the wire it is the same value, in the same place, and was put in once."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, unquote

from hypothesis import example, given
from hypothesis import strategies as st

from bot.actions.template import TemplateError, Values, fill_body, fill_headers, fill_text, fill_url
from bot.domain.action import Json, Value

any_text = st.text(st.characters(codec="utf-8"), max_size=60)
nasty_text = st.lists(
    st.sampled_from(["/", "..", ".", "%", "%2e", "%2f", "?", "#", "&", "=", "{x}", "{TOKEN}", "{", "}", "\\", ";", "@",
                     ":", "a", "é", "\r\n", "\x00", '"', " ", "\u2025", "\uff0f"]), max_size=8,
).map("".join)  # fmt: skip
texts = any_text | nasty_text
scalars = texts | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@given(texts, texts)
@example("..", "x")
@example("%2e%2e", "..")
def test_a_path_segment_read_back_is_the_value_or_refused(one: str, other: str) -> None:
    try:
        url = fill_url("https://h.example/a/{x}/b/{y}.json?k=1", {}, Values({"x": one, "y": other}))
    except TemplateError:
        assert not (one.isalnum() and other.isalnum()), "only what may climb is refused"
        return

    segments = url.raw_path.split("/")
    assert [unquote(segment) for segment in segments] == ["", "a", one, "b", f"{other}.json"]
    assert url.raw_query_string == "k=1"
    assert (url.scheme, url.raw_authority) == ("https", "h.example")


@given(texts)
def test_no_number_of_decodings_makes_a_path_climb(value: str) -> None:
    try:
        path = fill_url("https://h.example/a/{x}/b", {}, Values({"x": value})).raw_path
    except TemplateError:
        return

    while path != unquote(path):
        path = unquote(path)
    assert not {".", ".."} & set(path.replace("\\", "/").split("/"))


@given(texts, texts)
def test_a_query_pair_read_back_is_the_value(key: str, value: str) -> None:
    url = fill_url("https://h.example/a?before=1&{k}={x}&mixed=<{x}>&after=2", {}, Values({"k": key, "x": value}))

    pairs = parse_qsl(url.raw_query_string, keep_blank_values=True)
    assert pairs == [("before", "1"), (key, value), ("mixed", f"<{value}>"), ("after", "2")]
    assert url.raw_path == "/a"


@given(texts)
def test_a_header_is_the_value_or_refused(value: str) -> None:
    try:
        headers = fill_headers([("X-Value", "{x}")], Values({"x": value}))
    except TemplateError:
        assert any(character < " " or character == "\x7f" for character in value)
        return

    assert headers["X-Value"].encode().decode() == value.strip(" \t")
    assert not {"\r", "\n", "\x00"} & set(headers["X-Value"])


@given(scalars, scalars)
def test_a_json_body_read_back_is_the_value_with_its_type(one: Value, other: Value) -> None:
    body = fill_body({"one": "{x}", "list": ["{y}", "{x}"], "deep": {"y": "{y}"}}, Values({"x": one, "y": other}))

    read = json.loads(json.dumps(body))
    assert read == {"one": one, "list": [other, one], "deep": {"y": other}}
    assert type(read["one"]) is type(one)


@given(st.recursive(texts | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner)))
def test_a_body_without_known_names_stays_as_it_is(body: Json) -> None:
    assert fill_body(body, Values({})) == body


@given(texts, texts)
def test_one_pass_only(one: str, other: str) -> None:
    filled = fill_text("<{x}|{y}>", Values({"x": one, "y": other, "TOKEN": "sk_live_1"}))

    assert filled == f"<{one}|{other}>"


@given(texts)
def test_no_value_reaches_the_host(value: str) -> None:
    for endpoint in ("https://{x}/a", "https://h.example{x}", "https://h.example:{x}/", "{x}//h.example/", "{x}"):
        try:
            url = fill_url(endpoint, {}, Values({"x": value}))
        except TemplateError:
            continue
        raise AssertionError(url)
