"""Takes messages: each is claimed, so that it is answered once, however often it is delivered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from datetime import datetime

from bot.adapters.chat.attachments import with_files
from bot.adapters.chat.listening import Listening
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.places import Place
from bot.adapters.discord.reading import ANSWERED, DIRECT, SPARED, Incoming
from bot.adapters.discord.sheets import ChannelSheet
from bot.adapters.discord.turns import answer_whoever
from bot.adapters.discord.yielding import Hands
from bot.domain.message import Message, Reply
from bot.domain.person import Sender
from bot.ports import Watch

log = logging.getLogger(__name__)

_PAUSES = (15.0, 60.0, 300.0, 900.0)
"""Before another try to answer while Discord is away. What is given up then is found on the next look back."""
_FURTHEST = 6
"""Replies that are followed back to the question that they go on from."""


class Inbox:
    """Answers the messages that are for us."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._hands = Hands(desk.sleep)
        self._pending: dict[str, str] = {}
        """Texts of questions whose turn has not begun."""
        self._live: dict[str, Place | None] = {}
        """What this process is about to answer, and where, unless a person may do it yet."""
        self._markers: set[str] = set()
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Wait for Discord no more."""
        self._closing.set()

    async def take(self, message: Incoming, *, late: bool = False) -> bool:
        """Claim a message and begin to answer it; False if it is not for us or was taken before.

        ``late``: it was found on a look back, so that one which was claimed, but not answered, is answered now.
        """
        if message.guild and message.member.roles & self._desk.rules.trusted:
            self._hands.seen(message)
        automatic = self._is_automatic(message)
        if message.key in self._live or not (automatic or await self._is_for_us(message)):
            return False
        self._live[message.key] = None if automatic else message.place
        asking = asyncio.ensure_future(self._desk.people.sender(message.member))  # while the claim is written
        sheet = None if automatic or late else self._begun(message)
        fresh = False
        try:
            fresh = await self._claimed(message, late)
        finally:
            if not fresh:
                self._live.pop(message.key, None)
                asking.cancel()
        if not fresh:
            return False
        if automatic:
            self._hands.expect(message)
        self._pending[message.key] = message.text
        work = (
            self._spared_or_answered(message, asking, late)
            if automatic
            else self._answered(message, asking, late, sheet)
        )
        self._desk.tasks.spawn(work, f"the answer to {message.key}")
        return True

    def replaced(self, message: Incoming) -> bool:
        """Whether a changed text came in time to be the question."""
        in_time = message.key in self._pending
        if in_time:
            self._pending[message.key] = message.text
        return in_time

    def _begun(self, message: Incoming) -> ChannelSheet | None:
        """Begin the thread while the claim is written: whoever takes the message, it is to be there."""
        if not message.may_branch or message.replies_to:
            return None
        sheet = self._sheet(message, message.place)
        self._desk.tasks.spawn(sheet.prepare(), "a thread")
        return sheet

    def _sheet(self, message: Incoming, place: Place, edited: str = "") -> ChannelSheet:
        branch = message.title if message.may_branch and place.thread == message.id else ""
        at = Place(message.guild, message.channel, message.thread)
        mark = f"{message.key}/{edited}" if edited else message.key
        return ChannelSheet(self._desk, place, mark, user=message.member.id, at=at, question=message.id, branch=branch)

    async def answer(
        self, message: Incoming, asking: Awaitable[Sender], edited: str = "", *, late: bool = False,
        sheet: ChannelSheet | None = None,
    ) -> None:  # fmt: skip
        """Answer a message that is ours; ``asking`` tells whose it is, ``edited`` one change of it from another."""
        sheet = sheet or self._sheet(message, await self._place(message), edited)
        place = sheet.place

        async def work(asker: Sender, watch: Watch) -> Reply:
            text = self._pending.pop(message.key, message.text)
            if word := "" if message.guild else self._desk.rules.unserved(linked=asker.verified):
                return Reply("", place.conversation, word, mode="rules")
            text = await with_files(text, message.files, self._desk.fetch)
            reply = await self._desk.conversations.handle(self._message(message, place, asker, text, edited), watch)
            if late:
                await sheet.tidied(reply.turn_id)
            return reply

        await answer_whoever(self._desk, sheet, asking, work)

    async def _spared_or_answered(self, message: Incoming, asking: asyncio.Future[Sender], late: bool) -> None:
        try:
            spared = await self._spared(message)
            if not spared:
                self._live[message.key] = message.place
                await self._answered(message, asking, late, None)
                return
            asking.cancel()
            for mark in (SPARED, ANSWERED):
                await self._desk.claims.claim(message.key + mark, self._desk.clock())
        finally:
            self._forget(message)

    async def _answered(
        self, message: Incoming, asking: Awaitable[Sender], late: bool, sheet: ChannelSheet | None
    ) -> None:
        try:
            await self._insisted(message, asking, late, sheet)
            await self._desk.claims.claim(message.key + ANSWERED, self._desk.clock())
        finally:
            self._forget(message)

    def _forget(self, message: Incoming) -> None:
        self._pending.pop(message.key, None)
        self._live.pop(message.key, None)

    async def _insisted(
        self, message: Incoming, asking: Awaitable[Sender], late: bool, sheet: ChannelSheet | None
    ) -> None:
        """Answer, again while Discord is away: the work itself is done once, however often its answer is posted."""
        for pause in (*_PAUSES, None):
            try:
                await self.answer(message, asking, late=late, sheet=sheet)
            except DiscordRefused as refused:
                log.warning("an answer cannot be delivered: %s", refused)
            except DiscordUnreachable as error:
                if pause is None or await self._closed(max(pause, error.wait)):
                    raise
                late, sheet = True, None
                continue
            return

    async def _closed(self, seconds: float) -> bool:
        """Wait; whether we are to stop."""
        sleeping, closing = asyncio.ensure_future(self._slept(seconds)), asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({sleeping, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            closing.cancel()
        return self._closing.is_set()

    async def _slept(self, seconds: float) -> None:
        await self._desk.sleep(seconds)

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
        if message.in_our_thread or message.place in self._live.values():
            return True  # perhaps before its first answer is there
        return await self._desk.conversations.knows(message.place.conversation)

    async def _claimed(self, message: Incoming, late: bool) -> bool:
        """Is it new, and if not, was it left without an answer?"""
        claims, now = self._desk.claims, self._desk.clock()
        if not message.guild:
            await self._noted(f"{DIRECT}{message.channel}/{now:%Y-%m-%d}", now)
        if await claims.claim(message.key, now):
            return True
        return late and not await claims.claimed(message.key + ANSWERED)

    async def _noted(self, marker: str, now: datetime) -> None:
        """Once a day: where the look back finds direct messages, which Discord lists nowhere."""
        if marker not in self._markers:
            await self._desk.claims.claim(marker, now)
            self._markers = {each for each in self._markers if each.endswith(marker[-10:])} | {marker}

    async def _place(self, message: Incoming) -> Place:
        """That of the conversation: where no thread could be made, replies lead back to the first question."""
        place = message.place
        if message.thread or not (message.guild and message.replies_to and message.calls_us):
            return place
        root = await self._root(message)
        return Place(place.guild, place.channel, root) if root else place

    async def _root(self, message: Incoming) -> str:
        """The question that a chain of replies goes back to, if we know it."""
        at, found = message.replies_to, ""
        with suppress(DiscordRefused, DiscordUnreachable):
            for _ in range(_FURTHEST):
                before = await self._desk.outbox.message(int(message.channel), int(at))
                if await self._desk.conversations.knows(Place(message.guild, message.channel, at).conversation):
                    found = at
                if before.reference is None or before.reference.message_id is None:
                    break
                at = str(before.reference.message_id)
        return found

    def _message(self, message: Incoming, place: Place, asker: Sender, text: str, edited: str) -> Message:
        name = message.key.removeprefix("discord/") + (f"/{edited}" if edited else "")
        return Message(name, place.conversation, asker, text, self._desk.clock())
