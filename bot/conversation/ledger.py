"""Puts down what a turn is about to do before it does anything, and reads it again after a crash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.conversation.approval import Approvals
from bot.conversation.policy import Refusal
from bot.conversation.record import TurnSoFar
from bot.conversation.runner import Runner, Scope
from bot.domain.action import ActionSpec, Effect, HttpCall
from bot.domain.approval import ApprovalItem
from bot.domain.audit import AuditEvent
from bot.domain.journal import Intent, Journal, Settling
from bot.domain.plan import ActionCall, Plan
from bot.domain.run import Run
from bot.ports import Journals, RunStore


@dataclass(frozen=True, slots=True)
class Share:
    """What of a plan is to be done now."""

    calls: tuple[ActionCall, ...]
    refused: tuple[Refusal, ...] = ()
    question: str = ""
    """What the runs are about."""
    runs: Mapping[str, Run] = field(default_factory=dict)
    """The records of the calls, by id."""
    stale: frozenset[str] = frozenset()
    """Calls whose action changed since; they are not sent any more."""


class Ledger:
    """Everything of a turn is on disk before the first call is made: the plan, the runs, the question to the asker."""

    def __init__(self, journals: Journals, runs: RunStore, runner: Runner, approvals: Approvals) -> None:
        self._journals = journals
        self._runs = runs
        self._runner = runner
        self._approvals = approvals

    async def put_down(
        self, turn: TurnSoFar, share: Share, scope: Scope, settling: Settling | None = None, said: str = ""
    ) -> Share | None:
        """The share with its runs; None, and nothing is kept, if the question to be settled was settled before."""
        runs = self._runner.intents(share.calls, scope)
        ready = replace(share, runs={run.id: run for run in runs})
        if not (runs or turn.approval or settling):
            return ready  # nothing that a second try could do twice
        journal = self._journal(turn, share, settling, said)
        kept = await self._journals.write(journal, runs, turn.approval, settling, list(self._events(turn, settling)))
        return ready if kept else None

    async def errand(self, call: ActionCall, scope: Scope) -> Mapping[str, Run]:
        """Put down one run that no message asked for."""
        runs = self._runner.intents([call], scope)
        await self._journals.write(Journal(scope.turn_id, (self._intent(call),), scope.question), runs)
        return {run.id: run for run in runs}

    async def of(self, turn_id: str) -> Journal | None:
        """What an earlier try of the turn put down."""
        return await self._journals.of(turn_id)

    async def close(self, turn_id: str) -> None:
        """Nothing is left to go on with."""
        await self._journals.close(turn_id)

    async def recalled(self, journal: Journal, actions: Mapping[str, ActionSpec]) -> Share:
        """What was to be done, with what is known of each run; actions that changed since are not sent any more."""
        calls = {one.id: ActionCall(one.id, _spec(one.item, actions), one.item.arguments) for one in journal.intents}
        stale = [one.id for one in journal.intents if not self._approvals.unchanged(one.item, actions)]
        refused = [Refusal(calls[one.id], one.refused, one.reason) for one in journal.intents if one.refused]
        to_run = [calls[one.id] for one in journal.intents if not one.refused]
        runs = {run.id: run for run in await self._runs.of_turn(journal.turn_id)}
        doubtful = [_as_recorded(call, runs.get(call.id)) if call.id in stale else call for call in to_run]
        return Share(tuple(doubtful), tuple(refused), journal.question, runs, frozenset(stale))

    def _journal(self, turn: TurnSoFar, share: Share, settling: Settling | None, said: str) -> Journal:
        plan = turn.plan
        intents = [self._intent(call) for call in share.calls]
        intents += [replace(self._intent(one.call), refused=one.outcome, reason=one.reason) for one in share.refused]
        return Journal(
            turn.id, tuple(intents), share.question, plan.open_calls, plan.mode, plan.notices, plan.answer, said,
            turn.approval.id if turn.approval else "", settling.approval_id if settling else "",
        )  # fmt: skip

    def _intent(self, call: ActionCall) -> Intent:
        return Intent(call.id, self._approvals.item(call))

    def _events(self, turn: TurnSoFar, settling: Settling | None) -> Iterator[AuditEvent]:
        if turn.approval:
            yield self._approvals.event(turn.approval, turn.approval.asker, "asked")
        if settling and turn.settled:
            yield self._approvals.event(turn.settled, settling.by, settling.state.value)


def plan_of(journal: Journal, calls: Sequence[ActionCall]) -> Plan:
    """The plan as far as a reply needs it."""
    return Plan(tuple(calls), journal.open_calls, journal.mode, notices=journal.notices, answer=journal.answer)


def _spec(item: ApprovalItem, actions: Mapping[str, ActionSpec]) -> ActionSpec:
    """The action as it is now; of one that is gone what a result needs to name it. Nothing is ever sent with that."""
    gone = ActionSpec(item.action, item.name, "", Effect.WRITE, HttpCall("POST", ""))
    return actions.get(item.action, gone)


def _as_recorded(call: ActionCall, run: Run | None) -> ActionCall:
    """What it did was done by the action as it was then."""
    return replace(call, spec=replace(call.spec, effect=Effect(run.effect))) if run else call
