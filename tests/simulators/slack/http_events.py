"""Signed HTTP: events, interactions and commands as Slack posts them to a request URL."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from urllib.parse import urlencode

import aiohttp

from tests.simulators.slack.clock import Changes, Clock
from tests.simulators.slack.delivery import ACK_SECONDS, Delivery, Outcome
from tests.simulators.slack.protocol import JSON, AppConfig, Ids, signature


class HttpEvents:
    """The side of Slack. ``signed_at`` and ``secret`` let a test forge and replay."""

    pauses: tuple[float, ...] = (0.0, 0.0, 60.0, 300.0)

    def __init__(self, url: str, config: AppConfig, clock: Clock, changes: Changes, ids: Ids) -> None:
        self.url = url
        self.secret = config.signing_secret
        self.signed_at: Callable[[], float] = time.time
        """Real time: apps check it against their own clock."""
        self.statuses: list[int] = []
        self.verified = False
        self.ignore_acks = 0
        self.failing: list[str] = []
        """Why the next attempts fail in Slack's eyes, though the app has heard them."""
        self._token = config.verification_token
        self._clock = clock
        self._changes = changes
        self._ids = ids
        self._session = aiohttp.ClientSession()

    async def verify(self) -> bool:
        """The handshake when a person saves the request URL."""
        challenge = self._ids.new("challenge-")
        body = {"token": self._token, "challenge": challenge, "type": "url_verification"}
        async with self._session.post(self.url, **self._signed(json.dumps(body), "application/json")) as answer:
            self.verified = answer.status == 200 and challenge in await answer.text()
        return self.verified

    async def offer(self, delivery: Delivery, number: int, reason: str) -> Outcome:
        """One POST; 2xx within three seconds is an acknowledgement."""
        retry = {"x-slack-retry-num": str(number), "x-slack-retry-reason": reason} if number else {}
        done = await self._clock.within(ACK_SECONDS, self._post(delivery, retry))
        return done or Outcome(acknowledged=False, reason="http_timeout")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._session.close()

    async def _post(self, delivery: Delivery, retry: dict[str, str]) -> Outcome:
        text, kind = _encoded(delivery)
        try:
            async with self._session.post(self.url, max_redirects=2, **self._signed(text, kind, retry)) as answer:
                self.statuses.append(answer.status)
                said = await answer.text()
                final = answer.headers.get("x-slack-no-retry") == "1"
        except aiohttp.TooManyRedirects:
            return Outcome(acknowledged=False, reason="too_many_redirects")
        except aiohttp.ClientError:
            return Outcome(acknowledged=False, reason="connection_failed")
        if self.ignore_acks:
            self.ignore_acks -= 1
            self._changes.tell()
            await asyncio.Event().wait()
        if self.failing:
            return Outcome(acknowledged=False, reason=self.failing.pop(0))
        if 200 <= answer.status < 300:
            return Outcome(acknowledged=True, answer=_said(said))
        return Outcome(acknowledged=False, reason="http_error", final=final)

    def _signed(self, text: str, kind: str, more: dict[str, str] | None = None) -> JSON:
        stamp = str(int(self.signed_at()))
        headers = {
            "Content-Type": kind, "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(self.secret, stamp, text.encode()),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)", **(more or {}),
        }  # fmt: skip
        return {"data": text.encode(), "headers": headers}


def _encoded(delivery: Delivery) -> tuple[str, str]:
    if delivery.kind == "events_api":
        return json.dumps(delivery.body), "application/json"
    form = delivery.body if delivery.kind == "slash_commands" else {"payload": json.dumps(delivery.body)}
    return urlencode(form), "application/x-www-form-urlencoded"


def _said(text: str) -> JSON:
    """An acknowledgement's body: JSON, or plain words for a command."""
    try:
        said = json.loads(text) if text else {}
    except ValueError:
        return {"text": text}
    return said if isinstance(said, dict) else {"text": text}
