"""No known secret leaves in any usual form, at any place, however the text is cut; nothing else is touched."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
import shlex
import string
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.ports import Masker
from bot.secrets.masking import MASK, SecretMasker

TOKEN = "sk_live_51HxQ2e/Zv+9Kt=="
WORDS = 'p@ss "wörd" & <it\'s> 100% \\o/ $HOME'
EMOJI = "schlüssel-😀-ключ"
SECRETS = {"TOKEN": TOKEN, "WORDS": WORDS, "EMOJI": EMOJI}
MASKER: Masker = SecretMasker(SECRETS)

Encode = Callable[[str], str]


def go_json(value: str) -> str:
    return re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def dotnet_json(value: str) -> str:
    return re.sub(r"\\u(....)", lambda found: "\\u" + found[1].upper(), json.dumps(value))


def lower_hex(text: str) -> str:
    return re.sub("%..", lambda found: found[0].lower(), text)


def colours(value: str) -> str:
    return "".join(f"\x1b[3{number % 8}m{letter}\x1b[0m" for number, letter in enumerate(value))


def base64_of(value: str, before: str = "", after: str = "") -> str:
    return base64.b64encode((before + value + after).encode()).decode()


ENCODINGS: dict[str, Encode] = {
    "raw": str,
    "lower case": str.lower,
    "upper case": str.upper,
    "padded": lambda value: f"  {value}  ",
    "JSON": json.dumps,
    "JSON UTF-8": lambda value: json.dumps({"key": value}, ensure_ascii=False),
    "JSON of Go": go_json,
    "JSON of .NET": dotnet_json,
    "JSON of PHP": lambda value: json.dumps(value).replace("/", "\\/"),
    "JSON in JSON": lambda value: json.dumps({"log": json.dumps({"key": value})}),
    "URL path": lambda value: quote(value, safe=""),
    "URL with slashes": quote,
    "URL lower hex": lambda value: lower_hex(quote(value, safe="")),
    "URL form": lambda value: urlencode({"key": value}),
    "URL form lower hex": lambda value: lower_hex(quote_plus(value)),
    "URL of JavaScript": lambda value: quote(value, safe="!'()*"),
    "URL twice": lambda value: quote(quote(value, safe=""), safe=""),
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
    "HTML": html.escape,
    "HTML text": lambda value: html.escape(value, quote=False),
    "HTML numbers": lambda value: html.escape(value).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    "XML": lambda value: html.escape(value).replace("&#x27;", "&apos;"),
    "Python": repr,
    "Python ASCII": ascii,
    "Python bytes": lambda value: repr(value.encode()),
    "shell": shlex.quote,
    "shell backslashes": lambda value: re.sub(r"([^\w@%+=:,./-])", r"\\\1", value),
    "shell double quotes": lambda value: re.sub(r'([$`"\\])', r"\\\1", value),
    "base64": base64_of,
    "base64 after 1 byte": lambda value: base64_of(value, "a"),
    "base64 after 2 bytes": lambda value: base64_of(value, "ab"),
    "base64 in the middle": lambda value: base64_of(value, "user:", "\nand more"),
    "base64url": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64url without tail": lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
    "base64 in a URL": lambda value: quote(base64_of(value), safe=""),
    "base64 wrapped": lambda value: "\n".join(re.findall(".{1,7}", base64_of(value))),
    "basic login": lambda value: "Authorization: Basic " + base64_of(value, "agent@example.com:"),
    "wrapped": lambda value: "\n".join(re.findall(".{1,5}", value)),
    "wrapped by a terminal": lambda value: "\r\n".join(re.findall(".{1,5}", value)),
    "colours": colours,
    "zero-width spaces": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "byte order marks": lambda value: "\ufeff" + "\ufeff".join(value),
    "character set switches": "\x1b(B".join,
    "twice": lambda value: value + value,
}
PLACES: dict[str, Callable[[str], str]] = {
    "alone": str,
    "in a line": lambda text: f"the value is {text}, see above",
    "inside a word": lambda text: f"abc{text}xyz",
    "many times": lambda text: f"{text} and\n{text}\n{text}",
}


def traces(value: str, text: str) -> list[str]:
    """Pieces of 8 characters of the value, plain or encoded, that stand in the text."""
    forms = (value, value.encode().hex(), base64_of(value).rstrip("="), quote(value, safe=""), json.dumps(value)[1:-1])
    seen = re.sub("\x1b[^m]*m|[\u200b\u00ad\ufeff\r\n]|\x1b\\(B", "", text)
    return [form[at : at + 8] for form in forms for at in range(len(form) - 7) if form[at : at + 8] in seen]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("secret", SECRETS)
def test_no_form_of_a_secret_is_shown(secret: str, encoding: str, place: str) -> None:
    value = SECRETS[secret]
    text = PLACES[place](ENCODINGS[encoding](value))

    masked = MASKER.mask(text)

    assert MASK in masked
    assert traces(value, masked) == []
    assert ENCODINGS[encoding](value) not in masked


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_stream_of_single_characters_shows_the_same(encoding: str) -> None:
    text = f"before {ENCODINGS[encoding](TOKEN)} after {ENCODINGS[encoding](WORDS)}"
    stream = MASKER.stream()

    shown = "".join(map(stream.feed, text)) + stream.finish()

    assert shown == MASKER.mask(text)


@pytest.mark.parametrize(
    "text", ["x abcdefgh1234 y", "abcdefgh1234abcdefgh", "ab\x1b[31mcd\u200befgh12\n34!", "abcdefghijkl"]
)
def test_every_split_into_three_shows_the_same(text: str) -> None:
    masker = SecretMasker({"A": "abcdefgh1234", "B": "1234abcdefgh", "C": "efgh1234"})
    whole = masker.mask(text)

    for first, second in itertools.combinations_with_replacement(range(len(text) + 1), 2):
        stream = masker.stream()
        pieces = [stream.feed(piece) for piece in (text[:first], text[first:second], text[second:])]

        assert "".join(pieces) + stream.finish() == whole


def test_overlapping_secrets_are_one_mask() -> None:
    masker = SecretMasker({"A": "abcdefgh1234", "B": "1234wxyz5678"})

    assert masker.mask("-abcdefgh1234wxyz5678-") == "-***-"
    assert masker.mask("-abcdefgh12341234wxyz5678-") == "-******-"


def test_the_longer_of_two_secrets_with_one_beginning_wins() -> None:
    masker = SecretMasker({"SHORT": "abcdefgh", "LONG": "abcdefgh-and-more"})

    assert masker.mask("abcdefgh-and-more abcdefgh-and-mor") == "*** ***-and-mor"


def test_the_shorter_of_two_secrets_is_shown_once_the_longer_is_ruled_out() -> None:
    stream = SecretMasker({"SHORT": "abcdefgh", "LONG": "abcdefgh-and-more"}).stream()

    assert stream.feed("abcdefgh-and-") == ""
    assert stream.feed("x") == "***-and-x"


def test_a_stream_holds_back_only_what_may_become_a_secret() -> None:
    stream = SecretMasker({"KEY": "abcdefgh" * 500}).stream()

    assert stream.feed("The answer is a") == "The answer is "
    assert stream.feed("pple.") == "apple."
    assert stream.finish() == ""


PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n9w0BAQEFAASCBKcwggSj\nAgEA\n-----END KEY-----\n"
DATABASE = "postgres://desk:s3cret%2Fpw@db.internal:5432/desk"
ACCOUNT = json.dumps(
    {"type": "service_account", "private_key": "line one of it\nline two of it", "n": [{"id": "abcdefghij"}]}
)


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        (PEM, "key: MIIEvQIBADANBgkqhkiG!", "key: ***!"),
        (PEM, "9w0BAQEFAASCBKcwggSj", "***"),
        (PEM, "AgEA is too short to tell", "AgEA is too short to tell"),
        (PEM, json.dumps({"key": PEM}), '{"key": "***"}'),
        (DATABASE, f"connecting to {DATABASE}", "connecting to ***"),
        (DATABASE, "password s3cret%2Fpw refused", "password *** refused"),
        (DATABASE, "password s3cret/pw refused", "password *** refused"),
        (DATABASE, "db.internal:5432 is up", "db.internal:5432 is up"),
        (ACCOUNT, "account abcdefghij", "account ***"),
        (ACCOUNT, "line two of it", "***"),
        (ACCOUNT, json.dumps({"k": "line one of it\nline two of it"}), '{"k": "***"}'),
        (ACCOUNT, "a service_account has a private_key", "a service_account has a private_key"),
        ("  padded value\t", "the padded value is", "the *** is"),
        ("http://[broken", "see http://[broken here", "see *** here"),
        ('{"broken": json', 'a {"broken": json b', "a *** b"),
        ("[" * 5_000, "x" + "[" * 5_000, "x***"),
    ],
)
def test_the_telling_parts_of_a_secret_are_secrets_too(secret: str, text: str, shown: str) -> None:
    assert SecretMasker({"KEY": secret}).mask(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*** and ***",
        "sk_live_ and sk_live_51HxQ2e",
        "plain\ttext\r\nwith \x1b[31mcolour\x1b[0m, \u200bzero width and \x00 NUL",
        "an unfinished \x1b[3",
        "\x1b" * 50,
        "half a pair \ud800",
        "p@ss wörd",
        TOKEN[:-3],
        base64_of(TOKEN)[:5],
    ],
)
def test_innocent_text_stays_as_it_is(text: str) -> None:
    stream = MASKER.stream()

    assert MASKER.mask(text) == text
    assert "".join(map(stream.feed, text)) + stream.finish() == text


def test_without_secrets_all_text_stays_as_it_is() -> None:
    masker = SecretMasker({})

    assert masker.mask(TOKEN) == TOKEN
    assert masker.stream().feed(TOKEN) == TOKEN


def test_colour_around_a_secret_stays() -> None:
    assert MASKER.mask(f"\x1b[31m{TOKEN}\x1b[0m\n") == "\x1b[31m***\x1b[0m\n"


def test_a_long_run_of_one_secret_does_not_pile_up() -> None:
    masker = SecretMasker({"KEY": "aaaaaaab" * 4})
    stream = masker.stream()

    shown = [stream.feed("aaaaaaab" * 100) for _ in range(50)]

    assert len(stream._held) < 100
    assert "".join(shown) + stream.finish() == masker.mask("aaaaaaab" * 5_000) == MASK


ALPHABET = st.sampled_from('ab1-\x1b[m\n\u200b%\\"é')
VALUES = st.lists(st.text('ab1-%\\"é', min_size=8, max_size=14), min_size=1, max_size=3)


@st.composite
def leaks(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Secrets, and a text in pieces that is full of them and of what looks like them."""
    values = draw(VALUES)
    forms = [encode(value) for value in values for encode in ENCODINGS.values()]
    part = st.one_of(
        st.sampled_from(forms), st.text(ALPHABET, max_size=6), st.sampled_from(values).map(lambda v: v[:-1])
    )
    text = "".join(draw(st.lists(part, max_size=6)))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return values, [text[a:b] for a, b in itertools.pairwise([0, *cuts, len(text)])]


@given(leaks())
@example((["aaaaaaaa"], ["aaaa", "aaaa", "aaaa", "a"]))
@example((["aaaaaaab", "abaaaaaa"], ["aaaaaaab", "aaaaa", "a"]))
def test_any_split_shows_the_same_and_no_secret(leak: tuple[list[str], list[str]]) -> None:
    values, pieces = leak
    masker = SecretMasker(dict(zip(string.ascii_uppercase, values, strict=False)))
    stream = masker.stream()

    shown = "".join(map(stream.feed, pieces)) + stream.finish()

    assert shown == masker.mask("".join(pieces))
    assert [value for value in values if value in shown] == []


@given(st.lists(st.one_of(st.just(TOKEN), st.text("abcdefxyz \n\x1b[0m\u200b", max_size=20)), max_size=8))
def test_nothing_is_lost_outside_of_secrets(parts: list[str]) -> None:
    text = "|".join(parts)

    masked = MASKER.mask(text)

    assert masked == "|".join(MASK if part == TOKEN else part for part in parts)


def test_masking_twice_changes_nothing() -> None:
    once = MASKER.mask(f"{TOKEN} {base64_of(WORDS)} {EMOJI}")

    assert MASKER.mask(once) == once
