"""Every form in which a secret value is likely to turn up in text."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote, urlsplit

from bot.secrets.rules import COMMON_WORDS

SHORTEST_NEEDLE = 6
"""Shorter strings turn up in innocent text by chance."""
SHORTEST_PART = 8
"""A line or a JSON leaf of a value counts as a secret of its own from this length on."""


def needles_of(value: str) -> frozenset[str]:
    """The value and its telling parts, each plain and in every encoding below."""
    return frozenset(needle for part in _parts(value) for needle in _forms(part) if len(needle) >= SHORTEST_NEEDLE)


def _parts(value: str) -> Iterator[str]:
    yield value
    yield value.strip()
    yield from _telling(line.strip() for line in value.splitlines())
    yield from _telling(_leaves(_json_or_none(value)))
    yield from _passwords(value)


def _telling(candidates: Iterable[str]) -> Iterator[str]:
    return (text for text in candidates if len(text) >= SHORTEST_PART and text.lower() not in COMMON_WORDS)


def _json_or_none(text: str) -> object:
    try:
        return json.loads(text) if text.lstrip().startswith(("{", "[", '"')) else None
    except (ValueError, RecursionError):
        return None


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield from (line.strip() for line in value.splitlines())
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)


def _passwords(value: str) -> Iterator[str]:
    """The password of a URL such as a database address, as written and decoded."""
    try:
        password = urlsplit(value.strip()).password or ""
    except ValueError:
        return
    yield password
    yield unquote(password)


def _forms(part: str) -> Iterator[str]:
    yield from (part, part.lower(), part.upper())
    yield from _json_forms(part)
    yield from _url_forms(part)
    yield from _html_forms(part)
    yield from _code_forms(part)
    yield from _byte_forms(part.encode("utf-8", "surrogatepass"))


def _json_forms(text: str) -> Iterator[str]:
    """Python's and most others', Go's, PHP's, .NET's, and text that was made JSON twice."""
    escaped = json.dumps(text)[1:-1]
    plain = json.dumps(text, ensure_ascii=False)[1:-1]
    for form in (escaped, plain):
        yield form
        yield form.replace("/", "\\/")
        yield re.sub(r"[<>&]", lambda match: f"\\u{ord(match[0]):04x}", form)
        yield json.dumps(form)[1:-1]
    yield re.sub(r"\\u[0-9a-f]{4}", lambda match: "\\u" + match[0][2:].upper(), escaped)


def _url_forms(text: str) -> Iterator[str]:
    """All reserved characters escaped, or those that Python, JavaScript and forms leave; either case; twice."""
    data = text.encode("utf-8", "surrogatepass")
    for form in (
        quote(data, safe=""),
        quote(data, safe="/"),
        quote(data, safe="!'()*"),
        quote(data, safe="!'()*;/?:@&=+$,#"),
        quote_plus(data),
    ):
        yield from (form, _lower_escapes(form), quote(form, safe=""), _lower_escapes(quote(form, safe="")))


def _lower_escapes(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), text)


def _html_forms(text: str) -> Iterator[str]:
    tags_only = html.escape(text, quote=False)
    yield tags_only
    for double, single in (("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "&apos;"), ("&quot;", "&#039;")):
        yield tags_only.replace('"', double).replace("'", single)


def _code_forms(text: str) -> Iterator[str]:
    """As Python and shells write it."""
    yield repr(text)[1:-1]
    yield ascii(text)[1:-1]
    yield repr(text.encode("utf-8", "surrogatepass"))[2:-1]
    yield shlex.quote(text).removeprefix("'").removesuffix("'")
    yield text.replace("'", "'\\''")
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)
    yield re.sub(r'([$`"\\])', r"\\\1", text)


def _byte_forms(data: bytes) -> Iterator[str]:
    yield from (data.hex(), data.hex().upper())
    for shift in range(3):
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
            form = _shifted(alphabet(b"\0" * shift + data).decode(), shift, len(data))
            yield from (form, quote(form, safe=""), _lower_escapes(quote(form, safe="")), form.replace("/", "\\/"))


def _shifted(encoded: str, shift: int, size: int) -> str:
    """The characters that ``size`` bytes fix by themselves, whatever stands before and after them.

    A byte spans 8 bits and a character 6: those that share bits with a neighbour are left out, the tail with them.
    """
    return encoded[-(-8 * shift // 6) : 8 * (shift + size) // 6]
