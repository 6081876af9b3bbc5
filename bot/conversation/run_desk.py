"""What a person can do about runs: ``ports.RunDesk``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.conversation.ledger import Ledger
from bot.conversation.runner import Runner, Scope
from bot.domain.action import ActionSpec
from bot.domain.audit import AuditEvent
from bot.domain.person import Sender
from bot.domain.run import Outcome, Run, RunState
from bot.domain.run_log import Resolution
from bot.ports import AuditLog, Catalogue, Clock, Masking, RunStore, Watch

_ENDS = {
    Resolution.DONE: (RunState.DONE, Outcome.SUCCESS.value),
    Resolution.NOT_DONE: (RunState.ERROR, Outcome.ERROR.value),
    Resolution.AGAIN: (RunState.QUEUED, ""),
}


class Desk:
    """Works from any process: what concerns a run elsewhere is left as a wish that the other process reads."""

    def __init__(
        self, runs: RunStore, runner: Runner, ledger: Ledger, catalogue: Catalogue, masking: Masking, audit: AuditLog,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._runs = runs
        self._runner = runner
        self._ledger = ledger
        self._catalogue = catalogue
        self._masking = masking
        self._audit = audit
        self._clock = clock

    async def stop(self, run_id: str, by: Sender) -> bool:
        """Have it stopped within seconds. False if it is not under way."""
        if not await self._runs.wish(run_id, by.display_name or by.id):
            return False
        self._runner.live.stop_run(run_id, by.display_name or by.id)
        await self._note(by, "run.stopped", run_id)
        return True

    async def resolve(self, run_id: str, how: Resolution, by: Sender, watch: Watch) -> Run | None:
        """Say once what became of a run whose end is not known; the run as it is then. None if there is no doubt."""
        run = await self._runs.get(run_id)
        if run is None:
            return None
        state, outcome = _ENDS[how]
        if not await self._runs.resolve(run_id, state, outcome, f"settled by {by.display_name or by.id}: {how.value}"):
            return None
        await self._note(by, f"run.resolved.{how.value}", run_id)
        if how is Resolution.AGAIN:
            await self._again(run, watch)
        await self._ledger.close(run.turn_id)
        return await self._runs.get(run_id)

    async def delete(self, run_id: str, by: Sender) -> bool:
        """Forget a run that has ended, its log and its documents. False if it is under way or not known."""
        if not await self._runs.delete(run_id):
            return False
        await self._note(by, "run.deleted", run_id)
        return True

    async def _again(self, run: Run, watch: Watch) -> None:
        """With the values that were put down then, under the same id."""
        journal = await self._ledger.of(run.turn_id)
        if journal is None:
            return
        share = await self._ledger.recalled(journal, await self._actions())
        calls = [replace(call, spec=replace(call.spec, after=None)) for call in share.calls if call.id == run.id]
        masker, asker = await self._masking.current(), Sender(run.asker_id, email=_email(run))
        scope = Scope(run.turn_id, run.conversation, run.question, asker, run.trigger, masker, watch)
        await self._runner.run(calls, scope, share.runs, share.stale)

    async def _actions(self) -> Mapping[str, ActionSpec]:
        return {state.spec.slug: state.spec for state in await self._catalogue.states() if state.enabled}

    async def _note(self, by: Sender, kind: str, run_id: str) -> None:
        await self._audit.record(AuditEvent(self._clock(), by.id, kind, run_id, {}))


def _email(run: Run) -> str:
    return run.asker.partition(" <")[2].removesuffix(">")
