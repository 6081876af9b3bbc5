"""How often something may happen: a bucket of tokens for each name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Rates:
    """``per_minute`` in the long run, and as many at once. Names must be few: each is remembered."""

    def __init__(self, per_minute: int, monotonic: Callable[[], float]) -> None:
        self._most = per_minute
        self._monotonic = monotonic
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, name: str) -> float:
        """Seconds until it may happen again; 0 if it may now, which counts as happening."""
        now = self._monotonic()
        bucket = self._buckets.setdefault(name, _Bucket(self._most, now))
        bucket.tokens = min(self._most, bucket.tokens + (now - bucket.at) * self._most / 60)
        bucket.at = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) * 60 / self._most
        bucket.tokens -= 1
        return 0.0
