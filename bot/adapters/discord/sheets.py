"""The one message of an answer: first it shows the work, then it is the answer. A sheet knows where it stands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

import discord

from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable, attached, translated
from bot.adapters.discord.places import Place
from bot.adapters.discord.press import Deed
from bot.adapters.discord.rendering.notes import note
from bot.adapters.discord.rendering.post import Post

log = logging.getLogger(__name__)

ELSEWHERE = "I could not answer in the channel, so here it is."
PLACEHOLDER = "placeholder"
"""Where an interaction keeps the id of the message that stands for its answer to come."""
_LATEST = 50
"""Messages that are looked through for what an ended process left."""


class Sheet(Protocol):
    """Where one answer is written."""

    @property
    def place(self) -> Place:
        """Of the conversation."""
        ...

    @property
    def private(self) -> bool:
        """Only the asker sees it."""
        ...

    async def prepare(self) -> None:
        """Make what the answer needs anyway, beside the work. Raises as ``show``."""
        ...

    async def sign(self) -> None:
        """The first sign of work; for show only."""
        ...

    async def show(self, post: Post) -> None:
        """Show how far the work is. Raises DiscordRefused or DiscordUnreachable."""
        ...

    async def settle(self, posts: Sequence[Post]) -> None:
        """The answer in the place of the work, and what follows it. Raises as ``show``."""
        ...

    async def drop(self) -> None:
        """There will be no answer: leave nothing of the work. Never raises."""
        ...


class ChannelSheet:
    """A message of the bot in a channel or thread, or in direct messages.

    ``place`` is that of the conversation, ``at`` where it is written if that differs. ``mark`` is the same for each
    try to answer the same, so that no try makes a second message. With ``branch`` a thread of that name is begun at
    the ``question``; where it cannot be, the answer is a reply to it, as everywhere outside of threads.
    """

    private = False

    def __init__(
        self, desk: Desk, place: Place, mark: str, *, user: str, at: Place | None = None, question: str = "",
        branch: str = "",
    ) -> None:  # fmt: skip
        self.place = place
        self._desk = desk
        self._mark = mark
        self._user = user
        self._question = question
        self._branch = branch
        self._channel = at or place
        self._at: Place | None = None
        self._reply_to = question if self._channel.guild and not self._channel.thread and not branch else ""
        self._finding = asyncio.Lock()
        self._message = ""
        self._answered = False
        """An ended process had posted the answer already."""

    async def prepare(self) -> None:
        """The thread, which is a sign, too."""
        await self._here()

    async def sign(self) -> None:
        """The bot types."""
        await self._desk.outbox.typing(await self._here())

    async def show(self, post: Post) -> None:
        here = await self._here()
        if self._message:
            self._desk.outbox.progress(here, self._message, post)
        else:
            self._message = await self._desk.outbox.post(here, post, "", self._reply_to)

    async def settle(self, posts: Sequence[Post]) -> None:
        if self._answered:
            await self.drop()
            return
        try:
            await self._settled(await self._here(), posts)
        except DiscordRefused as refused:
            if not refused.no_way_in or self.place.is_direct:
                raise
            log.warning("%s: answering in direct messages instead", refused)
            await self._settled_directly(posts)

    async def drop(self) -> None:
        if self._message:
            await self._desk.outbox.delete(await self._here(), self._message)
            self._message = ""

    async def tidied(self, turn_id: str) -> None:
        """Look for what an ended process left: the answer itself, which is then not posted again, or shown work."""
        with suppress(DiscordRefused, DiscordUnreachable):
            here = await self._here()
            for message in await self._desk.outbox.latest(here, _LATEST):
                ids = custom_ids(message)
                if turn_id and any(each.endswith(f":{turn_id}") for each in ids):
                    self._answered = True
                elif f"dh:{Deed.STOP}:{board_id(self.place)}" in ids and str(message.id) != self._message:
                    await self._desk.outbox.delete(here, str(message.id))

    async def _settled(self, here: Place, posts: Sequence[Post]) -> None:
        for number, post in enumerate(posts):
            mark, reply_to = f"{self._mark}/{number}", "" if number else self._reply_to
            if number == 0 and self._message:
                await self._desk.outbox.update(here, self._message, post, mark, reply_to)
            else:
                await self._desk.outbox.post(here, post, mark, reply_to)
            self._message = ""  # it is the answer now, which nobody drops

    async def _settled_directly(self, posts: Sequence[Post]) -> None:
        direct = await self._desk.outbox.direct(self._user)
        for number, post in enumerate((note(ELSEWHERE), *posts)):
            await self._desk.outbox.post(direct, post, f"{self._mark}/direct/{number}")

    async def _here(self) -> Place:
        """Where messages go, once that is known: the thread, else the channel itself."""
        async with self._finding:
            if self._at is None:
                self._at = await self._branched()
        return self._at

    async def _branched(self) -> Place:
        if not self._branch:
            return self._channel
        try:
            return await self._desk.outbox.thread(self._channel, self._question, self._branch)
        except (DiscordRefused, DiscordUnreachable) as error:
            log.info("no thread, so the answer is a reply: %s", error)
            self._reply_to = self._question
            return self._channel


class InteractionSheet:
    """The answer to a command: Discord's own placeholder, which the interaction may change for fifteen minutes.

    ``after``: the placeholder is another message, such as a card, so that the answer is one of its own.
    """

    def __init__(
        self, desk: Desk, interaction: discord.Interaction[Any], place: Place, *, private: bool, after: bool = False
    ) -> None:
        self.place = place
        self.private = private
        self._desk = desk
        self._interaction = interaction
        self._after = after

    async def prepare(self) -> None:
        """Discord made its placeholder when the command was acknowledged."""

    async def sign(self) -> None:
        """The placeholder is one."""

    async def show(self, post: Post) -> None:
        if not self._after:
            await self._first(post)

    async def settle(self, posts: Sequence[Post]) -> None:
        for number, post in enumerate(posts):
            try:
                await (self._next if self._after or number else self._first)(post)
            except (DiscordRefused, DiscordUnreachable) as error:
                log.info("%s: answering without the interaction", error)
                await self._otherwise(posts, number)
                return

    async def drop(self) -> None:
        if not self._after:
            with suppress(DiscordRefused, DiscordUnreachable):
                await translated("a removal", self._interaction.delete_original_response())

    async def _first(self, post: Post) -> None:
        files: Any = attached(post.documents)
        change = self._interaction.edit_original_response(view=post.view(), attachments=files)
        await translated("an answer", change)

    async def _next(self, post: Post) -> None:
        files = attached(post.documents)
        await translated(
            "an answer", self._interaction.followup.send(view=post.view(), files=files, ephemeral=self.private)
        )

    async def _otherwise(self, posts: Sequence[Post], begin: int) -> None:
        """What was for one person goes into direct messages; all else into the channel, if we may speak there."""
        try:
            if not self.private:
                await self._openly(posts, begin)
                return
        except DiscordRefused as refused:
            if not refused.no_way_in:
                raise
        direct = await self._desk.outbox.direct(str(self._interaction.user.id))
        for number, post in enumerate(posts[begin:], begin):
            await self._desk.outbox.post(direct, post, f"{self._mark}/direct/{number}")

    async def _openly(self, posts: Sequence[Post], begin: int) -> None:
        """The placeholder is a message of ours in the channel, so that the bot may change it at any time."""
        here, placeholder = replace(self.place, thread=_thread(self._interaction)), self._placeholder
        for number, post in enumerate(posts[begin:], begin):
            if placeholder and not number:
                await self._desk.outbox.update(here, placeholder, post)
            else:
                await self._desk.outbox.post(here, post, f"{self._mark}/{number}")

    @property
    def _mark(self) -> str:
        return f"discord/i/{self._interaction.id}"

    @property
    def _placeholder(self) -> str:
        return "" if self._after else str(self._interaction.extras.get(PLACEHOLDER, ""))


def board_id(place: Place) -> str:
    """What a Stop button is about."""
    return f"{place.guild}/{place.channel}/{place.thread}"


def place_of_board(about: str) -> Place:
    """Undo ``board_id``."""
    guild, channel, thread = (*about.split("/"), "", "", "")[:3]
    return Place(guild, channel, thread)


def custom_ids(message: discord.Message) -> list[str]:
    """Of all buttons of a message."""
    view = discord.ui.LayoutView.from_message(message, timeout=None)
    found = (getattr(item, "custom_id", None) for item in view.walk_children())
    return [str(each) for each in found if each]


def _thread(interaction: discord.Interaction[Any]) -> str:
    return str(interaction.channel_id) if isinstance(interaction.channel, discord.Thread) else ""
