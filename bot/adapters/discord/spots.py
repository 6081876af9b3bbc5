"""Where somebody pressed, submitted or ran something, and how they always get an answer."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import discord

from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable, attached, translated
from bot.adapters.discord.places import Place
from bot.adapters.discord.rendering.notes import note
from bot.adapters.discord.rendering.post import Post

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """One interaction."""

    desk: Desk
    interaction: Interaction

    @property
    def place(self) -> Place:
        """The channel or thread that it happened in."""
        channel, guild = self.interaction.channel, self.interaction.guild_id
        here = str(self.interaction.channel_id or "")
        if isinstance(channel, discord.Thread):
            return Place(str(guild), str(channel.parent_id), here)
        return Place(str(guild or ""), here)

    @property
    def places(self) -> tuple[str, ...]:
        """From near to far, for rules."""
        channel = self.interaction.channel
        category = str(getattr(channel, "category_id", None) or "")
        place = self.place
        return tuple(filter(None, (place.thread, place.channel, category, place.guild)))

    @property
    def user(self) -> str:
        return str(self.interaction.user.id)

    @property
    def message(self) -> discord.Message | None:
        """The one whose button was pressed."""
        return self.interaction.message

    @property
    def hidden(self) -> bool:
        """That message is for one person alone; only the interaction can change it."""
        return bool(self.message and self.message.flags.ephemeral)

    async def fresh(self) -> bool:
        """Whether it comes for the first time: the gateway may deliver it again."""
        return await self.desk.claims.claim(f"discord/i/{self.interaction.id}", self.desk.clock())

    async def acknowledge(self, *, thinking: bool = False, private: bool = False) -> None:
        """Within three seconds. One that was acknowledged before, or too late, is worked on all the same."""
        with suppress(DiscordRefused, DiscordUnreachable, discord.InteractionResponded):
            await translated(
                "an acknowledgement", self.interaction.response.defer(thinking=thinking, ephemeral=private)
            )

    async def opened(self, modal: discord.ui.Modal) -> bool:
        """Show a form; it must be the first answer. False where Discord does not let us any more."""
        try:
            await translated("a form", self.interaction.response.send_modal(modal))
        except (DiscordRefused, DiscordUnreachable, discord.InteractionResponded) as error:
            log.warning("a form could not be opened: %s", error)
            return False
        return True

    async def whisper(self, post: Post) -> None:
        """Tell the person alone, where they are, else in direct messages. Never raises."""
        for way in (self._followed, self._directly):
            try:
                await way(post)
            except (DiscordRefused, DiscordUnreachable) as error:
                log.info("a private word did not arrive: %s", error)
            else:
                return

    async def say(self, words: str) -> None:
        """The same with a few plain words."""
        await self.whisper(note(words))

    async def change(self, post: Post) -> None:
        """Put another message in the place of the one that was used. Never raises."""
        if self.message is None:
            return
        try:
            if self.hidden:
                files: Any = attached(post.documents)
                edit = self.interaction.edit_original_response(view=post.view(), attachments=files)
                await translated("a change", edit)
            else:
                await self.desk.outbox.update(self.place, str(self.message.id), post)
        except (DiscordRefused, DiscordUnreachable) as error:
            log.warning("a message stays as it was: %s", error)

    async def _followed(self, post: Post) -> None:
        files = attached(post.documents)
        if self.interaction.response.is_done():
            send = self.interaction.followup.send(view=post.view(), files=files, ephemeral=True)
        else:
            send = self.interaction.response.send_message(view=post.view(), files=files, ephemeral=True)  # type: ignore[assignment]
        await translated("a private word", send)

    async def _directly(self, post: Post) -> None:
        await self.desk.outbox.post(await self.desk.outbox.direct(self.user), post)
