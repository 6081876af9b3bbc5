"""Reads the answer of a service up to a cap and makes text of it that people and models can read."""

from __future__ import annotations

import asyncio
import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from bot.actions.markup import text_of_page
from bot.domain.action import Json

CAP = 1024 * 1024
"""Bytes of an answer that are kept, counted after decompression."""
_INDENTED = 8 * 1024
"""Characters up to which JSON is laid out in lines; more of it stands on one."""
_AT_ONCE = 64 * 1024
"""Bytes that are made text on the event loop; more of them go to a thread."""
_TEXTUAL = re.compile(r"text/|.*\b(json|xml|javascript|yaml|csv|x-www-form-urlencoded|graphql)\b")
_CHARSET = re.compile(
    r"utf[-_]?(8|16|32)([-_]?(le|be|sig))?|(us-)?ascii|iso-?8859-\d+|latin-?1|windows-\d+|cp\d+|koi8-[ru]"
    r"|shift_?jis|euc-(jp|kr)|gb(k|2312|18030)|big5"
)
"""Of Python's codecs those that the web uses; others, such as punycode, can be made to take minutes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    text: str
    body: Json
    """Parsed JSON, else the text, else None."""
    headers: Mapping[str, str]
    """Names in small letters."""
    cut: bool
    retry_after: float | None
    """Seconds that the service asks to wait."""


async def read_answer(response: aiohttp.ClientResponse, now: datetime) -> Answer:
    """Read at most ``CAP`` bytes; what is more is cut and never kept. Raises aiohttp's errors."""
    raw = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        raw += chunk
        if len(raw) > CAP:
            break
    kept, kind, charset = bytes(raw[:CAP]), _kind(response), response.charset or "utf-8"
    if len(kept) > _AT_ONCE:
        text, body = await asyncio.to_thread(readable, kept, kind, charset)
    else:
        text, body = readable(kept, kind, charset)
    headers = {name.lower(): value for name, value in response.headers.items()}
    wait = seconds_of(headers.get("retry-after", ""), now)
    return Answer(response.status, text, body, headers, len(raw) > CAP, wait)


def readable(raw: bytes, kind: str, charset: str) -> tuple[str, Json]:
    """An answer as text, and as the JSON value that conditions look at.

    ``kind`` is the media type, empty if the service gave none. JSON is known by its content, whatever the type says.
    """
    text = _decoded(raw, kind, charset.lower())
    if text is None:
        return f"(a binary answer of {len(raw)} bytes{f', {kind}' if kind else ''})", None
    if not text.strip():
        return "(an empty answer)", None
    try:
        body: Json = json.loads(text)
        return _whole(body if isinstance(body, str) else _laid_out(body)), body
    except (ValueError, RecursionError):
        return _whole(text_of_page(text) if "html" in kind else text), text


def seconds_of(retry_after: str, now: datetime) -> float | None:
    """The value of a ``Retry-After`` header, seconds or a date (RFC 9110, 10.2.3), as seconds from ``now``."""
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, IndexError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)


def _kind(response: aiohttp.ClientResponse) -> str:
    return response.content_type.lower() if "Content-Type" in response.headers else ""


def _decoded(raw: bytes, kind: str, charset: str) -> str | None:
    """Text, or None for what is none. A type that promises text is believed, another is tried."""
    wide = charset.startswith(("utf-16", "utf-32", "utf16", "utf32"))
    if b"\0" in raw and not wide:
        return None
    if _TEXTUAL.match(kind):
        known = charset if _CHARSET.fullmatch(charset) else "utf-8"
        return _tolerant(raw, known).removeprefix("\ufeff")
    try:
        # Not told that this is the end, so a character that the cap cut in two is no sign of a binary answer.
        return codecs.getincrementaldecoder("utf-8")().decode(raw).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def _tolerant(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset, errors="replace")
    except LookupError:
        return raw.decode(errors="replace")


def _laid_out(body: Json) -> str:
    line = json.dumps(body, ensure_ascii=False)
    return json.dumps(body, ensure_ascii=False, indent=2) if len(line) <= _INDENTED else line


def _whole(text: str) -> str:
    """Halves of surrogate pairs, which JSON can bring, would break every later reader."""
    return text.encode("utf-8", "replace").decode()
