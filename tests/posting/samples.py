"""A Monday digest as it is fired, and a platform that takes posts in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.domain.message import ConversationId, Platform
from bot.domain.post import Address, Delivery, Fired
from bot.domain.run import ActionResult, Document, Outcome
from bot.domain.work import Job
from bot.ports import Masker, MaskStream, Posted, Posting

NINE = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Monday, 9:00 in Berlin."""
SLA = Address(Platform.SLACK, "T1/C-SLA")
LEADERS = Address(Platform.DISCORD, "42")
OWNER = Address(Platform.SLACK, "U-KIM", person=True)
DELIVERY = Delivery((SLA, LEADERS), owner=OWNER, alert_after=2)
CHART = Document("sla.png", "image/png", b"\x89PNG")


def result(output: str = '{"breached": 3, "open": 12}', **changes: object) -> ActionResult:
    plain = ActionResult("r1", "sla", "SLA watch", Outcome.SUCCESS, "success", output, NINE, 0.5)
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields by name


def failed(detail: str = "Zendesk did not answer", **changes: object) -> ActionResult:
    return result("", outcome=Outcome.ERROR, label="error", detail=detail, **changes)


def fired(*results: ActionResult, week: int = 0) -> Fired:
    at = NINE + timedelta(weeks=week)
    moved = tuple(replace(one, started_at=at) for one in results or (result(),))
    return Fired(
        "schedule/s1", f"schedule/s1/{at:%Y-%m-%dT%H:%MZ}", "SLA digest", at + timedelta(seconds=4), moved, at,
        "Europe/Berlin",
    )  # fmt: skip


def tickets(*numbers: int) -> ActionResult:
    return result(json.dumps([{"ticket": f"#{number}", "subject": f"Case {number}"} for number in numbers]))


@dataclass
class Place:
    """A platform that takes posts: keeps each key once, and fails as told before it takes anything."""

    platform: Platform
    fails: list[Exception] = field(default_factory=list)
    taken: dict[str, Posting] = field(default_factory=dict)
    asked: list[Posting] = field(default_factory=list)

    async def post(self, posting: Posting) -> Posted:
        self.asked.append(posting)
        if self.fails:
            raise self.fails.pop(0)
        self.taken.setdefault(posting.key, posting)
        number = list(self.taken).index(posting.key)
        conversation = ConversationId(self.platform, posting.address.channel, str(number))
        return Posted(conversation, f"https://example.com/{number}")

    async def read_address(self, text: str) -> Address:
        return Address(self.platform, text)

    def texts(self) -> list[str]:
        return [posting.text for posting in self.taken.values()]


@dataclass
class Jobs:
    """Remembers what is to be done until a test has it done."""

    waiting: list[Job] = field(default_factory=list)

    async def dispatch(self, job: Job) -> None:
        self.waiting.append(job)


@dataclass(frozen=True)
class Hiding:
    """Masks the given words."""

    words: Mapping[str, str] = field(default_factory=dict)

    async def current(self) -> Masker:
        return self

    def mask(self, text: str) -> str:
        for word, shown in self.words.items():
            text = text.replace(word, shown)
        return text

    def stream(self) -> MaskStream:
        raise AssertionError("posts are not streamed")
