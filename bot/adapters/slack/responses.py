"""Response addresses: where an interaction may be answered without being a member of its channel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.adapters.slack.wire import SlackRefused, SlackUnreachable

HOOKS = "https://hooks.slack.com"
"""Where the response addresses of the public Slack are."""
_METHOD = "response_url"
_LIMIT = aiohttp.ClientTimeout(total=10)
SPENT = frozenset({"invalid_url", "expired_url", "used_url"})
"""Words for an address that takes no more posts."""


class Responses:
    """Posts to response addresses: five in thirty minutes by whoever has one, so that an address is a secret.

    ``base`` is the URL of a Slack that is not the public one. No other address is called: it comes from a payload,
    whose sender could reach with it what only we can reach.
    """

    def __init__(self, session: aiohttp.ClientSession, base: str = "") -> None:
        self._session = session
        self._origins = {_origin(HOOKS), _origin(base)} if base else {_origin(HOOKS)}

    async def send(self, address: str, said: Mapping[str, Any]) -> None:
        """One post. Raises SlackRefused for an address that is spent or not Slack's, else SlackUnreachable."""
        if not self._is_slack(address):
            raise SlackRefused(_METHOD, "invalid_url")
        try:
            async with self._session.post(address, json=said, allow_redirects=False, timeout=_LIMIT) as answer:
                status, told = answer.status, await answer.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            # Its text may hold the address, so it is not kept.
            raise SlackUnreachable("Slack did not answer at a response address") from None
        if status >= 500 or status == 429 or told.lstrip().startswith("<"):  # a page of Slack's, whatever its status
            raise SlackUnreachable(f"Slack did not answer at a response address ({status})")
        if status != 200:
            raise SlackRefused(_METHOD, _word(told))

    def _is_slack(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            return parts.username is None and _origin(address) in self._origins
        except ValueError:
            return False


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port


def _word(told: str) -> str:
    with suppress(ValueError, AttributeError):
        return str(json.loads(told).get("error", "refused"))[:40]
    return "refused"
