"""What went wrong with a request, told as RFC 9457 has it: ``application/problem+json``."""

from __future__ import annotations

import functools
import json
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import web

from bot.domain.action import Json
from bot.errors import DeskhandError, StorageError

log = logging.getLogger(__name__)

Answer: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


class Problem(DeskhandError):
    """A request that is not served. The text says what is wrong and how to mend it; ``more`` joins the document."""

    def __init__(
        self, status: int, detail: str, more: Mapping[str, Json] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.more = more or {}
        self.retry_after = retry_after
        """Seconds after which another try may be taken."""

    @property
    def lines(self) -> Sequence[str]:
        """Its single faults, as a person reads them."""
        faults = self.more.get("faults", ())
        assert isinstance(faults, Sequence)
        return [f"{fault['at']}: {fault['problem']}" for fault in faults if isinstance(fault, Mapping)]


def told(problem: Problem) -> web.Response:
    """The response. After a request that was not read to its end the connection is closed."""
    title = HTTPStatus(problem.status).phrase
    document = {"type": "about:blank", "title": title, "status": problem.status, "detail": str(problem), **problem.more}
    headers = dict(_SAFE)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    response = web.Response(
        text=json.dumps(document, ensure_ascii=False),
        status=problem.status,
        headers=headers,
        content_type="application/problem+json",
    )
    if problem.status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
        response.force_close()
    return response


def with_problems(answer: Answer) -> Answer:
    """``answer``, whose problems, and trouble of the store, become responses; their details stay in our log."""

    @functools.wraps(answer)
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await answer(request)
        except Problem as problem:
            return told(problem)
        except StorageError as error:
            log.warning("a request met trouble of the store: %s", error)
            return told(Problem(503, "This could not be stored just now. Please send it again.", retry_after=5))

    return guarded


def as_json(document: Mapping[str, Json], status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A response that no cache keeps."""
    text = json.dumps(document, ensure_ascii=False)
    return web.Response(text=text, status=status, headers={**_SAFE, **(headers or {})}, content_type="application/json")
