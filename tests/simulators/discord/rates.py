"""Rate limits: a bucket per route and major parameter, one for everything, and the ban for too many refusals."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tests.simulators.slack.clock import Clock

GLOBAL_PER_SECOND = 50
INVALID_MOST = 10_000
INVALID_SECONDS = 600.0
_MANY, _SOON = 10_000, 0.001
"""What headers say while nothing is enforced: discord.py sleeps when it counts itself over a limit."""


@dataclass
class Rule:
    """``limit`` calls in a window of ``seconds``. Discord tells its numbers in headers only; these are plausible."""

    limit: int
    seconds: float


_PLENTY = Rule(50, 1.0)
_RULES = {
    "POST /channels/{channel}/messages": Rule(5, 5.0),
    "PATCH /channels/{channel}/messages/{message}": Rule(5, 5.0),
    "DELETE /channels/{channel}/messages/{message}": Rule(5, 1.0),
    "POST /channels/{channel}/typing": Rule(5, 5.0),
    "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": Rule(4, 1.0),
    "POST /channels/{channel}/messages/{message}/threads": Rule(10, 10.0),
    "POST /channels/{channel}/threads": Rule(10, 10.0),
    "POST /users/@me/channels": Rule(10, 10.0),
    "PUT /applications/{application}/commands": Rule(5, 20.0),
    "POST /webhooks/{application}/{token}": Rule(5, 2.0),
    "PATCH /webhooks/{application}/{token}/messages/{message}": Rule(5, 5.0),
    "PATCH /webhooks/{application}/{token}/messages/@original": Rule(5, 5.0),
}
UNLIMITED = ("POST /interactions/{interaction}/{token}/callback", "GET /oauth2/authorize", "POST /oauth2/authorize")


@dataclass
class Bucket:
    """One window after the other; the first call opens it."""

    rule: Rule
    opened: float
    used: int = 0

    def take(self, now: float) -> float:
        """Zero when the call is allowed, else the seconds until the window ends."""
        if now >= self.opened + self.rule.seconds:
            self.opened, self.used = now, 0
        if self.used >= self.rule.limit:
            return self.opened + self.rule.seconds - now
        self.used += 1
        return 0.0

    def headers(self, key: str, now: float) -> dict[str, str]:
        """What the client is told."""
        end = self.opened + self.rule.seconds
        return _headers(key, self.rule.limit, self.rule.limit - self.used, end, end - now)


def _headers(key: str, limit: int, remaining: int, reset: float, after: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(remaining), "X-RateLimit-Bucket": key,
        "X-RateLimit-Reset": f"{reset:.3f}", "X-RateLimit-Reset-After": f"{after:.3f}",
    }  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """``wait`` is zero when the call may pass. ``scope``: ``user``, ``global`` or ``cloudflare``."""

    wait: float
    scope: str
    headers: dict[str, str]


class Rates:
    """The counters. ``enforced = False`` lets everything pass; ``refused`` tells what would have been refused."""

    def __init__(self, clock: Clock, *, enforced: bool = True) -> None:
        self.enforced = enforced
        self.refused: list[tuple[str, str]] = []
        """(route, major parameter) of every call over its rate, enforced or not."""
        self.rules = dict(_RULES)
        """Tests that want to wait for a window put a short one here."""
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._all = Bucket(Rule(GLOBAL_PER_SECOND, 1.0), 0.0)
        self._invalid: list[float] = []

    def judge(self, route: str, major: str, *, counts_globally: bool = True) -> Verdict:
        """Count a call."""
        now = self._clock.now()
        if route in UNLIMITED:
            return Verdict(0.0, "user", {})
        if self.enforced and self.banned():
            return Verdict(self._invalid[0] + INVALID_SECONDS - now, "cloudflare", {})
        whole = self._all.take(now) if counts_globally else 0.0
        bucket = self._buckets.setdefault((route, major), Bucket(self.rules.get(route, _PLENTY), now))
        wait = 0.0 if whole else bucket.take(now)
        if whole or wait:
            self.refused.append((route, major))
        key = hashlib.md5(route.encode(), usedforsecurity=False).hexdigest()
        headers = bucket.headers(key, now) if self.enforced else _headers(key, _MANY, _MANY - 1, now, _SOON)
        return Verdict((whole or wait) if self.enforced else 0.0, "global" if whole else "user", headers)

    def count_invalid(self, status: int, *, shared: bool) -> None:
        """401, 403 and 429 count towards the ban, but not 429 of a shared limit."""
        if status in (401, 403, 429) and not shared:
            self._invalid.append(self._clock.now())

    @property
    def invalid(self) -> int:
        """Refusals in the last ten minutes."""
        now = self._clock.now()
        self._invalid = [each for each in self._invalid if each > now - INVALID_SECONDS]
        return len(self._invalid)

    def banned(self) -> bool:
        """Whether Cloudflare has had enough."""
        return self.invalid >= INVALID_MOST
