"""One call to Slack, and what its refusals mean."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.chat.pacing import Limited
from bot.errors import DeskhandError

_NO_WAY_IN = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "channel_type_not_supported",
     "user_not_in_channel", "messages_tab_disabled", "cannot_dm_bot", "thread_not_found"}
)  # fmt: skip
RESTRICTED = "restricted_action"
"""Not everybody may post there. What follows the word says why: a read-only channel, a locked thread and so on."""
_READING = frozenset(
    {"users.info", "users.lookupByEmail", "usergroups.list", "conversations.replies", "conversations.history",
     "conversations.info", "conversations.list", "chat.getPermalink"}
)  # fmt: skip
"""Slack takes the arguments of these in the address only."""


class SlackRefused(DeskhandError):
    """Slack did not take a call. ``error`` is its word for why."""

    def __init__(self, method: str, error: str) -> None:
        super().__init__(f"Slack refused {method}: {error}")
        self.error = error

    @property
    def no_way_in(self) -> bool:
        """The place is closed to us: archived, or we were removed, or are not among those who may post."""
        return self.error in _NO_WAY_IN or self.error.startswith(RESTRICTED)


class TooSoon(SlackRefused):
    """Slack asks to wait ``seconds``. Raised where nobody waits for that."""

    def __init__(self, method: str, seconds: float) -> None:
        super().__init__(method, "ratelimited")
        self.seconds = seconds


class SlackUnreachable(DeskhandError):
    """Slack did not answer, several times."""


async def sent(client: AsyncWebClient, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """What Slack answers. Raises Limited, SlackRefused or SlackUnreachable."""
    with translated(method):
        given = {name: value for name, value in arguments.items() if value is not None}
        if method in _READING:
            plain = {name: _query(value) for name, value in given.items()}
            answer = await client.api_call(method, http_verb="GET", params=plain)
        else:
            answer = await client.api_call(method, json=given)
        data = answer.data
        return data if isinstance(data, dict) else {}


def _query(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


class translated:  # noqa: N801 - reads as a statement
    """Slack's errors in our words: Limited, SlackRefused or SlackUnreachable."""

    def __init__(self, method: str) -> None:
        self._method = method

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SlackApiError):
            raise _meaning(self._method, error) from error
        if isinstance(error, aiohttp.ClientError | asyncio.TimeoutError | OSError | SlackClientError | ValueError):
            raise SlackUnreachable(f"Slack did not answer {self._method}") from error


def _meaning(method: str, error: SlackApiError) -> Exception:
    response: Any = error.response
    status = getattr(response, "status_code", 200)
    data = getattr(response, "data", None)
    word = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or word in ("ratelimited", "rate_limited"):
        headers = {str(k).lower(): str(v) for k, v in (getattr(response, "headers", None) or {}).items()}
        asked = headers.get("retry-after", "1")
        return Limited(float(asked) if asked.replace(".", "", 1).isdigit() else 1.0)
    if status >= 500 or not word or word in ("internal_error", "fatal_error", "service_unavailable", "request_timeout"):
        return SlackUnreachable(f"Slack did not answer {method} ({status} {word})")
    return SlackRefused(method, word)
