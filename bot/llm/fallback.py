"""Steps in with rules when the language model cannot serve, and says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.domain.action import ActionSpec
from bot.domain.plan import Draft
from bot.domain.run import ActionResult
from bot.domain.turn import Context
from bot.errors import ModelError, ModelRefused, ModelUnavailable
from bot.ports import Composition, Emit, LanguageModel

T = TypeVar("T")

FAILURES = 3
"""Failures in a row after which the model is left alone for a while."""
REST_SECONDS = 30.0


class WithFallback:
    """A language model with a stand-in; a small circuit breaker spares people the wait."""

    def __init__(self, primary: LanguageModel, offline: LanguageModel, monotonic: Callable[[], float]) -> None:
        self._primary = primary
        self._offline = offline
        self._monotonic = monotonic
        self._failures = 0
        self._resting_until = 0.0

    async def plan(self, context: Context, actions: Sequence[ActionSpec]) -> Draft:
        """By the model, else by rules with a notice. A refusal of the model passes through."""
        try:
            return await self._tried(lambda: self._primary.plan(context, actions))
        except ModelRefused:
            raise
        except ModelError as error:
            draft = await self._offline.plan(context, actions)
            return replace(draft, notices=(*draft.notices, _notice(error)))

    async def compose(
        self, context: Context, results: Sequence[ActionResult], capabilities: Sequence[str], emit: Emit
    ) -> Composition:
        """By the model, else from templates with a notice."""
        try:
            return await self._tried(lambda: self._primary.compose(context, results, capabilities, emit))
        except ModelRefused:
            raise
        except ModelError as error:
            written = await self._offline.compose(context, results, capabilities, emit)
            return replace(written, notices=(*written.notices, _notice(error)))

    async def _tried(self, work: Callable[[], Awaitable[T]]) -> T:
        probes = self._let_through()
        try:
            done = await work()
        except asyncio.CancelledError:
            if probes:  # nothing is known from it: the next question tries
                self._resting_until = 0.0
            raise
        except ModelRefused:
            self._recovered()
            raise
        except ModelError:
            self._failures += 1
            if self._failures >= FAILURES:
                self._resting_until = self._monotonic() + REST_SECONDS
            raise
        self._recovered()
        return done

    def _let_through(self) -> bool:
        """After a rest one question tries the model, and the others go on resting until it is known to serve.

        Whether this is the one. Raises ModelUnavailable for the others.
        """
        now = self._monotonic()
        if now < self._resting_until:
            raise ModelUnavailable("it failed several times and is left alone for half a minute")
        if self._failures < FAILURES:
            return False
        self._resting_until = now + REST_SECONDS
        return True

    def _recovered(self) -> None:
        self._failures = 0
        self._resting_until = 0.0


def _notice(error: ModelError) -> str:
    return f"The language model could not serve ({error}), so this was done by rules."
