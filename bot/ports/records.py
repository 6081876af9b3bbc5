"""What is kept of conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.approval import Approval, ApprovalState
from bot.domain.audit import AuditEvent
from bot.domain.feedback import Feedback
from bot.domain.journal import Journal, Settling
from bot.domain.link import Link
from bot.domain.message import Message
from bot.domain.run import Document, File, Run, RunState
from bot.domain.run_log import LogEntry
from bot.domain.turn import Turn


class TurnStore(Protocol):
    """Messages, each stored once, and the turns they led to."""

    async def begin(self, message: Message, turn_id: str) -> bool:
        """Store message and turn in one transaction. False, and nothing stored, if the message is known."""
        ...

    async def finish(self, turn: Turn) -> None:
        """Record how the turn ended."""
        ...

    async def recent(self, conversation: str, limit: int) -> Sequence[Turn]:
        """The last ended turns, oldest first."""
        ...

    async def knows(self, conversation: str) -> bool:
        """Whether any turn began there, ended or not."""
        ...

    async def get(self, turn_id: str) -> Turn | None: ...

    async def of_message(self, conversation: str, message_id: str) -> Turn | None:
        """The turn that a message led to."""
        ...

    async def wish(self, conversation: str, asker: str, name: str, since: datetime) -> bool:
        """Have a person's turns there stopped that began since then and have not ended; False where there are none.

        No conversation means all of them.
        """
        ...

    async def wishes(self) -> Mapping[str, str]:
        """Turns that are to be stopped, and in whose name."""
        ...


class Claims(Protocol):
    """Settles who takes an event that a platform may deliver more than once."""

    async def claim(self, key: str, at: datetime) -> bool:
        """Whether this caller is the first of any number to claim ``key``."""
        ...

    async def claimed(self, key: str) -> bool:
        """Whether anybody did."""
        ...

    async def latest(self, prefix: str, since: datetime) -> Sequence[str]:
        """The keys that begin so and were claimed since then."""
        ...


class Links(Protocol):
    """The proven e-mail addresses of people whose platform tells none."""

    async def of(self, person: str) -> Link | None:
        """A person's link, by sender id."""
        ...

    async def put(self, link: Link) -> None:
        """Keep it in place of the person's earlier one."""
        ...

    async def remove(self, person: str) -> bool:
        """Says whether there was one."""
        ...


class RunStore(Protocol):
    """The intent log: a run is recorded before it starts and again when it ends."""

    async def started(self, run: Run) -> None:
        """It is about to be sent, whether it was put down before or not."""
        ...

    async def finished(
        self,
        run: Run,
        made: Sequence[Document] = (),
        events: Sequence[AuditEvent] = (),
        said: Sequence[LogEntry] = (),
    ) -> None:
        """It ended, and what it made (places count from 0) and said belongs to it; all at once."""
        ...

    async def dropped(self, run_id: str) -> None:
        """It was put down and is not to run after all."""
        ...

    async def of_turn(self, turn_id: str) -> Sequence[Run]: ...

    async def wish(self, run_id: str, name: str) -> bool:
        """Have it stopped in the name of a person, in whichever process it is. False if it is not under way."""
        ...

    async def wishes(self) -> Mapping[str, str]:
        """Runs that are to be stopped, and in whose name."""
        ...

    async def resolve(self, run_id: str, state: RunState, outcome: str, detail: str) -> bool:
        """End the doubt about a run. Of any number of callers one wins; False for the others."""
        ...

    async def delete(self, run_id: str) -> bool:
        """Remove a run that has ended, with its documents and its log. False if it is under way or not known."""
        ...

    async def document(self, run_id: str, place: int) -> Document | None: ...

    async def files(self, run_ids: Sequence[str]) -> Sequence[File]:
        """What runs made, without the bytes, in the order of the runs given."""
        ...

    async def get(self, run_id: str) -> Run | None: ...

    async def latest_of(self, asker: str, limit: int) -> Sequence[Run]:
        """The newest that ran for one person, by sender id."""
        ...

    async def with_key(self, action: str, key: str, since: datetime) -> Run | None:
        """The first run of that action with that idempotency key since then."""
        ...

    async def latest(self, limit: int, action: str = "") -> Sequence[Run]:
        """Newest first, of one action if named."""
        ...


class Journals(Protocol):
    """Plans, put down before anything is done."""

    async def write(
        self,
        journal: Journal,
        queued: Sequence[Run],
        asked: Approval | None = None,
        settling: Settling | None = None,
        events: Sequence[AuditEvent] = (),
    ) -> bool:
        """Put it all down at once. False, and nothing kept, if the question to be settled was settled before."""
        ...

    async def of(self, turn_id: str) -> Journal | None:
        """What the turn put down, if it got so far."""
        ...

    async def close(self, turn_id: str) -> None:
        """It has ended. Kept as long as a run of it is in doubt."""
        ...


class ApprovalStore(Protocol):
    """Questions that wait for a yes or no."""

    async def open(self, approval: Approval) -> None: ...

    async def get(self, approval_id: str) -> Approval | None: ...

    async def waiting(self, conversation: str, asker: str) -> Approval | None:
        """The newest open one that this person has in this conversation."""
        ...

    async def open_of(self, asker: str, now: datetime) -> Sequence[Approval]:
        """What waits for this person anywhere and has not expired, oldest first."""
        ...

    async def expired(self, prefix: str, since: datetime, until: datetime) -> Sequence[Approval]:
        """Open ones that ran out after ``since``, by ``until``, in conversations that begin so, oldest first."""
        ...

    async def decide(self, approval_id: str, state: ApprovalState, by: str, at: datetime) -> Approval | None:
        """Move it out of ``OPEN``. One caller of any number wins; the others get None."""
        ...


class FeedbackStore(Protocol):
    async def put(self, given: Feedback) -> None:
        """Keep it in place of what the same person said of the same turn before."""
        ...


class AuditLog(Protocol):
    async def record(self, event: AuditEvent) -> None: ...
