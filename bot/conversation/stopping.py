"""A person stops what they asked for, in whichever process it is under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.conversation.live import THOUGHT, LiveWork
from bot.domain.audit import AuditEvent
from bot.domain.person import Sender
from bot.ports import AuditLog, Clock, RunStore, TurnStore

_LATEST = 30
"""Runs of a person that are looked through for those of another process."""
_LONGEST_THOUGHT = timedelta(minutes=15)
"""A turn that began before and has no end is not being thought about any more."""


class Stopping:
    """Ends what is here at once; what another process has is left as a wish, which that one reads within seconds."""

    def __init__(self, live: LiveWork, runs: RunStore, turns: TurnStore, audit: AuditLog, clock: Clock) -> None:
        self._live = live
        self._runs = runs
        self._turns = turns
        self._audit = audit
        self._clock = clock

    async def stop(self, conversation: str, by: Sender) -> Sequence[str]:
        """Stop what is under way for ``by`` in a conversation, or in all of them when none is named; the names.

        Each ends with a word on how far it got.
        """
        names = self._live.stop(conversation, by)
        if not conversation or not (names or self._live.holds(conversation, by)):
            names = [*dict.fromkeys((*names, *await self._wished(conversation, by)))]
        if names:
            where, details = conversation or "everywhere", {"actions": ", ".join(names)}
            await self._audit.record(AuditEvent(self._clock(), by.id, "turn.stopped", where, details))
        return names

    async def _wished(self, conversation: str, by: Sender) -> Sequence[str]:
        name = by.display_name or by.id
        latest = await self._runs.latest_of(by.id, _LATEST)
        found = [run for run in latest if conversation in ("", run.conversation) and run.under_way]
        names = [run.name for run in found if await self._runs.wish(run.id, name)]
        thought = await self._turns.wish(conversation, by.id, name, self._clock() - _LONGEST_THOUGHT)
        return names or ([THOUGHT] if thought else [])

    async def grant_wishes(self) -> None:
        """Stop what somebody wants stopped who could not reach this process. Called every now and then."""
        if not self._live.busy:
            return
        for run_id, name in (await self._runs.wishes()).items():
            self._live.stop_run(run_id, name)
        for turn_id, name in (await self._turns.wishes()).items():
            self._live.stop_turn(turn_id, name)
