"""Takes messages: each is kept, so that it is answered once, however often it is delivered."""

from __future__ import annotations

import logging
from collections import OrderedDict
from contextlib import suppress

from bot.adapters.chat.listening import Listening
from bot.adapters.discord.answering import conversation, follows
from bot.adapters.discord.asked import MESSAGE, Asked
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.places import Place
from bot.adapters.discord.reading import DIRECT, SPARED, Incoming
from bot.adapters.discord.yielding import Hands
from bot.domain.work import Job

log = logging.getLogger(__name__)

_FOLLOWED = 1_000
"""Places where something was asked just now."""


class Ears:
    """Keeps the messages that are for us, as jobs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._hands = Hands(desk.sleep)
        self._pending: dict[str, Incoming] = {}
        """Questions that a person may answer yet, as they read now."""
        self._followed: OrderedDict[Place, None] = OrderedDict()
        self._markers: set[str] = set()

    async def take(self, message: Incoming, *, late: bool = False) -> bool:
        """Keep a message and have it answered; False if it is not for us or was taken before.

        ``late``: it was found on a look back. Raises StorageError if it cannot be kept: the next look back finds it.
        """
        if message.guild and message.member.roles & self._desk.rules.trusted:
            self._hands.seen(message)
        if self._is_automatic(message):
            return await self._expected(message)
        if not await self._is_for_us(message):
            return False
        self._follow(message.place)
        if not late:
            self._branch(message)
        return await self._kept(message)

    async def replaced(self, message: Incoming) -> bool:
        """Whether a changed text came in time to be the question."""
        if message.key in self._pending:
            self._pending[message.key] = message
            return True
        asked = Asked(message, await conversation(self._desk, message))
        return await self._desk.durable.revise(asked.key, asked.payload())

    async def _kept(self, message: Incoming) -> bool:
        desk = self._desk
        if not message.guild:
            await self._noted(f"{DIRECT}{message.channel}/{desk.clock():%Y-%m-%d}")
        asked = Asked(message, await conversation(desk, message))
        return await desk.durable.take(Job(asked.key, MESSAGE, asked.lane, asked.payload(), desk.clock()))

    def _branch(self, message: Incoming) -> None:
        """Begin the thread while the message is written down: whoever answers, it is to be there."""
        if message.may_branch and not message.replies_to:
            self._desk.tasks.spawn(self._branched(message), "a thread")

    async def _branched(self, message: Incoming) -> None:
        with suppress(DiscordRefused, DiscordUnreachable):  # whoever answers meets the same and says so
            await self._desk.outbox.thread(Place(message.guild, message.channel), message.id, message.title)

    async def _expected(self, message: Incoming) -> bool:
        """It is kept once no person has answered it; until then the look back would find it."""
        if message.key in self._pending or await self._desk.durable.known(message.key):
            return False
        if await self._desk.claims.claimed(message.key + SPARED):
            return False
        if message.key in self._pending:  # its twin came meanwhile
            return False
        self._pending[message.key] = message
        self._hands.expect(message)
        self._desk.tasks.spawn(self._spared_or_kept(message), f"the answer to {message.key}")
        return True

    async def _spared_or_kept(self, message: Incoming) -> None:
        try:
            spared = await self._spared(message)
            if spared:
                await self._desk.claims.claim(message.key + SPARED, self._desk.clock())
                return
            now = self._pending[message.key]
            self._follow(message.place)
            self._branch(now)
            await self._kept(now)
        finally:
            del self._pending[message.key]

    async def _spared(self, message: Incoming) -> bool:
        """Whether somebody who is trusted to answered in our stead."""
        rules = self._desk.rules
        return await self._hands.answered(message, rules.yield_seconds if rules.trusted else 0.0)

    def _is_automatic(self, message: Incoming) -> bool:
        """A question that calls nobody, where all are answered."""
        rules = self._desk.rules
        if not message.guild or message.calls_us or not message.begins or message.calls_others:
            return False
        if message.thread and not message.in_forum:
            return False
        ours = rules.allows(*message.places) and rules.admits(message.member.roles)
        return ours and not message.member.roles & rules.trusted and rules.mode(*message.places) is Listening.ALL

    async def _is_for_us(self, message: Incoming) -> bool:
        if not message.guild:
            return True
        rules = self._desk.rules
        if not rules.allows(*message.places) or not rules.admits(message.member.roles):
            return False
        if message.calls_us:
            return True
        if message.calls_others or not message.thread:
            return False
        if message.in_our_thread or message.place in self._followed:
            return True  # perhaps before its first answer is there
        return await follows(self._desk, message.place)

    def _follow(self, place: Place) -> None:
        self._followed[place] = None
        self._followed.move_to_end(place)
        if len(self._followed) > _FOLLOWED:
            self._followed.popitem(last=False)

    async def _noted(self, marker: str) -> None:
        """Once a day: where the look back finds direct messages, which Discord lists nowhere."""
        if marker not in self._markers:
            await self._desk.claims.claim(marker, self._desk.clock())
            self._markers = {each for each in self._markers if each.endswith(marker[-10:])} | {marker}
