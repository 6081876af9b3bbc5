"""Reads what a request brings: within a size and a time, as JSON or as a form."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import parse_qsl

from aiohttp import web

from bot.dashboard.problems import Problem
from bot.domain.action import Json

LARGEST_BODY = 1024 * 1024
"""Bytes."""
BODY_SECONDS = 10.0
_MOST_FIELDS = 1_000


async def read_bytes(request: web.Request, largest: int = LARGEST_BODY, seconds: float = BODY_SECONDS) -> bytes:
    """The body as it came. Raises Problem: 413 where it is too large, 408 where it takes too long, 415 if packed."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise Problem(415, "Send the body as it is, without Content-Encoding.")
    if (request.content_length or 0) > largest:
        raise _too_large(largest)
    try:
        async with asyncio.timeout(seconds):
            return await _within(request, largest)
    except TimeoutError as error:
        raise Problem(408, f"The body did not come within {seconds:g} seconds.") from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise Problem(400, "The body ended before its end.") from error


def parsed(data: bytes, media_type: str, charset: str | None) -> Mapping[str, Json]:
    """What the body says, by name; nothing where it is empty. Raises Problem: 400 or 415."""
    if not data.strip():
        return {}
    try:
        text = data.decode(charset or "utf-8")
    except (UnicodeDecodeError, LookupError) as error:
        raise Problem(400, "The body is not text in the encoding that Content-Type names, which is UTF-8.") from error
    if media_type == "application/json" or media_type.endswith("+json"):
        return _object(text)
    if media_type == "application/x-www-form-urlencoded":
        return _fields(text)
    wanted = "application/json or application/x-www-form-urlencoded"
    raise Problem(415, f"Send JSON or a form: Content-Type {wanted}.")


async def _within(request: web.Request, largest: int) -> bytes:
    data = bytearray()
    async for piece in request.content.iter_chunked(64 * 1024):
        data += piece
        if len(data) > largest:
            raise _too_large(largest)
    return bytes(data)


def _object(text: str) -> Mapping[str, Json]:
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Problem(400, f"The body is not valid JSON{place}.") from error
    if not isinstance(found, dict):
        raise Problem(400, 'The body must be a JSON object, such as {"order_number": "12345"}.')
    return found


def _fields(text: str) -> Mapping[str, Json]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Problem(400, f"The form has more than {_MOST_FIELDS} fields.") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _too_large(largest: int) -> Problem:
    return Problem(413, f"The body is larger than {largest // 1024} KiB.")
