"""A file as a network delivers it: some bytes now, some later."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from aiohttp import web

PIECE = 1_460
"""Bytes that fit into one packet."""
_TURNS = 5
"""Turns of the event loop between two pieces, in which a client takes what has come."""


async def in_pieces(request: web.Request, content: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
    """Answer with the file, piece by piece, until all is sent or the client has enough."""
    answer = web.StreamResponse(headers={**headers, "Content-Length": str(len(content))})
    await answer.prepare(request)
    with suppress(ConnectionError):
        for start in range(0, len(content), PIECE):
            await answer.write(content[start : start + PIECE])
            for _ in range(_TURNS):
                await asyncio.sleep(0)
        await answer.write_eof()
    return answer
