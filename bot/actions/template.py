"""Fills ``{name}`` for its place by building objects, never by text: path segment, query, header, JSON value (Q9).

One pass only: a value that looks like a placeholder stays text. Only known names are replaced; other braces stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from urllib.parse import quote, unquote, urlsplit

from yarl import URL

from bot.actions.placeholders import PLACEHOLDER
from bot.domain.action import Json, Value
from bot.errors import DeskhandError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KEPT = "%/:=@!$&'()*+,;~-._"


class TemplateError(DeskhandError):
    """A value does not fit its place. Names the parameter, never the value."""


class _Missing(Exception):
    """A known name has no value; its argument is the name."""


class Values:
    """The values of a run by name; a name of ``optional`` that has none is missing, not unknown."""

    def __init__(self, values: Mapping[str, Value], optional: Sequence[str] = ()) -> None:
        self._values = values
        self._known = {*values, *optional}

    def pieces(self, template: str) -> Iterator[tuple[str, bool]]:
        """The parts of a template: text and whether it is a value. Raises ``_Missing``."""
        for number, part in enumerate(PLACEHOLDER.split(template)):
            if number % 2 == 0:
                yield part, False
            elif part in self._known:
                yield text_of(self[part]), True
            else:
                yield f"{{{part}}}", False

    def __getitem__(self, name: str) -> Value:
        if name not in self._values:
            raise _Missing(name)
        return self._values[name]

    def knows(self, name: str) -> bool:
        return name in self._known


def text_of(value: Value) -> str:
    """A value as text: ``true``, ``2`` for 2.0, plain decimals, never an exponent."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    return str(value)


def fill_text(template: str, values: Values) -> str:
    """A template as plain text. Raises TemplateError for a name without a value."""
    try:
        return "".join(piece for piece, _ in values.pieces(template))
    except _Missing as missing:
        raise TemplateError(f"it needs a value for {missing}") from missing


def with_variables(template: str, variables: Mapping[str, str]) -> str:
    """Operators' variables put in as trusted text, before anything is parsed."""
    return PLACEHOLDER.sub(lambda found: variables.get(found.group(1), found.group()), template)


def fill_url(endpoint: str, variables: Mapping[str, str], values: Values) -> URL:
    """The address of a call, every value encoded for its place. A query pair without a value is left out.

    Raises TemplateError where a value would leave its place.
    """
    parts = urlsplit(with_variables(endpoint, variables))
    if PLACEHOLDER.search(parts.netloc) or not parts.netloc:
        raise TemplateError("its address is not complete; a variable for the base address is not set")
    path = "/".join(_segment(segment, values) for segment in parts.path.split("/"))
    pairs = [pair for raw in parts.query.split("&") if raw and (pair := _pair(raw, values)) is not None]
    query = "?" + "&".join(pairs) if pairs else ""
    return URL(f"{parts.scheme}://{parts.netloc}{path or '/'}{query}", encoded=True)


def fill_headers(headers: Sequence[tuple[str, str]], values: Values) -> dict[str, str]:
    """Filled headers; one whose value is missing is left out. Raises TemplateError for a line break in a value."""
    filled = {}
    for name, template in headers:
        try:
            value = "".join(piece for piece, _ in values.pieces(template))
        except _Missing:
            continue
        if _CONTROL.search(value.replace("\t", " ")):
            raise TemplateError(f"the value of the header {name} holds a control character")
        filled[name] = value.strip()
    return filled


def fill_body(body: Json, values: Values) -> Json:
    """A JSON value with its texts filled. A text that is one placeholder takes the value's own type.

    A key whose value is missing is left out; in a list it becomes null. Keys are no templates.
    """
    if isinstance(body, str):
        return _leaf(body, values)
    if isinstance(body, Mapping):
        filled = {key: _or_missing(item, values) for key, item in body.items()}
        return {key: item for key, item in filled.items() if not isinstance(item, _Missing)}
    if isinstance(body, Sequence):
        items = [_or_missing(item, values) for item in body]
        return [None if isinstance(item, _Missing) else item for item in items]
    return body


def _or_missing(item: Json, values: Values) -> Json | _Missing:
    try:
        return fill_body(item, values)
    except _Missing as missing:
        return missing


def _leaf(template: str, values: Values) -> Json:
    whole = PLACEHOLDER.fullmatch(template)
    if whole and values.knows(whole.group(1)):
        return values[whole.group(1)]
    return "".join(piece for piece, _ in values.pieces(template))


def _segment(template: str, values: Values) -> str:
    try:
        pieces = list(values.pieces(template))
    except _Missing as missing:
        raise TemplateError(f"it needs a value for {missing}") from missing
    if not any(is_value for _, is_value in pieces):
        return _literal(template)
    segment = "".join(quote(piece, safe="") if is_value else _literal(piece) for piece, is_value in pieces)
    plain = unquote(segment)
    if plain in ("", ".", "..") or _CONTROL.search(plain):
        raise TemplateError(f"the value for {_names(template)} does not fit into an address")
    return segment


def _pair(template: str, values: Values) -> str | None:
    try:
        return "".join(
            quote(piece, safe="") if is_value else _literal(piece) for piece, is_value in values.pieces(template)
        )
    except _Missing:
        return None


def _literal(text: str) -> str:
    return quote(text, safe=_KEPT + "?")


def _names(template: str) -> str:
    return " and ".join(PLACEHOLDER.findall(template))
