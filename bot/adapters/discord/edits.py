"""Questions that are changed after they were asked: nothing runs again by itself, the asker is offered it."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

import discord

from bot.adapters.chat import wording
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.incoming import Inbox
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.places import Place
from bot.adapters.discord.reading import SPARED, Incoming
from bot.adapters.discord.receiving import Receiver
from bot.adapters.discord.rendering.offer import offer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Edits:
    """Follows changes of questions."""

    desk: Desk
    inbox: Inbox

    async def noticed(self, message: Incoming) -> None:
        """Before its turn begins the new text counts; afterwards the asker may have it answered anew."""
        claims, digest, late = self.desk.claims, _digest(message.text), not self.inbox.replaced(message)
        if late and (not await claims.claimed(message.key) or await claims.claimed(message.key + SPARED)):
            return
        if await claims.claim(f"{message.key}/offered/{digest}", self.desk.clock()) and late:
            await self._offered(message, f"{message.key}/{digest}")

    async def _offered(self, message: Incoming, mark: str) -> None:
        """Where the answer is: in the thread that began at the question, or where none could, as a reply."""
        here = Place(message.guild, message.channel, message.thread)
        post = offer(wording.EDITED, f"{message.where}/{message.id}")
        try:
            try:
                await self.desk.outbox.post(message.place if message.may_branch else here, post, mark)
            except DiscordRefused:
                if not message.may_branch:
                    raise
                await self.desk.outbox.post(here, post, mark, message.id)
        except (DiscordRefused, DiscordUnreachable) as error:
            log.info("a changed question is not noticed: %s", error)

    async def again(self, about: str, user: str, us: int) -> bool:
        """Answer a changed question, as it reads now, once for each change; False if it is not that person's."""
        where, _, name = about.partition("/")
        try:
            message = await self.desk.outbox.message(int(where), int(name))
            channel = await self.desk.outbox.channel(int(where))
        except (ValueError, DiscordRefused, DiscordUnreachable):
            return False
        found = await Receiver(self.desk.outbox, us).read(message, channel)
        if found is None or found.member.id != user:
            return False
        edited = _digest(found.text)
        if await self.desk.claims.claim(f"{found.key}/{edited}", self.desk.clock()):
            await self.inbox.answer(found, self.desk.people.sender(found.member), edited)
        return True


def is_change(payload: discord.RawMessageUpdateEvent) -> bool:
    """Whether a person changed the words; Discord tells of links that it looked up in the same way."""
    before = payload.cached_message
    edited = payload.data.get("edited_timestamp") and "content" in payload.data
    return bool(edited) and (before is None or before.content != payload.message.content)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
