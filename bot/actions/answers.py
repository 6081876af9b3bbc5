"""Reads the answer of a service up to a cap and makes text of it that people and models can read."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from bot.domain.action import Json

CAP = 1024 * 1024
"""Bytes of an answer that are kept, counted after decompression."""
_LEFT_OUT = re.compile(r"(?is)<(script|style|head|noscript)\b.*?</\1\s*>|<!--.*?-->")
_BREAKS = re.compile(r"(?i)</?(p|div|br|li|tr|h[1-6]|section|article|table)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    text: str
    body: Json
    headers: Mapping[str, str]
    cut: bool
    retry_after: float | None


async def read_answer(response: aiohttp.ClientResponse) -> Answer:
    """Read at most ``CAP`` bytes; what is more is cut and said."""
    raw = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        raw += chunk[: CAP + 1 - len(raw)]
        if len(raw) > CAP:
            break
    cut = len(raw) > CAP
    text, body = _readable(bytes(raw[:CAP]), response.content_type, _charset(response))
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, text, body, headers, cut, _seconds(headers.get("retry-after", "")))


def _charset(response: aiohttp.ClientResponse) -> str:
    try:
        "".encode(response.charset or "utf-8")
    except LookupError:
        return "utf-8"
    return response.charset or "utf-8"


def _readable(raw: bytes, kind: str, charset: str) -> tuple[str, Json]:
    if b"\0" in raw[:1000] or kind.startswith(("image/", "audio/", "video/", "application/octet-stream")):
        return f"(a binary answer of {len(raw)} bytes)", None
    text = raw.decode(charset, errors="replace")
    try:
        body: Json = json.loads(text)
    except (ValueError, RecursionError):
        return _plain(text) if "html" in kind else text, text
    return json.dumps(body, ensure_ascii=False, indent=2) if not isinstance(body, str) else body, body


def _plain(text: str) -> str:
    bare = _TAG.sub("", _BREAKS.sub("\n", _LEFT_OUT.sub("", text)))
    lines = (" ".join(line.split()) for line in html.unescape(bare).splitlines())
    return "\n".join(line for line in lines if line)


def _seconds(value: str) -> float | None:
    return float(value) if value.isdigit() else None
