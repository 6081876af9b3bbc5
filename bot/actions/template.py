"""Fills ``{name}`` for its place by building objects, never by text: path segment, query, header, JSON value (Q9).

One pass only: a value that looks like a placeholder stays text. Only known names are replaced; other braces stay.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from urllib.parse import SplitResult, quote, unquote, urlsplit

from multidict import CIMultiDict
from yarl import URL

from bot.actions.placeholders import PLACEHOLDER, placeholders
from bot.domain.action import Json, Value
from bot.errors import DeskhandError

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What no header may hold; a tab may."""
_KEPT = "%/:=@!$&'()*+,;~-._?"
"""Stays as the author wrote it; what is left is percent-encoded."""
_LAYERS = 5
"""Layers of percent-encoding that are looked through; no honest value has more."""


class TemplateError(DeskhandError):
    """A value does not fit its place. Names the parameter, never the value."""


class MissingValue(TemplateError):
    """A known name has no value."""

    def __init__(self, name: str) -> None:
        super().__init__(f"it needs a value for {name}")


class Values:
    """The values of a run by name; a name of ``optional`` that has none is missing, not unknown."""

    def __init__(self, values: Mapping[str, Value], optional: Sequence[str] = ()) -> None:
        self._values = values
        self._known = {*values, *optional}

    def pieces(self, template: str) -> Iterator[tuple[str, bool]]:
        """The parts of a template: text and whether it is a value. Raises MissingValue."""
        for number, part in enumerate(PLACEHOLDER.split(template)):
            if number % 2 == 0:
                yield part, False
            elif part in self._known:
                yield text_of(self[part]), True
            else:
                yield f"{{{part}}}", False

    def __getitem__(self, name: str) -> Value:
        if name not in self._values:
            raise MissingValue(name)
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._known


def text_of(value: Value) -> str:
    """A value as text: ``true``, ``2`` for 2.0, plain decimals, never an exponent."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    return str(value)


def fill_text(template: str, values: Values) -> str:
    """A template as plain text. Raises MissingValue."""
    return "".join(piece for piece, _ in values.pieces(template))


def with_variables(template: str, variables: Mapping[str, str]) -> str:
    """Operators' variables put in as trusted text, before anything is parsed."""
    return PLACEHOLDER.sub(lambda found: variables.get(found.group(1), found.group()), template)


def fill_url(endpoint: str, variables: Mapping[str, str], values: Values) -> URL:
    """The address of a call: variables make its text, then every value is encoded for its place.

    A query pair without a value is left out; a fragment is never sent and is dropped. Scheme and host are made of
    variables alone. Raises TemplateError where a value is missing from the path, or would leave its place.
    """
    address = with_variables(endpoint, variables)
    parts = _split(address)
    path = "/".join(_segment(segment, values) for segment in parts.path.split("/"))
    pairs = [pair for raw in parts.query.split("&") if raw and (pair := _pair(raw, values)) is not None]
    query = "?" + "&".join(pairs) if pairs else ""
    return URL(f"{_origin(parts)}{path or '/'}{query}", encoded=True)


def fill_headers(headers: Sequence[tuple[str, str]], values: Values) -> CIMultiDict[str]:
    """Filled headers; one whose value is missing is left out. Raises TemplateError as ``header_text`` does."""
    filled: CIMultiDict[str] = CIMultiDict()
    for name, template in headers:
        try:
            filled.add(name, header_text(name, fill_text(template, values)))
        except MissingValue:
            continue
    return filled


def header_text(name: str, value: str) -> str:
    """A value that can stand in a header, sent as UTF-8 (RFC 9110, 5.5). Blanks at its ends do not count.

    Raises TemplateError for line breaks and other control characters.
    """
    if _CONTROL.search(value) or not _is_unicode(value):
        raise TemplateError(f"the value of the header {name} holds a control character or a broken one")
    return value.strip(" \t")


def fill_body(body: Json, values: Values) -> Json:
    """A JSON value with its texts filled. A text that is one placeholder takes the value's own type.

    A key whose value is missing is left out; in a list, or as the whole body, it becomes null. Keys are no templates.
    Raises TemplateError for a number that JSON does not have.
    """
    try:
        return _filled(body, values)
    except MissingValue:
        return None


def _filled(body: Json, values: Values) -> Json:
    if isinstance(body, str):
        return _leaf(body, values)
    if isinstance(body, Mapping):
        items = ((key, _or_missing(item, values)) for key, item in body.items())
        return {key: item for key, item in items if not isinstance(item, MissingValue)}
    if isinstance(body, Sequence):
        return [fill_body(item, values) for item in body]
    return body


def _or_missing(item: Json, values: Values) -> Json | MissingValue:
    try:
        return _filled(item, values)
    except MissingValue as missing:
        return missing


def _leaf(template: str, values: Values) -> Json:
    whole = PLACEHOLDER.fullmatch(template)
    if not whole or whole.group(1) not in values:
        return fill_text(template, values)
    value = values[whole.group(1)]
    if isinstance(value, float) and not math.isfinite(value):
        raise TemplateError(f"the value for {whole.group(1)} is no number that can be sent")
    return value


def _split(address: str) -> SplitResult:
    if _CONTROL.search(address) or " " in address or "\t" in address:
        raise TemplateError("its address holds a blank or a control character")
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise TemplateError("its address cannot be read") from error
    if not parts.netloc or PLACEHOLDER.search(parts.netloc):
        lacking = next(iter(placeholders(parts.netloc or address)), "its base address")
        raise TemplateError(f"its address has no host: {lacking} must be a variable that is set")
    return parts


def _origin(parts: SplitResult) -> str:
    """Scheme and host in their one canonical form, so that a guard sees what a resolver would."""
    if "@" in parts.netloc:
        raise TemplateError("its address holds a user name or password; they belong into a header, as a secret")
    try:
        url = URL(f"{parts.scheme}://{parts.netloc}").origin()
        url.host  # noqa: B018 - a name that IDNA cannot read is told now
        return str(url)
    except ValueError as error:
        raise TemplateError("its address cannot be read") from error


def _segment(template: str, values: Values) -> str:
    pieces = list(values.pieces(template))
    segment = "".join(_encoded(piece, is_value) for piece, is_value in pieces)
    filled = [piece for piece, is_value in pieces if is_value]
    if filled and (not all(piece.strip() for piece in filled) or _leaves_its_place(segment)):
        raise TemplateError(f"the value for {' and '.join(placeholders(template))} does not fit into an address")
    return segment


def _leaves_its_place(segment: str) -> bool:
    """Whether any reader of it, however often it decodes, could see a ``.`` or ``..`` part or a control character."""
    plain = unquote(segment)
    if _CONTROL.search(plain) or "\t" in plain:
        return True
    for _ in range(_LAYERS):
        segment, before = unquote(segment), segment
        if segment == before:
            parts = re.split(r"[/\\;]", unicodedata.normalize("NFKC", segment))
            return any(part.strip() in (".", "..") for part in parts)
    return True


def _pair(template: str, values: Values) -> str | None:
    try:
        return "".join(_encoded(piece, is_value) for piece, is_value in values.pieces(template))
    except MissingValue:
        return None


def _encoded(piece: str, is_value: bool) -> str:
    if not _is_unicode(piece):
        raise TemplateError("a value holds a broken character")
    return quote(piece, safe="" if is_value else _KEPT)


def _is_unicode(text: str) -> bool:
    """Half of a surrogate pair, which JSON can bring, has no form on the wire."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
