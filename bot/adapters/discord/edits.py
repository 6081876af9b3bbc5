"""Questions that are changed after they were asked: nothing runs again by itself, the asker is offered it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import discord

from bot.adapters.chat import wording
from bot.adapters.discord.answering import digest
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.incoming import Ears
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.places import Place
from bot.adapters.discord.reading import Incoming
from bot.adapters.discord.rendering.offer import offer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Edits:
    """Follows changes of questions."""

    desk: Desk
    ears: Ears

    async def noticed(self, message: Incoming) -> None:
        """Before its turn begins the new text counts; afterwards the asker may have it answered anew."""
        if await self.ears.replaced(message) or not await self.desk.durable.known(message.key):
            return
        change = f"{message.key}/offered/{digest(message.text)}"
        if await self.desk.claims.claim(change, self.desk.clock()):
            await self._offered(message, change)

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


def is_change(payload: discord.RawMessageUpdateEvent) -> bool:
    """Whether a person changed the words; Discord tells of links that it looked up in the same way."""
    before = payload.cached_message
    edited = payload.data.get("edited_timestamp") and "content" in payload.data
    return bool(edited) and (before is None or before.content != payload.message.content)
