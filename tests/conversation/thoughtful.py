"""A model that takes its time, so that somebody can stop it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.action import ActionSpec
from bot.domain.plan import Draft
from bot.domain.run import ActionResult
from bot.domain.turn import Context
from bot.ports import Composition, Emit
from tests.fakes import Answer, ScriptedModel


class Thoughtful(ScriptedModel):
    """Waits for ever before it plans, or once it has said ``words`` of its answer."""

    def __init__(self, *plans: Answer, plans_at_once: bool, words: Sequence[str] = ()) -> None:
        super().__init__(*plans)
        self.thinks = asyncio.Event()
        self._plans_at_once, self._words = plans_at_once, words

    async def plan(self, context: Context, actions: Sequence[ActionSpec]) -> Draft:
        if not self._plans_at_once:
            await self._for_ever()
        return await super().plan(context, actions)

    async def compose(
        self, context: Context, results: Sequence[ActionResult], capabilities: Sequence[str], emit: Emit
    ) -> Composition:
        for word in self._words:
            await emit(word)
        await self._for_ever()
        return Composition("never", "scripted")

    async def _for_ever(self) -> None:
        self.thinks.set()
        await asyncio.Event().wait()
