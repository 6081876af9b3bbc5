"""One honest double for each port the engine needs: short, with visible state, no library behind it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from bot.domain.action import (
    ActionSpec,
    ActionState,
    After,
    Effect,
    HttpCall,
    Parameter,
    ParameterType,
    Safety,
)
from bot.domain.approval import Approval, ApprovalState
from bot.domain.audit import AuditEvent
from bot.domain.feedback import Feedback
from bot.domain.journal import Journal, Settling
from bot.domain.link import Link
from bot.domain.message import ConversationId, Message, Platform
from bot.domain.person import Sender
from bot.domain.plan import ActionCall, Draft, Proposal
from bot.domain.progress import Progress
from bot.domain.run import ActionResult, Document, File, Outcome, Run, RunState
from bot.domain.run_log import LogEntry, PlacedEntry
from bot.domain.turn import Context, Turn, TurnState
from bot.domain.work import Job
from bot.errors import StorageError
from bot.ports import Composition, Emit, Given, MaskStream

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""A Friday."""
ROOM = ConversationId(Platform.TERMINAL, "test")
ALEX = Sender("alex", "Alex Morgan", "alex@acme.example")
SAM = Sender("sam", "Sam Reed", "sam@acme.example")


class Ticking:
    """A clock that moves one millisecond with each look, and further when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def counting(prefix: str = "id") -> Callable[[], str]:
    """Ids that sort by time."""
    numbers = itertools.count(1)
    return lambda: f"{prefix}{next(numbers):05d}"


def message(text: str, sender: Sender = ALEX, id: str = "", conversation: ConversationId = ROOM) -> Message:  # noqa: A002
    return Message(id or f"m-{next(_message_numbers)}", conversation, sender, text, START)


_message_numbers = itertools.count(1)


def text_parameter(name: str, *, required: bool = True, default: str | None = None) -> Parameter:
    return Parameter(name, ParameterType.STRING, f"The {name.replace('_', ' ')}", required, default)


def action(
    slug: str,
    *parameters: Parameter,
    effect: Effect = Effect.READ,
    after: After | None = None,
    safety: Safety | None = None,
    datapoint: str = "",
) -> ActionSpec:
    method = "GET" if effect is Effect.READ else "POST"
    return ActionSpec(
        slug=slug,
        name=slug.replace("-", " ").capitalize(),
        condition=f"When the user asks about {slug}",
        effect=effect,
        work=HttpCall(method, f"https://api.example.com/{slug}"),
        parameters=parameters,
        after=after,
        safety=safety or Safety(),
        output_datapoint=datapoint,
    )


def calls(*proposals: tuple[str, Mapping[str, object]], by_model: bool = True) -> Draft:
    return Draft(tuple(Proposal(slug, arguments) for slug, arguments in proposals), "scripted", by_model)


Answer = Draft | Exception


class ScriptedModel:
    """Gives its plans in order, then plans nothing; writes one line for each result."""

    def __init__(self, *plans: Answer) -> None:
        self.plans = list(plans)
        self.asked: list[tuple[Context, Sequence[ActionSpec]]] = []
        self.composed: list[tuple[Context, Sequence[ActionResult]]] = []
        self.compose_fails: Exception | None = None

    async def plan(self, context: Context, actions: Sequence[ActionSpec]) -> Draft:
        self.asked.append((context, actions))
        answer = self.plans.pop(0) if self.plans else calls()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def compose(
        self, context: Context, results: Sequence[ActionResult], capabilities: Sequence[str], emit: Emit
    ) -> Composition:
        self.composed.append((context, results))
        if self.compose_fails:
            raise self.compose_fails
        text = "\n".join(f"{r.name}: {r.output}" for r in results if r.succeeded) or "Nothing ran."
        await emit(text)
        return Composition(text, "scripted")


Behaviour = Callable[[ActionCall, Emit], Awaitable[str]]


@dataclass
class InlineExecutor:
    """Runs a Python function for each action; one that raises ``ActionFails`` gives that result."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    documents: dict[str, tuple[Document, ...]] = field(default_factory=dict)
    ran: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    running: int = 0
    most_running: int = 0

    def idempotency_key(self, call: ActionCall, given: Given) -> str:
        return self.keys.get(call.spec.slug, "")

    async def execute(self, call: ActionCall, given: Given, emit: Emit) -> ActionResult:
        self.ran.append((call.spec.slug, call.arguments))
        self.given.append(given)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            output = await self.behaviours.get(call.spec.slug, echo)(call, emit)
            made = self.documents.get(call.spec.slug, ())
            return replace(result(call, Outcome.SUCCESS, output), documents=made)
        except ActionFails as failed:
            return result(call, failed.outcome, "", str(failed))
        finally:
            self.running -= 1


class ActionFails(Exception):
    """What a behaviour raises to fail in the ordinary way."""

    def __init__(self, detail: str, outcome: Outcome = Outcome.ERROR) -> None:
        super().__init__(detail)
        self.outcome = outcome


async def echo(call: ActionCall, emit: Emit) -> str:
    return f"ran with {dict(call.arguments)}"


def result(call: ActionCall, outcome: Outcome, output: str, detail: str = "") -> ActionResult:
    return ActionResult(
        call.id, call.spec.slug, call.spec.name, outcome, outcome.value, output, START, 0.25, detail=detail
    )


class InMemoryTurns:
    def __init__(self) -> None:
        self.turns: dict[str, Turn] = {}
        self.stop_by: dict[str, str] = {}

    async def begin(self, message: Message, turn_id: str) -> bool:
        if await self.of_message(str(message.conversation), message.id):
            return False
        self.turns[turn_id] = Turn(
            turn_id, message.id, str(message.conversation), message.sender.display_name, message.sender.id,
            message.text, message.sent_at, background=message.background,
        )  # fmt: skip
        return True

    async def finish(self, turn: Turn) -> None:
        self.turns[turn.id] = turn

    async def get(self, turn_id: str) -> Turn | None:
        return self.turns.get(turn_id)

    async def recent(self, conversation: str, limit: int) -> Sequence[Turn]:
        ended = [t for t in self.turns.values() if t.conversation == conversation and t.state is not TurnState.STARTED]
        return ended[-limit:]

    async def knows(self, conversation: str) -> bool:
        return any(turn.conversation == conversation for turn in self.turns.values())

    async def of_message(self, conversation: str, message_id: str) -> Turn | None:
        return next(
            (t for t in self.turns.values() if (t.conversation, t.message_id) == (conversation, message_id)), None
        )

    async def wish(self, conversation: str, asker: str, name: str, since: datetime) -> bool:
        found = [
            turn.id for turn in self.turns.values()
            if conversation in ("", turn.conversation)
            and (turn.speaker_id, turn.state) == (asker, TurnState.STARTED)
            and turn.started_at >= since
        ]  # fmt: skip
        self.stop_by |= dict.fromkeys(found, name)
        return bool(found)

    async def wishes(self) -> Mapping[str, str]:
        return {turn: by for turn, by in self.stop_by.items() if self.turns[turn].state is TurnState.STARTED}


class InMemoryRuns:
    """Runs and what they say: ``RunStore`` and ``RunLog``."""

    def __init__(self, audit: ListedAudit | None = None) -> None:
        self.audit = audit or ListedAudit()
        self.said: dict[str, list[LogEntry]] = {}
        self.runs: dict[str, Run] = {}
        self.states: list[tuple[str, str]] = []
        self.kept: dict[str, Sequence[Document]] = {}

    async def document(self, run_id: str, place: int) -> Document | None:
        kept = self.kept.get(run_id, ())
        return kept[place] if place < len(kept) else None

    async def files(self, run_ids: Sequence[str]) -> Sequence[File]:
        return [
            File(run_id, place, one.name, one.media_type, len(one.data))
            for run_id in run_ids
            for place, one in enumerate(self.kept.get(run_id, ()))
        ]

    async def latest_of(self, asker: str, limit: int) -> Sequence[Run]:
        return [run for run in self.runs.values() if run.asker_id == asker][::-1][:limit]

    async def get(self, run_id: str) -> Run | None:
        return self.runs.get(run_id)

    async def started(self, run: Run) -> None:
        self.runs[run.id] = run
        self.states.append((run.action, run.state.value))

    async def finished(
        self, run: Run, made: Sequence[Document] = (), events: Sequence[AuditEvent] = (), said: Sequence[LogEntry] = ()
    ) -> None:
        await self.started(run)
        self.said[run.id] = [*self.said.get(run.id, ()), *said]
        for event in events:
            await self.audit.record(event)
        if made:
            self.kept[run.id] = made

    async def dropped(self, run_id: str) -> None:
        self.runs.pop(run_id, None)

    async def of_turn(self, turn_id: str) -> Sequence[Run]:
        return [run for run in self.runs.values() if run.turn_id == turn_id]

    async def wish(self, run_id: str, name: str) -> bool:
        run = self.runs.get(run_id)
        if run is None or run.state not in (RunState.QUEUED, RunState.STARTED):
            return False
        self.runs[run_id] = replace(run, stop_by=name)
        return True

    async def wishes(self) -> Mapping[str, str]:
        return {run.id: run.stop_by for run in self.runs.values() if run.stop_by}

    async def resolve(self, run_id: str, state: RunState, outcome: str, detail: str) -> bool:
        run = self.runs.get(run_id)
        if run is None or run.state is not RunState.UNKNOWN:
            return False
        self.runs[run_id] = replace(run, state=state, outcome=outcome, detail=detail)
        return True

    async def delete(self, run_id: str) -> bool:
        run = self.runs.get(run_id)
        if run is None or run.state in (RunState.QUEUED, RunState.STARTED):
            return False
        del self.runs[run_id]
        return True

    async def append(self, run_id: str, entries: Sequence[LogEntry]) -> None:
        self.said[run_id] = [*self.said.get(run_id, ()), *entries]

    async def after(self, run_id: str, place: int, limit: int) -> Sequence[PlacedEntry]:
        placed = [PlacedEntry(number, entry) for number, entry in enumerate(self.said.get(run_id, ()), 1)]
        return placed[place : place + limit]

    async def with_key(self, action: str, key: str, since: datetime) -> Run | None:
        matches = (r for r in self.runs.values() if (r.action, r.idempotency_key) == (action, key))
        return next((r for r in matches if r.started_at >= since), None)

    async def latest(self, limit: int, action: str = "") -> Sequence[Run]:
        chosen = [run for run in self.runs.values() if action in ("", run.action)]
        return chosen[::-1][:limit]


class InMemoryJournals:
    """Writes to the doubles of its world, all at once, as one transaction does."""

    def __init__(self, runs: InMemoryRuns, approvals: InMemoryApprovals, audit: ListedAudit) -> None:
        self.runs, self.approvals, self.audit = runs, approvals, audit
        self.journals: dict[str, Journal] = {}

    async def write(
        self,
        journal: Journal,
        queued: Sequence[Run],
        asked: Approval | None = None,
        settling: Settling | None = None,
        events: Sequence[AuditEvent] = (),
    ) -> bool:
        if settling and not await self.approvals.decide(settling.approval_id, settling.state, settling.by, settling.at):
            return False
        self.journals[journal.turn_id] = journal
        if asked:
            await self.approvals.open(asked)
        for run in queued:
            await self.runs.started(run)
        for event in events:
            await self.audit.record(event)
        return True

    async def of(self, turn_id: str) -> Journal | None:
        return self.journals.get(turn_id)

    async def close(self, turn_id: str) -> None:
        if not any(run.state is RunState.UNKNOWN for run in await self.runs.of_turn(turn_id)):
            self.journals.pop(turn_id, None)


class InMemoryClaims:
    def __init__(self) -> None:
        self.claimed_keys: dict[str, datetime] = {}

    async def claimed(self, key: str) -> bool:
        return key in self.claimed_keys

    async def claim(self, key: str, at: datetime) -> bool:
        first = key not in self.claimed_keys
        self.claimed_keys.setdefault(key, at)
        return first

    async def latest(self, prefix: str, since: datetime) -> Sequence[str]:
        return [key for key, at in self.claimed_keys.items() if key.startswith(prefix) and at >= since]


class LockedClaims(InMemoryClaims):
    """The first claim of a key that begins so fails, as where another process holds the database."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.locked = prefix

    async def claim(self, key: str, at: datetime) -> bool:
        if self.locked and key.startswith(self.locked):
            self.locked = ""
            raise StorageError("the database is locked")
        return await super().claim(key, at)


class InMemoryLinks:
    def __init__(self, *links: Link) -> None:
        self.links = {link.person: link for link in links}

    async def of(self, person: str) -> Link | None:
        return self.links.get(person)

    async def put(self, link: Link) -> None:
        self.links[link.person] = link

    async def remove(self, person: str) -> bool:
        return self.links.pop(person, None) is not None


class InMemoryPairings:
    def __init__(self) -> None:
        self.waiting: dict[str, tuple[str, datetime]] = {}

    async def put(self, code_hash: str, person: str, expires: datetime, now: datetime) -> None:
        kept = {key: each for key, each in self.waiting.items() if each[0] != person and each[1] > now}
        self.waiting = {**kept, code_hash: (person, expires)}

    async def take(self, code_hash: str, now: datetime) -> str | None:
        person, expires = self.waiting.get(code_hash, ("", now))
        if expires <= now:
            return None
        del self.waiting[code_hash]
        return person


class InMemoryFeedback:
    def __init__(self) -> None:
        self.given: dict[tuple[str, str], Feedback] = {}

    async def put(self, given: Feedback) -> None:
        self.given[given.turn_id, given.by] = given


class InMemoryApprovals:
    def __init__(self) -> None:
        self.approvals: dict[str, Approval] = {}

    async def open(self, approval: Approval) -> None:
        self.approvals[approval.id] = approval

    async def open_of(self, asker: str, now: datetime) -> Sequence[Approval]:
        found = self.approvals.values()
        return [a for a in found if (a.asker, a.state) == (asker, ApprovalState.OPEN) and a.expires_at > now]

    async def expired(self, prefix: str, since: datetime, until: datetime) -> Sequence[Approval]:
        there = [a for a in self.approvals.values() if a.conversation.startswith(prefix)]
        return [a for a in there if a.state is ApprovalState.OPEN and since < a.expires_at <= until]

    async def get(self, approval_id: str) -> Approval | None:
        return self.approvals.get(approval_id)

    async def waiting(self, conversation: str, asker: str) -> Approval | None:
        mine = [a for a in self.approvals.values() if (a.conversation, a.asker) == (conversation, asker)]
        return next((a for a in reversed(mine) if a.state is ApprovalState.OPEN), None)

    async def decide(self, approval_id: str, state: ApprovalState, by: str, at: datetime) -> Approval | None:
        approval = self.approvals[approval_id]
        if approval.state is not ApprovalState.OPEN:
            return None
        self.approvals[approval_id] = replace(approval, state=state, decided_by=by, decided_at=at)
        return self.approvals[approval_id]


class ListedAudit:
    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def record(self, event: AuditEvent) -> None:
        self.events.append(event)


class WordMasker:
    """Replaces given words; where there are any, its stream holds all back until the end, as a masker may."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def mask(self, text: str) -> str:
        for word in self.words:
            text = text.replace(word, "***")
        return text

    def stream(self) -> MaskStream:
        return _WordStream(self)

    async def current(self) -> WordMasker:
        return self


class _WordStream:
    def __init__(self, masker: WordMasker) -> None:
        self._masker = masker
        self._held = ""

    def feed(self, piece: str) -> str:
        if not self._masker.words:
            return piece
        self._held += piece
        return ""

    def finish(self) -> str:
        return self._masker.mask(self._held)


class ListedActions:
    """A catalogue of given actions; ``off`` holds those that are disabled."""

    def __init__(self, *specs: ActionSpec) -> None:
        self.specs = list(specs)
        self.off: set[str] = set()

    async def states(self) -> Sequence[ActionState]:
        return [ActionState(spec, spec.slug not in self.off) for spec in self.specs]


class Watching:
    """Keeps every step it is told."""

    def __init__(self) -> None:
        self.seen: list[Progress] = []

    async def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)


class Barrier:
    """Lets the runs that meet at it go on once ``parties`` are there: proof that they overlap."""

    def __init__(self, parties: int) -> None:
        self._barrier = asyncio.Barrier(parties)

    async def __call__(self, call: ActionCall, emit: Emit) -> str:
        async with asyncio.timeout(5):
            await self._barrier.wait()
        return "met"


def no_dates(text: str, now: datetime) -> frozenset[date]:
    return frozenset()


async def suggested() -> Sequence[str]:
    """Questions that a person may be offered."""
    return ("Where is order 12345?", "Is there an outage right now?")


class Unhurried:
    """The part of ``ports.PromptDispatcher`` of a double that begins nothing itself."""

    def begins_at_once(self, job: Job) -> bool:
        return False

    def release(self, job: Job) -> None:
        raise AssertionError("nothing was to begin at once")

    async def dispatch_begun(self, job: Job) -> None:
        raise AssertionError("nothing was kept as begun")
