"""Which addresses become links, and which labels are told apart from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.markup.links import host_of, poses, safe_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/b?c=d&e=f#g", "https://a.example/b?c=d&e=f#g"),
        ("HTTPS://A.example", "https://a.example"),
        ("http://a.example:8080/x", "http://a.example:8080/x"),
        ("https://user:word@a.example/", "https://a.example/"),
        ("https://a.example/x y|z<>\"'`", "https://a.example/x%20y%7Cz%3C%3E%22%27%60"),
        ("https://bücher.example/é", "https://xn--bcher-kva.example/%C3%A9"),
        ("https://a.example/%20", "https://a.example/%20"),
        ("https://[2001:db8::1]:8/x", "https://[2001:db8::1]:8/x"),
        ("mailto:help@a.example", "mailto:help@a.example"),
        ("mailto:a@b.example|c@d.example", ""),
        ("mailto:", ""),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//a.example", ""),
        ("https://", ""),
        ("https://[::1", ""),
        ("https://a.example:99999999", ""),
        ("https://a b.example", ""),
        ("https://a.example/" + "x" * 2_000, ""),
        ("", ""),
    ],
)
def test_safe_addresses(url: str, expected: str) -> None:
    assert safe_url(url) == expected


@pytest.mark.parametrize(
    ("label", "url", "lies"),
    [
        ("docs", "https://a.example", False),
        ("a.example", "https://a.example/x", False),
        ("www.a.example", "https://a.example", False),
        ("a.example", "https://docs.a.example", False),
        ("https://a.example/other", "https://a.example/x", False),
        ("report.pdf", "https://a.example", False),
        ("version 1.2.3", "https://a.example", False),
        ("b.example", "https://a.example", True),
        ("docs.a.example", "https://a.example", True),
        ("go to b.example now", "https://a.example", True),
        ("https://b.example", "https://a.example/b.example", True),
        ("ｂ.example", "https://a.example", True),
        ("b。example", "https://a.example", True),
        ("http://localhost", "https://a.example", True),
        ("b@b.example", "mailto:b@a.example", True),
        ("b@a.example", "mailto:b@a.example", False),
        ("аррle.example", "https://xn--le-6kcaa.example", True),
    ],
)
def test_labels_that_pose(label: str, url: str, lies: bool) -> None:
    assert poses(label, url) is lies


@given(st.text(max_size=80))
def test_a_safe_address_stays_as_it_is(text: str) -> None:
    for candidate in (text, f"https://{text}", f"https://a.example/{text}", f"mailto:{text}"):
        once = safe_url(candidate)
        assert safe_url(once) == once
        assert not once or host_of(once)
        assert not set('<>|" \n') & set(once)
