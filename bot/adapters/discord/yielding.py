"""Lets people answer first: where every question is answered, one that a trusted member takes up is left to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.adapters.discord.reading import Incoming


class Hands:
    """Questions that wait for a person, and who has taken one up."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._sleep = sleep
        self._waiting: dict[str, tuple[Incoming, asyncio.Event]] = {}

    def seen(self, message: Incoming) -> None:
        """A trusted member wrote something."""
        for question, taken in self._waiting.values():
            if question.member.id != message.member.id and _answers(message, question):
                taken.set()

    def expect(self, question: Incoming) -> None:
        """From now on somebody may answer it."""
        self._waiting[question.id] = question, asyncio.Event()

    async def answered(self, question: Incoming, seconds: float) -> bool:
        """Wait for that long; whether somebody answered since it is expected."""
        _, taken = self._waiting[question.id]
        try:
            async with asyncio.TaskGroup() as group:
                waiting, over = group.create_task(taken.wait()), group.create_task(self._slept(seconds))
                await asyncio.wait({waiting, over}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                over.cancel()
            return taken.is_set()
        finally:
            del self._waiting[question.id]

    async def _slept(self, seconds: float) -> None:
        await self._sleep(seconds)


def _answers(message: Incoming, question: Incoming) -> bool:
    """It answers the question itself, in its thread, or where it was asked without calling anybody else or us."""
    if message.calls_us or (message.called and question.member.id not in message.called):
        return False
    if message.replies_to:
        return message.replies_to == question.id
    if message.thread:
        return message.thread in (question.thread, question.id)
    return message.channel == question.channel and not question.thread
