"""slack-bolt's app, kept from the environment, so that it acknowledges everything and its work can be waited for."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)

Authorize = Callable[[str | None, str | None], Awaitable[AuthorizeResult | None]]

_STRAY = ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_VERIFICATION_TOKEN")
_STRANGE = "This bot is not set up in your workspace. Please ask whoever looks after it to install it there."


class Bolt(AsyncApp):
    """``note`` sees the body of every request that Slack vouches for; ``client`` has no token."""

    def __init__(
        self, client: AsyncWebClient, signing_secret: str, authorize: Authorize, note: Callable[[Any], None]
    ) -> None:
        with _own_environment():
            super().__init__(
                logger=client.logger, name="deskhand", client=client, signing_secret=signing_secret,
                authorize=_Asking(authorize),  # type: ignore[arg-type]  # bolt takes one of these, too
                raise_error_for_unhandled_request=True, process_before_response=True,
                user_facing_authorize_error_message=_STRANGE,
            )  # fmt: skip
        self.middleware(_Noting(note))
        self.error(_failed)
        self._at_work = 0
        self._changed = asyncio.Event()

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """As bolt, and counted: no listener goes on once this returns, as each runs before the response."""
        self._at_work += 1
        try:
            return await super().async_dispatch(req)
        finally:
            self._at_work -= 1
            self._changed.set()
            self._changed = asyncio.Event()

    async def rest(self, seconds: float) -> None:
        """Return when no request is at work, at the latest after so many seconds: bolt itself waits for none."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.sleep(0)  # a request that came just now begins
                while self._at_work:
                    await self._changed.wait()
            return
        log.warning("%d requests of Slack did not come to their end in %s s", self._at_work, seconds)


# Classes of their own: for a function bolt gathers everything that it might ask for, with every request.


class _Asking(AsyncAuthorize):
    """Whose token answers a request; None where the app is not installed."""

    def __init__(self, authorize: Authorize) -> None:
        self._authorize = authorize

    async def __call__(
        self, *, team_id: str | None, enterprise_id: str | None, **others: object
    ) -> AuthorizeResult | None:
        return await self._authorize(team_id, enterprise_id)


class _Noting(AsyncMiddleware):
    def __init__(self, note: Callable[[Any], None]) -> None:
        self._note = note

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - bolt's name
    ) -> BoltResponse | None:
        self._note(req.body)
        return await next()


async def _failed(error: Exception, body: Any) -> BoltResponse | None:
    """What nobody listens to is acknowledged, else the person sees a warning sign, or Slack sends it again."""
    kind = str(body.get("type")) if isinstance(body, dict) else ""
    if isinstance(error, BoltUnhandledRequestError):
        log.debug("nobody listens to a %s of Slack", kind)
        return BoltResponse(status=200, body="")
    log.error("a %s of Slack failed", kind, exc_info=error)
    return None


@contextmanager
def _own_environment() -> Iterator[None]:
    """Bolt reads variables of its own when an app is made: a stray SLACK_CLIENT_ID would switch OAuth on, unasked.

    They are away for a moment without an ``await``.
    """
    taken = {name: os.environ.pop(name) for name in _STRAY if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(taken)
