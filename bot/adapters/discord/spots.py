"""Where somebody pressed, submitted or ran something, and how they always get an answer."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import discord

from bot.adapters.discord.desk import Desk
from bot.adapters.discord.happening import Happening, happening_of
from bot.adapters.discord.outbox import DONE_BEFORE, DiscordRefused, DiscordUnreachable, attached, translated
from bot.adapters.discord.places import Place
from bot.adapters.discord.rendering.notes import note
from bot.adapters.discord.rendering.post import Post
from bot.adapters.discord.sheets import ORIGINAL, custom_ids
from bot.domain.person import Sender

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


@dataclass(slots=True)
class Spot:
    """One interaction. In another process than the one that heard of it there is no ``interaction``."""

    desk: Desk
    happening: Happening
    interaction: Interaction | None = None
    """What its first answer goes by."""
    _standing: str = field(default="", init=False)
    """The id of what stands in the place of the message that was used, where that is another one by now."""

    @classmethod
    def at(cls, desk: Desk, interaction: Interaction) -> Spot:
        """Where something happened just now."""
        return cls(desk, happening_of(interaction), interaction)

    @property
    def place(self) -> Place:
        """The channel or thread that it happened in."""
        return self.happening.place

    @property
    def user(self) -> str:
        return self.happening.member.id

    @property
    def hidden(self) -> bool:
        """The message whose button was pressed is for one person alone; only the interaction can change it."""
        return self.happening.hidden

    async def sender(self) -> Sender:
        """Who pressed, submitted or ran something."""
        return await self.desk.people.sender(self.happening.member)

    @property
    def welcome(self) -> bool:
        """Whether this person may ask here; in direct messages nobody has a role."""
        rules = self.desk.rules
        return not self.place.guild or rules.admits(self.happening.member.roles)

    @property
    def allowed(self) -> bool:
        """Whether we may speak to everybody here."""
        return not self.place.guild or self.desk.rules.allows(*self.happening.places)

    def unserved(self, *, linked: bool) -> str:
        """Why the person gets no private answer here; empty if they do. Roles count where the place is ours."""
        return "" if self.place.guild and self.allowed else self.desk.rules.unserved(linked=linked)

    async def fresh(self) -> bool:
        """Whether it comes for the first time: the gateway may deliver it again."""
        return await self.desk.claims.claim(self.happening.key, self.desk.clock())

    async def acknowledge(self, *, thinking: bool = False, private: bool = False) -> None:
        """Within three seconds. One that was acknowledged before, or too late, is worked on all the same."""
        if self.interaction is None:
            return
        with suppress(DiscordRefused, DiscordUnreachable, discord.InteractionResponded):
            await translated(
                "an acknowledgement", self.interaction.response.defer(thinking=thinking, ephemeral=private)
            )

    async def opened(self, modal: discord.ui.Modal) -> bool:
        """Show a form; it must be the first answer. False where Discord does not let us any more."""
        if self.interaction is None:
            return False
        try:
            await translated("a form", self.interaction.response.send_modal(modal))
        except (DiscordRefused, DiscordUnreachable, discord.InteractionResponded) as error:
            log.warning("a form could not be opened: %s", error)
            return False
        finally:
            modal.stop()  # discord.py need not remember it: whichever process is there takes what is submitted
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
        if not self.happening.message:
            return
        try:
            if self.hidden:
                files: Any = attached(post.documents)
                edit = self._hook.edit_message(ORIGINAL, view=post.view(), attachments=files)
                await translated("a change", edit)
            else:
                standing = self._standing or self.happening.message
                self._standing = await self.desk.outbox.update(self.place, standing, post)
        except (DiscordRefused, DiscordUnreachable) as error:
            log.warning("a message stays as it was: %s", error)

    async def vanish(self) -> None:
        """Take a private message away, once it is of no more use. Never raises."""
        if self.hidden:
            with suppress(DiscordRefused, DiscordUnreachable):
                await translated("a removal", self._hook.delete_message(ORIGINAL))

    async def shows(self, custom_id: str) -> bool:
        """Whether the message that was used still has that button: a press may come from an old copy of it."""
        if not self.happening.message:
            return False
        try:
            now = await (self._hidden_now() if self.hidden else self._now())
        except (DiscordRefused, DiscordUnreachable) as error:
            log.info("a message cannot be looked at: %s", error)
            return False
        return custom_id in custom_ids(now)

    async def _hidden_now(self) -> discord.Message:
        return await translated("a message", self._hook.fetch_message(ORIGINAL))

    async def _now(self) -> discord.Message:
        return await self.desk.outbox.message(self.place.target, int(self.happening.message))

    async def _followed(self, post: Post) -> None:
        if self.interaction and not self.interaction.response.is_done():
            try:
                await self._answered(post, self.interaction)
            except DiscordRefused as refused:
                if refused.code != DONE_BEFORE:
                    raise
            else:
                return
        files = attached(post.documents)
        send = self._hook.send(view=post.view(), files=files, ephemeral=True, wait=True)
        await translated("a private word", send)

    async def _answered(self, post: Post, interaction: Interaction) -> None:
        files = attached(post.documents)
        send = interaction.response.send_message(view=post.view(), files=files, ephemeral=True)
        await translated("a private word", send)

    async def _directly(self, post: Post) -> None:
        await self.desk.outbox.post(await self.desk.outbox.direct(self.user), post)

    @property
    def _hook(self) -> discord.Webhook:
        return self.happening.hook(self.desk.outbox.client)
