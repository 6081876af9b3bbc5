"""Rate limits per method, workspace and app; for messages per channel too. docs.slack.dev/apis/web-api/rate-limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.simulators.slack.clock import Clock
from tests.simulators.slack.protocol import AppConfig
from tests.simulators.slack.rules import RULES, TIER1, Rule

Key = tuple[str, str, str]


@dataclass
class Bucket:
    """``burst`` calls at once, and ``per_minute`` in the long run."""

    per_minute: int
    burst: int
    level: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level = float(self.burst)

    def take(self, now: float) -> float:
        """Zero when the call is allowed, else the seconds until one would be."""
        self.level = min(self.burst, self.level + (now - self.at) * self.per_minute / 60)
        self.at = now
        if self.level < 1:
            return (1 - self.level) * 60 / self.per_minute
        self.level -= 1
        return 0.0


class Rates:
    """The counters. ``enforced = False`` lets everything pass; ``counted`` tells what would have been refused."""

    def __init__(self, clock: Clock, config: AppConfig, *, enforced: bool = True) -> None:
        self.enforced = enforced
        self.refused: list[Key] = []
        """(workspace, method, channel) of every call over its rate, enforced or not."""
        self._clock = clock
        self._config = config
        self._buckets: dict[Key, Bucket] = {}

    def wait(self, team: str, method: str, arguments: Mapping[str, object]) -> int:
        """``Retry-After`` in whole seconds; zero when the call may pass."""
        rule = RULES[method]
        key = (team, method, str(arguments.get("channel", "")) if rule.by_channel else "")
        bucket = self._buckets.get(key) or self._buckets.setdefault(key, self._bucket(method, rule))
        seconds = bucket.take(self._clock.now())
        if not seconds:
            return 0
        self.refused.append(key)
        return math.ceil(seconds) if self.enforced else 0

    def _bucket(self, method: str, rule: Rule) -> Bucket:
        slow = self._config.distributed and method in ("conversations.replies", "conversations.history")
        per_minute = TIER1 if slow else rule.per_minute
        bucket = Bucket(per_minute, rule.burst or per_minute)
        bucket.at = self._clock.now()
        return bucket
