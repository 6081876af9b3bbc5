"""Faults of the REST API, in the order in which they were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

Kind = Literal["answer", "reset", "silence", "held"]


@dataclass(frozen=True)
class Fault:
    """What happens instead of an answer. ``after``: the call is done, and only then it looks like a failure."""

    kind: Kind
    status: int = 200
    body: str | Mapping[str, Any] = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False

    def accepted(self) -> Fault:
        """The same, but Discord has done what it was asked."""
        return replace(self, after=True)


def too_many(retry_after: float = 0.05, scope: Literal["user", "shared", "global"] = "user") -> Fault:
    """HTTP 429 of Discord itself: with ``Via`` and a JSON body."""
    whole = scope == "global"
    body = {"message": "You are being rate limited.", "retry_after": retry_after, "global": whole}
    headers = {"Via": "1.1 google", "Retry-After": str(retry_after), "X-RateLimit-Scope": scope}
    return Fault("answer", 429, body, {**headers, "X-RateLimit-Global": "true"} if whole else headers)


def banned(*, html: bool = True) -> Fault:
    """HTTP 429 of Cloudflare: no ``Via``, and usually a page instead of JSON."""
    body: str | dict[str, Any] = "<html><title>Access denied</title><h1>Error 1015</h1></html>" if html else {
        "message": "You are being blocked from accessing our API temporarily.", "code": 0,
    }  # fmt: skip
    return Fault("answer", 429, body, {"Retry-After": "3600"})


def broken(status: int = 502) -> Fault:
    """A server's error. ``broken(500).accepted()`` fails after the call was done."""
    return Fault("answer", status, "upstream connect error")


def refusal(status: int, code: int, message: str = "Refused by the test") -> Fault:
    """An error of the API, such as ``refusal(403, 50013)``."""
    return Fault("answer", status, {"message": message, "code": code})


HTML = Fault("answer", 200, "<html><h1>Discord is down</h1></html>")
RESET = Fault("reset")
SILENCE = Fault("silence")
HELD = Fault("held")
"""Done, or answered with ``accepted()``, when ``faults.release()`` is called."""
LOST = RESET.accepted()


class Faults:
    """``faults.next("POST /channels/*/messages", broken(502), times=2)``; ``*`` is any call.

    A pattern is compared with the method and path (``PATCH /channels/1/messages/2``) and with the route's own
    name (``PATCH /channels/{channel}/messages/{message}``). ``CDN`` and ``GATEWAY`` are calls too.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Fault]] = []

    def next(self, pattern: str, fault: Fault, *, times: int = 1) -> None:
        """The next calls that fit fail so."""
        self._waiting += [(pattern, fault)] * times

    def clear(self) -> None:
        """No more faults."""
        self._waiting.clear()

    def waiting(self, pattern: str) -> int:
        """How many faults of a pattern were not met yet."""
        return sum(each == pattern for each, _ in self._waiting)

    def take(self, *names: str) -> Fault | None:
        """The fault that is due now for a call of these names."""
        for place, (pattern, fault) in enumerate(self._waiting):
            if pattern in names or any(fnmatchcase(each, pattern) for each in names):
                del self._waiting[place]
                return fault
        return None
