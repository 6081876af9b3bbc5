"""Message in, one reply out: the whole story of a turn, read top to bottom."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation.approval import ONLY_THEY, Answered, Approvals
from bot.conversation.composer import Composer, Material
from bot.conversation.context import ContextBuilder
from bot.conversation.intake import Intake, Ticket
from bot.conversation.ledger import Ledger, Share, plan_of
from bot.conversation.live import TurnStopped
from bot.conversation.planner import Planner
from bot.conversation.policy import review
from bot.conversation.record import TurnSoFar, recorded, repeated
from bot.conversation.results import not_run
from bot.conversation.runner import Runner, Scope
from bot.conversation.stopping import Stopping
from bot.domain.action import ActionSpec
from bot.domain.approval import Approval, ApprovalState
from bot.domain.feedback import Feedback
from bot.domain.journal import Journal
from bot.domain.message import ConversationId, Message, Platform, Reply, asks_to_stop
from bot.domain.overview import Overview
from bot.domain.person import Sender
from bot.domain.plan import Plan
from bot.domain.progress import Planned, Progress
from bot.domain.run import ActionResult, Document
from bot.domain.turn import Turn
from bot.errors import ModelError, ModelRefused, StorageError
from bot.ports import (
    Catalogue,
    Clock,
    Edited,
    FeedbackStore,
    Masking,
    RunStore,
    ScheduleLines,
    TurnStore,
    Watch,
    no_schedules,
)

log = logging.getLogger(__name__)

_RECENT = 8
"""Runs of an overview."""
_LONGEST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The steps of the line, built once by the application."""

    intake: Intake
    contexts: ContextBuilder
    catalogue: Catalogue
    planner: Planner
    approvals: Approvals
    runner: Runner
    stopping: Stopping
    ledger: Ledger
    composer: Composer
    turns: TurnStore
    runs: RunStore
    opinions: FeedbackStore
    masking: Masking
    clock: Clock
    schedules: ScheduleLines = no_schedules


class Engine:
    """The conversation engine; ``ports.Conversations`` for every adapter, schedule and webhook."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def handle(self, message: Message, watch: Watch) -> Reply:
        """Answer one message. The same message again gives the same reply and runs nothing."""
        if asks_to_stop(message.text) and (names := await self.stop(message.conversation, message.sender)):
            return Reply("", message.conversation, f"Stopped: {', '.join(names)}.", mode="rules")
        async with self._parts.intake.admit(message) as ticket:
            return await self._replied(ticket, watch)

    async def decide(
        self, approval_id: str, approved: bool, by: Sender, watch: Watch, at: datetime | None = None
    ) -> Reply:
        """Carry out or drop what waits. Anyone but the asker gets a refusal and nothing changes.

        ``at`` is when they decided: a yes that was given in time counts, however late it is carried out.
        """
        approval = await self._parts.approvals.get(approval_id)
        if approval is None or not self._parts.approvals.may_decide(approval, by, await self.actions()):
            return _turned_away(approval)
        async with self._parts.intake.admit(self._decision_message(approval, approved, by)) as ticket:
            return await self._replied(ticket, watch, Answered(approval, approved, by, at))

    async def edit(self, approval_id: str, given: Sequence[Mapping[str, str]], by: Sender) -> Edited:
        """Put a changed question in the place of one that waits: values by name for each of its calls."""
        approval = await self._parts.approvals.get(approval_id)
        if approval is None:
            return Edited(None, "This request is not known any more. Please ask again.")
        masker = await self._parts.masking.current()
        clean = [{name: masker.mask(text) for name, text in values.items()} for values in given]
        return await self._parts.approvals.edit(approval, clean, by, await self.actions())

    async def feedback(self, turn_id: str, good: bool, by: Sender, reason: str = "", words: str = "") -> None:
        """Keep what a person thinks of an answer."""
        masker = await self._parts.masking.current()
        said = masker.mask(words)[:_LONGEST_WORDS]
        await self._parts.opinions.put(Feedback(turn_id, by.id, good, self._parts.clock(), reason, said))

    async def overview(self, by: Sender) -> Overview:
        """What this person can ask for, what ran for them, what waits for them."""
        states = await self._parts.catalogue.states()
        runs = await self._parts.runs.latest_of(by.id, _RECENT)
        waiting = await self._parts.approvals.open_of(by)
        enabled = tuple(state for state in states if state.enabled)
        return Overview(enabled, tuple(runs), tuple(waiting), tuple(await self._parts.schedules()))

    async def waiting(self, approval_id: str, by: Sender) -> Approval | None:
        """What still waits under that id, if ``by`` may decide it."""
        found = await self._still_open(approval_id)
        return found if found and self._parts.approvals.may_decide(found, by, await self.actions()) else None

    async def request(self, approval_id: str, by: Sender) -> Approval | None:
        """What was asked under that id, whatever became of it, if ``by`` may decide it."""
        found = await self._parts.approvals.get(approval_id)
        return found if found and self._parts.approvals.may_decide(found, by, await self.actions()) else None

    async def expired(self, platform: Platform, since: datetime, until: datetime) -> Sequence[Approval]:
        """What was asked there and ran out in that time with nobody having answered, oldest first."""
        return await self._parts.approvals.expired(platform, since, until)

    async def turn(self, turn_id: str, by: Sender) -> Turn | None:
        """A turn that ``by`` asked for; None for everyone else."""
        found = await self._parts.turns.get(turn_id)
        return found if found and found.speaker_id == by.id else None

    async def knows(self, conversation: ConversationId) -> bool:
        """Whether anything there was ever answered, or will be."""
        return await self._parts.turns.knows(str(conversation))

    async def stop(self, conversation: ConversationId | None, by: Sender) -> Sequence[str]:
        """Stop what is under way for ``by`` there, or anywhere; the names. Their turns answer with what they have."""
        return await self._parts.stopping.stop(str(conversation or ""), by)

    async def document(self, run_id: str, place: int, by: Sender) -> Document | None:
        """A file that a run for ``by`` made; None for everyone else."""
        run = await self._parts.runs.get(run_id)
        if run is None or run.asker_id != by.id:
            return None
        return await self._parts.runs.document(run_id, place)

    async def _line(self, turn: TurnSoFar, watch: Watch) -> Reply:
        """The data's way: context, plan, policy, approval, runs, reply."""
        message = turn.message
        if turn.resumed and (journal := await self._parts.ledger.of(turn.id)):
            return await self._resumed(turn, journal, watch)
        decision = turn.decision or await self._parts.approvals.answered_by(message)
        if decision:
            return await self._decided(turn, decision, watch)
        async with turn.live.thinking():
            turn.live.still_wanted()
            actions = await self.actions()
            context = await self._parts.contexts.of(message)
            turn.plan = await self._parts.planner.plan(context, list(actions.values()))
        verdict = review(turn.plan, message.sender, overheard=bool(context.background))
        turn.approval = self._parts.approvals.draft(verdict.confirm, message)
        scope = _scope(turn, message.text, watch)
        share = await self._parts.ledger.put_down(turn, Share(verdict.run, verdict.refused, message.text), scope)
        assert share is not None  # only a question to be settled can come too late
        turn.results = await self._run(share, scope)
        return await self._parts.composer.compose(Material(turn, context, actions), watch)

    async def _decided(self, turn: TurnSoFar, answered: Answered, watch: Watch) -> Reply:
        approval, actions = answered.approval, await self.actions()
        decision = self._parts.approvals.decide(answered, actions)
        settling = decision.settling
        if settling is None:
            return turn.reply(decision.problem)
        confirmed = settling.state is ApprovalState.CONFIRMED
        calls, changed = self._parts.approvals.calls(approval, actions) if confirmed else ([], [])
        turn.settled = replace(approval, state=settling.state, decided_by=settling.by, decided_at=settling.at)
        turn.plan = Plan(calls=tuple(calls), mode="confirmed", answer=_changed(changed))
        said = "" if confirmed else decision.problem or f"Cancelled. Not run: {_names(approval)}."
        scope = _scope(turn, approval.question, watch)
        share = await self._parts.ledger.put_down(
            turn, Share(tuple(calls), question=approval.question), scope, settling, said
        )
        if share is None:
            turn.settled = None
            return turn.reply(await self._parts.approvals.already(approval.id))
        return turn.reply(said) if said else await self._worked(turn, share, scope, actions)

    async def _resumed(self, turn: TurnSoFar, journal: Journal, watch: Watch) -> Reply:
        """Go on where an earlier process was cut off: nothing is planned anew, nothing is done twice."""
        turn.approval = await self._parts.approvals.get(journal.approval_id) if journal.approval_id else None
        turn.settled = await self._parts.approvals.get(journal.settled_id) if journal.settled_id else None
        if journal.said:
            return turn.reply(journal.said)
        actions = await self.actions()
        share = await self._parts.ledger.recalled(journal, actions)
        turn.plan = plan_of(journal, (*share.calls, *(refusal.call for refusal in share.refused)))
        return await self._worked(turn, share, _scope(turn, journal.question, watch), actions)

    async def _worked(self, turn: TurnSoFar, share: Share, scope: Scope, actions: Mapping[str, ActionSpec]) -> Reply:
        context = await self._parts.contexts.of(replace(turn.message, text=share.question))
        turn.results = await self._run(share, scope)
        return await self._parts.composer.compose(Material(turn, context, actions), scope.watch)

    async def _replied(self, ticket: Ticket, watch: Watch, decision: Answered | None = None) -> Reply:
        """Whatever happens inside, the asker gets a reply and the turn gets its record.

        Only the end of the process leaves a turn without: whoever gets the message next goes on from what is on disk.
        """
        if ticket.known:
            known = ticket.known
            files = await self._parts.runs.files([used.run_id for used in known.used])
            again = repeated(known, ticket.message.conversation, await self._still_open(known.approval_id))
            return replace(again, files=tuple(files))
        message, live = ticket.message, self._parts.runner.live
        with live.turn(ticket.turn_id, str(message.conversation), message.sender.id) as under_way:
            now = self._parts.clock()
            turn = TurnSoFar(ticket.turn_id, message, ticket.masker, now, under_way, decision, resumed=ticket.resumed)
            reply = turn.reply(ticket.refusal) if ticket.refusal else await self._answered(turn, _undisturbed(watch))
        await self._remember(turn, reply)
        return replace(reply, settled=turn.settled)

    async def _answered(self, turn: TurnSoFar, watch: Watch) -> Reply:
        try:
            return await self._line(turn, watch)
        except TurnStopped as stopped:
            return turn.reply(f"Stopped by {stopped.by}. Nothing was run.")
        except ModelRefused as refused:
            return turn.reply(f"The language model declined this request: {refused}")
        except ModelError as error:
            log.warning("no planner could serve: %s", error)
            return turn.failed("The language model could not be reached. Please try again in a moment.")
        except Exception:
            log.exception("turn failed", extra={"turn": turn.id})
            return turn.failed("Something went wrong on my side.")

    async def _remember(self, turn: TurnSoFar, reply: Reply) -> None:
        try:
            await self._parts.turns.finish(recorded(turn, reply, self._parts.clock()))
        except StorageError:
            # The answer is owed all the same; the turn stays 'started' and whoever looks later finds it so.
            log.exception("turn not recorded", extra={"turn": turn.id})

    async def actions(self) -> Mapping[str, ActionSpec]:
        """The actions that may be asked for, by slug."""
        states = await self._parts.catalogue.states()
        return {state.spec.slug: state.spec for state in states if state.enabled}

    async def _run(self, share: Share, scope: Scope) -> tuple[ActionResult, ...]:
        if share.calls:
            await scope.watch(Planned(tuple(call.spec.name for call in share.calls)))
        results = await self._parts.runner.run(share.calls, scope, share.runs, share.stale)
        now = self._parts.clock()
        return (*results, *(not_run(refusal.call, refusal.outcome, refusal.reason, now) for refusal in share.refused))

    async def _still_open(self, approval_id: str) -> Approval | None:
        approval = await self._parts.approvals.get(approval_id) if approval_id else None
        if approval is None or approval.state is not ApprovalState.OPEN:
            return None
        return approval if self._parts.clock() < approval.expires_at else None

    def _decision_message(self, approval: Approval, approved: bool, by: Sender) -> Message:
        """One id for every click on the same question, so that the second finds the first one's reply.

        Its sender is the asker, whoever decides: what is confirmed runs with the asker's rights.
        """
        conversation = ConversationId.parse(approval.conversation)
        text = "yes" if approved else "no"
        return Message(f"decision-{approval.id}", conversation, approval.asked_by or by, text, self._parts.clock())


def _turned_away(approval: Approval | None) -> Reply:
    if approval is None:
        raise LookupError("no such approval")
    return Reply("", ConversationId.parse(approval.conversation), ONLY_THEY, mode="rules")


def _scope(turn: TurnSoFar, question: str, watch: Watch) -> Scope:
    message = turn.message
    place, origin = str(message.conversation), message.origin.value
    return Scope(turn.id, place, question, message.sender, origin, turn.masker, watch, turn.resumed)


def _names(approval: Approval) -> str:
    return ", ".join(item.name for item in approval.items)


def _changed(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f"Not run, because the action has changed since you were asked: {', '.join(names)}. Please ask again."


def _undisturbed(watch: Watch) -> Watch:
    """A watcher that has gone away, such as a closed browser, must not stop the work."""

    async def tell(progress: Progress) -> None:
        try:
            await watch(progress)
        except Exception:
            log.debug("a watcher failed", exc_info=True)

    return tell
