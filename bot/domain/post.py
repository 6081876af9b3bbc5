"""Results that are posted of the service's own accord: what came of a firing, where it goes and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.message import ConversationId, Platform
from bot.domain.run import ActionResult, File
from bot.domain.turn import Remembered
from bot.domain.work import Job

DELIVER = "post.deliver"
"""The kind of the jobs that make posts."""


class Compose(StrEnum):
    """How a result becomes a post."""

    RAW = "raw"
    """The output as it is, lists of records as tables."""
    TEMPLATE = "template"
    """The author's own text, filled in."""
    DIGEST = "digest"
    """Told by the model, with what changed since last time."""


class PostWhen(StrEnum):
    """Which results are posted. A failure is told whatever this says (F188)."""

    ALWAYS = "always"
    CHANGED = "changed"
    """Only when it differs from the last one that was posted."""
    NOT_EMPTY = "not_empty"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a post goes."""

    platform: Platform
    channel: str
    """The channel's id on its platform, with the workspace where there are several; a person's id if ``person``."""
    thread: str = ""
    person: bool = False
    """A direct message."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where results go and how they are told, as a person set it up."""

    targets: tuple[Address, ...] = ()
    """None: the result is only kept in the history (F178)."""
    compose: Compose = Compose.RAW
    template: str = ""
    """The text for ``Compose.TEMPLATE``."""
    post: PostWhen = PostWhen.ALWAYS
    owner: Address | None = None
    """Who is told when it fails again and again, or when a post is not taken."""
    alert_after: int = 3
    """Failures in a row after which the owner is told (F186)."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What came of one due time of a schedule, or of one call of a webhook."""

    origin: str
    """What fired, such as ``schedule/s1``: its results are compared with its own earlier ones."""
    key: str
    """This one firing, such as ``schedule/s1/2026-11-23T08:00Z``. Handed over twice it is posted once."""
    title: str
    """What people call it."""
    ran_at: datetime
    """Aware, UTC."""
    results: tuple[ActionResult, ...]
    """Masked. The call id of each is the id of its run."""
    planned: datetime | None = None
    """The due time, aware; None where nothing was planned."""
    zone: str = "UTC"
    """IANA name of the zone that its readers keep."""


class PostState(StrEnum):
    """What became of a post, apart from what became of the run that it tells of (F187)."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    """The platform will never take it there."""
    GIVEN_UP = "given_up"
    """The platform could not be reached for too long; the news would be old."""


@dataclass(frozen=True, slots=True)
class Post:
    """One message to one place, written down before it is made."""

    key: str
    """The firing and its place among the targets, such as ``post/schedule/s1/2026-11-23T08:00Z/0``."""
    firing: str
    origin: str
    title: str
    address: Address
    text: str
    """Markdown, masked."""
    at: datetime
    """When it was written, aware, UTC."""
    results: tuple[Remembered, ...] = ()
    """What it tells of, for those who ask about it there; none in a word to the owner."""
    files: tuple[File, ...] = ()
    owner: Address | None = None
    """Who hears of it when it is not taken."""
    fingerprint: str = ""
    """The same for results that say the same; empty for a word to the owner."""
    state: PostState = PostState.QUEUED
    tries: int = 0
    """How often the platform could not be reached."""
    why: str = ""
    """Why it was not taken, for a person."""
    link: str = ""

    @property
    def job(self) -> Job:
        """The job that makes it. Posts of one origin to one place are made in order."""
        place = ConversationId(self.address.platform, self.address.channel, self.address.thread)
        return Job(self.key, DELIVER, f"post/{self.origin}/{place}", {"post": self.key}, self.at)


@dataclass(frozen=True, slots=True)
class Streak:
    """Failures of one origin in a row."""

    origin: str
    latest: str = ""
    """The firing that was counted last, so that none is counted twice."""
    failures: int = 0
    told: bool = False
    """The owner knows of this streak."""

    def after(self, firing: str, *, failed: bool) -> Streak:
        """With one more firing counted."""
        return Streak(self.origin, firing, self.failures + 1, self.told) if failed else Streak(self.origin, firing)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a firing would come to, shown to its author alone."""

    text: str
    posted: bool
    """Whether it would be posted at all, as its delivery says."""
