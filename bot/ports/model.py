"""The language model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.action import ActionSpec
from bot.domain.plan import Draft
from bot.domain.run import ActionResult
from bot.domain.turn import Context
from bot.ports.basics import Emit


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
