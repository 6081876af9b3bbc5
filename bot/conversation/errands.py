"""Runs that no message asks for: ``ports.Errands``. The same door to the runner, without a plan or a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.conversation.ledger import Ledger
from bot.conversation.locks import KeyedLocks
from bot.conversation.results import not_run
from bot.conversation.runner import Runner, Scope
from bot.domain.action import ActionSpec, Effect, HttpCall
from bot.domain.errand import Errand
from bot.domain.message import Origin
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Outcome, Run
from bot.ports import Catalogue, Clock, Masking, RunStore, Watch

_GONE = ""
"""No action that is there has an empty condition."""


class ErrandRunner:
    """Carries out each errand once, however often it is asked to and whatever process it dies in."""

    def __init__(
        self, catalogue: Catalogue, masking: Masking, runs: RunStore, ledger: Ledger, runner: Runner, clock: Clock
    ) -> None:
        self._catalogue = catalogue
        self._masking = masking
        self._runs = runs
        self._ledger = ledger
        self._runner = runner
        self._clock = clock
        self._locks = KeyedLocks()

    async def run(self, errand: Errand, watch: Watch) -> ActionResult:
        """Carry it out, or give what came of it if that was done before. Raises StorageError."""
        async with self._locks.holding(errand.run_id):
            earlier, actions = await self._runs.get(errand.run_id), await self._actions(errand)
            call = _call(errand, actions)
            if errand.action not in actions and earlier is None:
                return not_run(call, Outcome.DENIED, "there is no such action, or it is paused", self._clock())
            return await self._carried_out(call, errand, earlier, await self._scope(errand, earlier, watch))

    async def _carried_out(self, call: ActionCall, errand: Errand, earlier: Run | None, scope: Scope) -> ActionResult:
        runs = {earlier.id: earlier} if earlier else await self._ledger.errand(call, scope)
        stale = frozenset({call.id}) if call.spec.condition == _GONE else frozenset[str]()
        (result,) = await self._runner.run([call], scope, runs, stale)
        await self._ledger.close(errand.run_id)
        return result

    async def _scope(self, errand: Errand, earlier: Run | None, watch: Watch) -> Scope:
        masker = await self._masking.current()
        title = masker.mask(errand.title)
        return Scope(
            errand.run_id, errand.conversation or errand.origin.value, title, errand.asker, errand.origin.value, masker,
            watch, resumed=earlier is not None,
        )  # fmt: skip

    async def _actions(self, errand: Errand) -> Mapping[str, ActionSpec]:
        """A person who runs an action by hand may try one that is not enabled yet."""
        states, by_hand = await self._catalogue.states(), errand.origin is Origin.MANUAL
        return {state.spec.slug: state.spec for state in states if state.enabled or by_hand}


def _call(errand: Errand, actions: Mapping[str, ActionSpec]) -> ActionCall:
    """It stands alone, so it waits for no other action."""
    gone = ActionSpec(errand.action, errand.action, _GONE, Effect.WRITE, HttpCall("POST", ""))
    spec = actions.get(errand.action, gone)
    defaults = {each.name: each.default for each in spec.parameters if each.default is not None}
    return ActionCall(errand.run_id, replace(spec, after=None), {**defaults, **errand.arguments})
