"""What the engine needs from the world, and what the faces need from the engine.

Each port is small enough that a stranger could write a second implementation in an afternoon. Domain types
stand on both sides; foreign errors are translated to ``bot.errors`` before they cross.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from bot.domain.action import ActionSpec, ActionState
from bot.domain.approval import Approval, ApprovalState
from bot.domain.audit import AuditEvent
from bot.domain.feedback import Feedback
from bot.domain.link import Link
from bot.domain.message import ConversationId, Message, Reply
from bot.domain.overview import Overview
from bot.domain.person import Sender
from bot.domain.plan import ActionCall, Draft
from bot.domain.progress import Progress
from bot.domain.run import ActionResult, Asker, Document, File, Run
from bot.domain.turn import Context, Turn

Clock = Callable[[], datetime]
"""The time now, aware, in UTC."""

NewId = Callable[[], str]
"""A fresh id: sortable by time, unique, safe in a URL."""

Emit = Callable[[str], Awaitable[None]]
"""Takes a piece of text as it appears."""

Watch = Callable[[Progress], Awaitable[None]]
"""Is told of each step of a turn as it happens."""

ReadDates = Callable[[str, datetime], frozenset[date]]
"""The dates that a text speaks of, such as "Friday" or "3 March", as seen from a moment."""

Shortlist = Callable[[str, Sequence[ActionSpec]], Sequence[ActionSpec]]
"""The few actions of many that could fit a question, best first."""


Suggestions = Callable[[], Awaitable[Sequence[str]]]
"""A few questions that the enabled actions answer."""


@dataclass(frozen=True, slots=True)
class Composition:
    """The text of an answer and who wrote it."""

    text: str
    mode: str
    notices: tuple[str, ...] = ()


class LanguageModel(Protocol):
    """Chooses actions and writes answers. Never sees a secret; what it says is checked by the engine."""

    async def plan(self, context: Context, actions: Sequence[ActionSpec]) -> Draft:
        """Propose which of ``actions`` to run. Raises ModelError."""
        ...

    async def compose(
        self, context: Context, results: Sequence[ActionResult], capabilities: Sequence[str], emit: Emit
    ) -> Composition:
        """Write the answer from results. No action is offered here, so no output can cause another run.

        ``capabilities`` are names of actions that could be asked for, for an answer when nothing ran.
        Pieces go to ``emit`` as they are written; the returned text is the one that counts. Raises ModelError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """What a run is given beside its arguments."""

    run_id: str
    asker: Asker
    idempotency_key: str = ""


class Executor(Protocol):
    """Carries out one checked call. Every failure of the call itself is an ``ActionResult``."""

    def idempotency_key(self, call: ActionCall, given: Given) -> str:
        """The filled key template of the action, or an empty text."""
        ...

    async def execute(self, call: ActionCall, given: Given, emit: Emit) -> ActionResult:
        """Run it. Live output goes to ``emit``, unmasked; so is the result: the engine masks both."""
        ...


@dataclass(frozen=True, slots=True)
class SandboxJob:
    """A script and the only environment it gets."""

    id: str
    code: str
    environment: Mapping[str, str] = field(repr=False)
    timeout_seconds: float
    allowed_hosts: tuple[str, ...] = ()
    """``name`` or ``name:port`` of all that it may reach; empty for the whole internet, never what is inside."""


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """What a container gave before it was destroyed."""

    exit_code: int | None
    """None when it was stopped from outside."""
    output: str
    """Standard output, decoded with replacement, cut at the cap."""
    error_output: str
    """Standard error, likewise."""
    seconds: float
    timed_out: bool = False
    out_of_memory: bool = False
    dropped_bytes: int = 0
    """Output beyond the cap that was counted and thrown away."""
    documents: tuple[Document, ...] = ()
    """The files that it left in ``/tmp/output``."""
    left_out: tuple[str, ...] = ()
    """Files that were too many or too large, each with the reason."""


class Sandbox(Protocol):
    """Runs a script in a fresh container with the limits of F063-F077 and destroys it."""

    async def run(self, job: SandboxJob, emit: Emit) -> SandboxResult:
        """Run to the end, the time-out or cancellation. Raises SandboxError when no container is to be had."""
        ...


class Secrets(Protocol):
    """Secret values by name. Only the actions wing holds this port."""

    async def reveal(self, names: Sequence[str]) -> Mapping[str, str]:
        """Values of those that exist; a missing name is left out. Raises SecretError if one cannot be read."""
        ...


class SecretNames(Protocol):
    """The names alone, for those who must know whether a secret exists."""

    async def names(self) -> Sequence[str]:
        """All names, sorted."""
        ...


class MaskStream(Protocol):
    """Masks text that comes in pieces; a secret cut by a border is masked all the same."""

    def feed(self, piece: str) -> str:
        """What can be shown so far; may hold back a tail."""
        ...

    def finish(self) -> str:
        """The rest."""
        ...


class Masker(Protocol):
    """Takes every known secret, raw or encoded, out of a text (F084)."""

    def mask(self, text: str) -> str: ...

    def stream(self) -> MaskStream: ...


class Masking(Protocol):
    """Gives the masker for the secrets as they are now."""

    async def current(self) -> Masker: ...


class Catalogue(Protocol):
    """The actions as they are now, files and store together."""

    async def states(self) -> Sequence[ActionState]:
        """All actions, sorted by slug."""
        ...


@dataclass(frozen=True, slots=True)
class StoredAction:
    """A definition made through the service."""

    slug: str
    format: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Switch:
    """What an operator, or the deletion of a secret, made of an action's own ``enabled``."""

    slug: str
    enabled: bool
    reason: str = ""


class ActionStore(Protocol):
    """Definitions that live in the store, and the switches of all actions."""

    async def definitions(self) -> Sequence[StoredAction]: ...

    async def save(self, action: StoredAction) -> None:
        """Insert or replace by slug."""
        ...

    async def remove(self, slug: str) -> None:
        """Delete for good, its switch and its runs with it (F158, F159)."""
        ...

    async def switches(self) -> Mapping[str, Switch]: ...

    async def switch(self, switch: Switch) -> None: ...


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

    async def get(self, turn_id: str) -> Turn | None: ...

    async def of_message(self, conversation: str, message_id: str) -> Turn | None:
        """The turn that a message led to."""
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

    async def started(self, run: Run) -> None: ...

    async def finished(self, run: Run) -> None: ...

    async def keep(self, run_id: str, documents: Sequence[Document]) -> None:
        """Store what a run made; their places count from 0."""
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

    async def decide(self, approval_id: str, state: ApprovalState, by: str, at: datetime) -> Approval | None:
        """Move it out of ``OPEN``. One caller of any number wins; the others get None."""
        ...


class FeedbackStore(Protocol):
    async def put(self, given: Feedback) -> None:
        """Keep it in place of what the same person said of the same turn before."""
        ...


class AuditLog(Protocol):
    async def record(self, event: AuditEvent) -> None: ...


@dataclass(frozen=True, slots=True)
class Edited:
    """The question that took the place of another one, or why it did not."""

    approval: Approval | None
    problem: str = ""
    """In words for the person who tried; about the whole question."""
    faults: Mapping[tuple[int, str], str] = field(default_factory=dict)
    """What is wrong with single values, by the place of the call and the name of its parameter."""


class Conversations(Protocol):
    """The engine as adapters know it."""

    async def handle(self, message: Message, watch: Watch) -> Reply:
        """Answer one message. The same message again gives the same reply and runs nothing."""
        ...

    async def decide(self, approval_id: str, approved: bool, by: Sender, watch: Watch) -> Reply:
        """Carry out or drop what waits. Anyone but the asker gets a refusal and nothing changes."""
        ...

    async def edit(self, approval_id: str, given: Sequence[Mapping[str, str]], by: Sender) -> Edited:
        """Put a changed question in the place of one that waits: values by name for each of its calls."""
        ...

    async def feedback(self, turn_id: str, good: bool, by: Sender, reason: str = "", words: str = "") -> None:
        """Keep what a person thinks of an answer."""
        ...

    async def actions(self) -> Mapping[str, ActionSpec]:
        """The actions that may be asked for, by slug."""
        ...

    async def overview(self, by: Sender) -> Overview:
        """What this person can ask for, what ran for them, what waits for them."""
        ...

    async def waiting(self, approval_id: str, by: Sender) -> Approval | None:
        """What still waits under that id, if ``by`` may decide it."""
        ...

    async def turn(self, turn_id: str, by: Sender) -> Turn | None:
        """A turn that ``by`` asked for; None for everyone else."""
        ...

    async def knows(self, conversation: ConversationId) -> bool:
        """Whether anything was ever answered there."""
        ...

    async def stop(self, conversation: ConversationId, by: Sender) -> Sequence[str]:
        """Stop what runs for ``by`` in a conversation; the names of the actions. Their turn answers all the same."""
        ...

    async def document(self, run_id: str, place: int, by: Sender) -> Document | None:
        """A file that a run for ``by`` made; None for everyone else."""
        ...
