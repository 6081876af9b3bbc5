"""Takes each message once, one at a time in each conversation, with no secret left in its text."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bot.conversation.context import overheard
from bot.conversation.locks import KeyedLocks
from bot.domain.message import Line, Message
from bot.domain.turn import Turn, TurnState
from bot.ports import Masker, Masking, NewId, TurnStore

LONGEST_MESSAGE = 10_000
"""Characters. Longer ones are answered with a request to shorten them."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A message that has been let in."""

    turn_id: str
    message: Message
    masker: Masker
    known: Turn | None = None
    """The turn that it led to, if that has ended."""
    refusal: str = ""
    """Why its text cannot be worked on."""
    resumed: bool = False
    """It came before, and whoever worked on it then was cut off."""


class Intake:
    """Stores a message before anything is done for it, so that a second delivery finds the first."""

    def __init__(self, turns: TurnStore, masking: Masking, new_id: NewId) -> None:
        self._turns = turns
        self._masking = masking
        self._new_id = new_id
        self._locks = KeyedLocks()

    @asynccontextmanager
    async def admit(self, message: Message) -> AsyncIterator[Ticket]:
        """Wait for the conversation to be free, then let the message in for the length of the block."""
        async with self._locks.holding(str(message.conversation)):
            yield await self._ticket(message)

    async def _ticket(self, message: Message) -> Ticket:
        masker = await self._masking.current()
        background = overheard([_heard(line, masker) for line in message.background])
        clean = replace(message, text=_masked(message.text, masker), background=background)
        turn_id = self._new_id()
        refusal = unusable(clean.text)
        if await self._turns.begin(clean, turn_id):
            return Ticket(turn_id, clean, masker, refusal=refusal)
        known = await self._turns.of_message(str(clean.conversation), clean.id)
        if known and known.state is TurnState.STARTED:
            begun = replace(clean, background=known.background)
            return Ticket(known.id, begun, masker, refusal=refusal, resumed=True)
        return Ticket(turn_id, clean, masker, known)


def _heard(line: Line, masker: Masker) -> Line:
    return Line(masker.mask(line.speaker), _masked(line.text[:LONGEST_MESSAGE], masker), line.said_at)


def _masked(text: str, masker: Masker) -> str:
    return masker.mask(_CONTROL.sub("", text)).strip()


def unusable(text: str) -> str:
    """Why a text cannot be worked on, in words for its writer; empty when it can."""
    if not text:
        return "Your message is empty. Ask me a question, for example about an order or an outage."
    if len(text) > LONGEST_MESSAGE:
        return (
            f"Your message has {len(text):,} characters and I read at most {LONGEST_MESSAGE:,}. "
            "Please send the part that matters; nothing was run."
        )
    return ""
