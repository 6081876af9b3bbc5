"""Faults of the Web API, in the order in which they were asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["status", "error", "html", "reset", "silence", "lost"]


@dataclass(frozen=True)
class Fault:
    """What happens instead of an answer. ``lost``: the call is done, but its answer never arrives."""

    kind: Kind
    status: int = 200
    error: str = ""
    retry_after: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)


def too_many(retry_after: int = 30) -> Fault:
    """HTTP 429 with ``Retry-After`` in seconds."""
    return Fault("status", 429, "ratelimited", retry_after)


def refusal(error: str, **fields: Any) -> Fault:
    """HTTP 200 with ``ok: false``; ``ratelimited`` comes this way too."""
    return Fault("error", error=error, fields=fields)


def broken(status: int = 503) -> Fault:
    """A server's error with no JSON."""
    return Fault("status", status)


HTML = Fault("html")
RESET = Fault("reset")
SILENCE = Fault("silence")
LOST = Fault("lost")


class Faults:
    """``faults.next("chat.postMessage", HTML, times=2)``; ``*`` is any method.

    ``response_url`` and ``upload`` are methods here too.
    """

    def __init__(self) -> None:
        self.met: list[tuple[str, Fault]] = []
        """What went wrong so far, by method."""
        self._waiting: dict[str, list[Fault]] = {}

    def next(self, method: str, fault: Fault, *, times: int = 1) -> None:
        """The next calls of the method fail so."""
        self._waiting.setdefault(method, []).extend([fault] * times)

    def clear(self) -> None:
        """No more faults."""
        self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that is due now."""
        found = next(self._due(method), None)
        if found:
            self.met.append((method, found))
        return found

    def _due(self, method: str) -> Iterator[Fault]:
        for name in (method, "*"):
            if self._waiting.get(name):
                yield self._waiting[name].pop(0)
