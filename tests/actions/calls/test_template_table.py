"""Every place that a value can stand in, with values that would like to be elsewhere: its wire form, or refused."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.actions.template import TemplateError, Values, fill_body, fill_headers, fill_text, fill_url, text_of
from bot.domain.action import Json, Value

BASE = "https://api.example.com"


def values(**given: Value) -> Values:
    return Values(given, ["x", "a", "b"])


IN_A_PATH = [
    ("12345", "12345"),
    ("two words", "two%20words"),
    ("a/b", "a%2Fb"),
    ("a\\b", "a%5Cb"),
    ("a?b", "a%3Fb"),
    ("a#b", "a%23b"),
    ("a&b=c", "a%26b%3Dc"),
    ("a;b", "a%3Bb"),
    ("a:b@c", "a%3Ab%40c"),
    ("50%", "50%25"),
    ("%41", "%2541"),
    ("a+b", "a%2Bb"),
    ("{SECRET}", "%7BSECRET%7D"),
    ("{x}", "%7Bx%7D"),
    ("$(id)", "%24%28id%29"),
    ("'; DROP TABLE x", "%27%3B%20DROP%20TABLE%20x"),
    ('"<>', "%22%3C%3E"),
    ("Zoë", "Zo%C3%AB"),
    ("漢字", "%E6%BC%A2%E5%AD%97"),
    ("🙂", "%F0%9F%99%82"),
    ("a.b", "a.b"),
    ("...", "..."),
    (".hidden", ".hidden"),
    ("a..b", "a..b"),
    ("v1.2.", "v1.2."),
    ("~-_", "~-_"),
    ("http://evil.example", "http%3A%2F%2Fevil.example"),
    ("@evil.example", "%40evil.example"),
    (" 5 ", "%205%20"),
    (7, "7"),
    (2.0, "2"),
    (2.5, "2.5"),
    (-3, "-3"),
    (1e21, "1000000000000000000000"),
    (True, "true"),
    (False, "false"),
]


@pytest.mark.parametrize(("value", "wire"), IN_A_PATH)
def test_a_value_stays_within_its_path_segment(value: Value, wire: str) -> None:
    url = fill_url(f"{BASE}/v1/{{x}}/end?k=1", {}, values(x=value))

    assert str(url) == f"{BASE}/v1/{wire}/end?k=1"
    assert url.raw_path == f"/v1/{wire}/end"


NOT_IN_A_PATH = [
    "", " ", "   ", "\u00a0", ".", "..", " .. ", "../x", "x/../y", "..\\x", "x\\..", "/..", "../", "./x", "..;/x",
    "..;x", "%2e", "%2e%2e", "%2E%2E", ".%2e", "%252e%252e", "%25252e%25252e", "..%2f..%2fetc", "..%5c", "%2e%2e/x",
    "a%2f..%2fb", "\uff0e\uff0e", "\u2025", "..\uff0fx", "a\x00b", "a\nb", "a\rb", "a\tb", "\x1b[0m", "\x7f",
    "%2525252525252525252e", "\ud800", "a\udfffb",
]  # fmt: skip


@pytest.mark.parametrize("value", NOT_IN_A_PATH)
def test_a_value_that_would_leave_its_path_segment_is_refused(value: str) -> None:
    with pytest.raises(TemplateError) as refused:
        fill_url(f"{BASE}/v1/{{x}}", {}, values(x=value))

    assert not value.strip() or len(value.strip()) < 3 or value not in str(refused.value)


@pytest.mark.parametrize(
    ("template", "given"),
    [
        ("/v1/{a}{b}", {"a": ".", "b": "."}),
        ("/v1/.{a}", {"a": "."}),
        ("/v1/{a}.", {"a": "."}),
        ("/v1/%2e{a}", {"a": "."}),
        ("/v1/{a}%2e", {"a": "."}),
        ("/v1/{a}{b}", {"a": "%2", "b": "e."}),
        ("/v1/{a}{b}/x", {"a": "", "b": "5"}),
        ("/v1/orders-{a}", {"a": ""}),
        ("/v1/{a}.json", {"a": " "}),
        ("/v1/{x}", {}),
        ("/v1/{x}/refunds", {}),
        ("/v1/order-{x}", {}),
        ("/v1/{a}/{b}", {"a": "1"}),
    ],
)
def test_parts_that_only_together_leave_the_segment_are_refused_too(template: str, given: Mapping[str, str]) -> None:
    with pytest.raises(TemplateError):
        fill_url(BASE + template, {}, values(**given))


IN_A_QUERY = [
    ("q={x}", "12", "q=12"),
    ("q={x}", "", "q="),
    ("q={x}", "a b", "q=a%20b"),
    ("q={x}", "a+b", "q=a%2Bb"),
    ("q={x}", "a&admin=1", "q=a%26admin%3D1"),
    ("q={x}", "a=b", "q=a%3Db"),
    ("q={x}", "a#b", "q=a%23b"),
    ("q={x}", "a;b", "q=a%3Bb"),
    ("q={x}", "../..", "q=..%2F.."),
    ("q={x}", "line\nline", "q=line%0Aline"),
    ("q={x}", "100%", "q=100%25"),
    ("q={x}", "%26", "q=%2526"),
    ("q={x}", "[]", "q=%5B%5D"),
    ("q={x}", "ü", "q=%C3%BC"),
    ("q={x}", "{KEY}", "q=%7BKEY%7D"),
    ("q={x}", True, "q=true"),
    ("q={x}", 1.0, "q=1"),
    ("q={x}", 0.1, "q=0.1"),
    ("q=a{x}z", "&", "q=a%26z"),
    ("{x}=1", "a=b&c", "a%3Db%26c=1"),
    ("created>{x}", "5", "created%3E5"),
    ("filter[status]={x}", "open", "filter%5Bstatus%5D=open"),
    ("q={x}&y={other}", "1", "q=1&y=%7Bother%7D"),
    ("q=already%20done+so&z={x}", "1", "q=already%20done+so&z=1"),
    ("q={a}&y={x}", "1", "y=1"),
    ("{a}&y={x}", "1", "y=1"),
    ("a={a}&b={b}", "1", ""),
    ("&&y={x}&", "1", "y=1"),
]


@pytest.mark.parametrize(("template", "value", "wire"), IN_A_QUERY)
def test_a_value_stays_within_its_query_pair(template: str, value: Value, wire: str) -> None:
    url = fill_url(f"{BASE}/find?{template}", {}, values(x=value))

    assert url.raw_query_string == wire
    assert str(url) == f"{BASE}/find" + (f"?{wire}" if wire else "")


IN_AN_ADDRESS = [
    ("{BASE}/v1/{x}", {"BASE": "https://api.example.com"}, "https://api.example.com/v1/5"),
    ("{BASE}/v1/{x}", {"BASE": "http://127.0.0.1:8480/stripe"}, "http://127.0.0.1:8480/stripe/v1/5"),
    ("https://{SHOP}.example.com/{x}", {"SHOP": "acme"}, "https://acme.example.com/5"),
    ("https://{HOST}:{PORT}/{x}", {"HOST": "h.example", "PORT": "8443"}, "https://h.example:8443/5"),
    ("HTTPS://API.Example.COM/{x}", {}, "https://api.example.com/5"),
    ("https://münchen.example/{x}", {}, "https://xn--mnchen-3ya.example/5"),
    ("http://①②⑦.⓪.⓪.①/{x}", {}, "http://127.0.0.1/5"),
    ("https://[2606:4700::1111]:8443/{x}", {}, "https://[2606:4700::1111]:8443/5"),
    ("https://api.example.com", {}, "https://api.example.com/"),
    ("https://api.example.com?q={x}", {}, "https://api.example.com/?q=5"),
    ("https://api.example.com:443/{x}", {}, "https://api.example.com/5"),
    ("https://api.example.com/{x}#frag", {}, "https://api.example.com/5"),
    ("https://api.example.com/{x}#{a}", {}, "https://api.example.com/5"),
    ("https://api.example.com/a b/{x}".replace(" ", "%20"), {}, "https://api.example.com/a%20b/5"),
    ("https://api.example.com/{unknown}/{x}", {}, "https://api.example.com/%7Bunknown%7D/5"),
    ("https://api.example.com/{}/{ x }/{1}".replace(" ", ""), {}, "https://api.example.com/%7B%7D/5/%7B1%7D"),
    ("https://api.example.com//{x}//", {}, "https://api.example.com//5//"),
    ("https://api.example.com/items({x})/@me", {}, "https://api.example.com/items(5)/@me"),
    ("{BASE}/{x}", {"BASE": "https://api.example.com", "x": "7"}, "https://api.example.com/7"),
]


@pytest.mark.parametrize(("endpoint", "variables", "wire"), IN_AN_ADDRESS)
def test_scheme_and_host_come_from_text_and_variables(endpoint: str, variables: Mapping[str, str], wire: str) -> None:
    assert str(fill_url(endpoint, variables, values(x="5"))) == wire


@pytest.mark.parametrize(
    "endpoint",
    [
        "{x}://api.example.com/",
        "https://{x}/",
        "https://{x}.example.com/",
        "https://api.example.com:{x}/",
        "https://{x}@api.example.com/",
        "https://api.example.com{x}",
        "{UNSET_BASE_URL}/v1/5",
        "{x}",
        "/v1/5",
        "//",
        "",
        "https://",
        "https:///v1",
        "https://user:pass@api.example.com/",
        "https://user@api.example.com/",
        "https://@api.example.com/",
        "https://[::1/",
        "https://api.example.com:99999/",
        "https://api.example.com:port/",
        "https://good.example\\@evil.example/",
        "https://api.exa\tmple.com/",
        "https://api.example.com/\nHost: evil",
        " https://api.example.com/",
        "\x00https://api.example.com/",
        "https://api.example.com/a b",
        "https://xn--/",
        "https://api.example.com/\ud800",
    ],
)
def test_an_address_that_is_not_whole_or_takes_its_host_from_a_value_is_refused(endpoint: str) -> None:
    with pytest.raises(TemplateError):
        fill_url(endpoint, {}, Values({"x": "evil.example"}))


IN_A_HEADER = [
    ("Bearer {x}", "sk_live_1", "Bearer sk_live_1"),
    ("{x}", 5, "5"),
    ("{x}", 5.0, "5"),
    ("{x}", True, "true"),
    ("{x}", "a b", "a b"),
    ("{x}", " a ", "a"),
    ("{x}", "a\tb", "a\tb"),
    ("{x}", "Zoë 漢", "Zoë 漢"),
    ("{x}", "{KEY}", "{KEY}"),
    ("{x}", "", ""),
    ("a={x}; b={unknown}", "1", "a=1; b={unknown}"),
    ('{"v": "{x}"}', "1", '{"v": "1"}'),
]


@pytest.mark.parametrize(("template", "value", "wire"), IN_A_HEADER)
def test_a_header_holds_its_values_as_text(template: str, value: Value, wire: str) -> None:
    assert fill_headers([("X-Value", template)], values(x=value)) == {"X-Value": wire}


@pytest.mark.parametrize(
    "value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "\r\n\r\nGET / HTTP/1.1", "a\x00b", "\x1b", "\x7f", "a\x0bb", "\ud800"]
)
def test_a_header_value_that_would_end_the_header_is_refused(value: str) -> None:
    with pytest.raises(TemplateError, match="X-Value"):
        fill_headers([("X-Value", "Bearer {x}")], values(x=value))


def test_a_header_without_its_value_is_left_out_and_names_know_no_case() -> None:
    headers = fill_headers([("X-One", "{x}"), ("x-two", "{a}"), ("Accept", "text/plain")], values(a="2"))

    assert dict(headers) == {"x-two": "2", "Accept": "text/plain"}
    assert headers["X-TWO"] == "2"


IN_A_BODY: list[tuple[Json, Json]] = [
    ("{x}", 'a"b'),
    ({"k": "{x}"}, {"k": 'a"b'}),
    ({"k": "say {x}!"}, {"k": 'say a"b!'}),
    ({"k": "{n}"}, {"k": 5}),
    ({"k": "{f}"}, {"k": 2.5}),
    ({"k": "{t}"}, {"k": True}),
    ({"k": "{n} of {f}"}, {"k": "5 of 2.5"}),
    ({"k": " {n}"}, {"k": " 5"}),
    ({"k": "is {t}"}, {"k": "is true"}),
    ({"k": ["{x}", "{n}"]}, {"k": ['a"b', 5]}),
    ({"a": {"b": {"c": "{n}"}}}, {"a": {"b": {"c": 5}}}),
    ({"k": "{gone}"}, {}),
    ({"k": "with {gone}"}, {}),
    ({"k": {"d": "{gone}"}, "e": 1}, {"k": {}, "e": 1}),
    (["{gone}", 1], [None, 1]),
    ([{"k": "{gone}"}], [{}]),
    ("{gone}", None),
    ({"{x}": 1}, {"{x}": 1}),
    ({"k": "{unknown}"}, {"k": "{unknown}"}),
    ({"k": "{{x}}"}, {"k": '{a"b}'}),
    ({"k": "{ x }"}, {"k": "{ x }"}),
    ({"k": "{brace}"}, {"k": "{n}"}),
    ({"k": "{x.__class__}"}, {"k": "{x.__class__}"}),
    ({"k": "{x!r:>100}"}, {"k": "{x!r:>100}"}),
    ({"k": "{0}{}"}, {"k": "{0}{}"}),
    ({"k": "${x}"}, {"k": '$a"b'}),
    ({"k": None, "l": 1, "m": False, "n": 1.5}, {"k": None, "l": 1, "m": False, "n": 1.5}),
    ({"k": ""}, {"k": ""}),
    ({"k": "{line}"}, {"k": "one\ntwo\x00\u2028"}),
]


@pytest.mark.parametrize(("template", "filled"), IN_A_BODY)
def test_a_body_is_filled_as_an_object(template: Json, filled: Json) -> None:
    given = Values(
        {"x": 'a"b', "n": 5, "f": 2.5, "t": True, "brace": "{n}", "line": "one\ntwo\x00\u2028"}, optional=["gone"]
    )

    assert fill_body(template, given) == filled


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_have_is_refused(number: float) -> None:
    with pytest.raises(TemplateError, match="amount"):
        fill_body({"k": "{amount}"}, Values({"amount": number}))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (1.0, "1"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (1e16, "10000000000000000"),
        (12.50, "12.5"),
        (-0.5, "-0.5"),
        (10**30, "1" + "0" * 30),
        (True, "true"),
        (False, "false"),
        ("x", "x"),
        (100.0, "100"),
    ],
)
def test_numbers_are_plain_decimals(value: Value, text: str) -> None:
    assert text_of(value) == text


def test_values_are_put_in_once() -> None:
    given = Values({"a": "{b}{TOKEN}", "b": "{a}", "TOKEN": "sk_live_1"})

    assert fill_text("{a}|{b}", given) == "{b}{TOKEN}|{a}"
