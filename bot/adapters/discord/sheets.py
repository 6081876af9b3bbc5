"""The one message of an answer: first it shows the work, then it is the answer. A sheet knows where it stands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Protocol

import discord

from bot.adapters.discord.desk import Desk
from bot.adapters.discord.happening import Happening
from bot.adapters.discord.marks import bears
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable, attached, translated
from bot.adapters.discord.places import Place
from bot.adapters.discord.press import Deed
from bot.adapters.discord.rendering.notes import for_post, note
from bot.adapters.discord.rendering.post import Post

log = logging.getLogger(__name__)

ELSEWHERE = "I could not answer in the channel, so here it is."
ORIGINAL: Any = "@original"
"""The name of the message that an interaction was answered with."""


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
    the ``question``; where it cannot be, the answer is a reply to it, as everywhere outside of threads. ``since`` is a
    snowflake: an earlier try may have posted some of it after that; 0 for the first try.
    """

    private = False

    def __init__(
        self, desk: Desk, place: Place, mark: str, *, user: str, at: Place | None = None, question: str = "",
        branch: str = "", since: int = 0,
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
        self._since = since

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

    async def _settled(self, here: Place, posts: Sequence[Post]) -> None:
        there = await self._there(here)
        for number, post in enumerate(posts):
            mark, reply_to = f"{self._mark}/{number}", "" if number else self._reply_to
            if any(bears(message, mark, post) for message in there):
                continue
            if number == 0 and self._message:
                await self._desk.outbox.update(here, self._message, post, mark, reply_to)
                self._message = ""  # it is the answer now, which nobody drops
            else:
                await self._desk.outbox.post(here, post, mark, reply_to)
        await self.drop()

    async def _settled_directly(self, posts: Sequence[Post]) -> None:
        direct = await self._desk.outbox.direct(self._user)
        there = await self._there(direct)
        for number, post in enumerate((note(ELSEWHERE), *posts)):
            mark = f"{self._mark}/direct/{number}"
            if not any(bears(message, mark, post) for message in there):
                await self._desk.outbox.post(direct, post, mark)

    async def _there(self, here: Place) -> list[discord.Message]:
        """What earlier tries may have posted, without the work that they showed: that is taken away.

        Where one of them could not begin the thread, it wrote into the channel.
        """
        found: list[discord.Message] = []
        for place in dict.fromkeys((here, self._channel)) if self._since else ():
            for message in await self._desk.outbox.own(place, self._since):
                if not self._is_work(message):
                    found.append(message)
                elif str(message.id) != self._message:
                    await self._desk.outbox.delete(place, str(message.id))
        return found

    def _is_work(self, message: discord.Message) -> bool:
        return f"dh:{Deed.STOP}:{board_id(self.place)}" in custom_ids(message)

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

    ``after``: the placeholder is another message, such as a card, so that the answer is one of its own. ``again``: an
    earlier try may have posted some of it.
    """

    def __init__(
        self, desk: Desk, happening: Happening, place: Place, *, private: bool, after: bool = False,
        again: bool = False,
    ) -> None:  # fmt: skip
        self.place = place
        self.private = private
        self._desk = desk
        self._happening = happening
        self._after = after
        self._again = again
        self._placeholder = ""
        """Its id, where it is a message that all can see, so that the bot may change it at any time."""

    async def prepare(self) -> None:
        """Discord made its placeholder when the command was acknowledged."""
        if not (self.private or self._after):
            self._placeholder = str((await translated("a message", self._hook.fetch_message(ORIGINAL))).id)

    async def sign(self) -> None:
        """The placeholder is one."""

    async def show(self, post: Post) -> None:
        if not self._after:
            await self._first(post)

    async def settle(self, posts: Sequence[Post]) -> None:
        for number, post in enumerate(posts):
            try:
                await (self._next(post, number) if self._after or number else self._first(post))
            except (DiscordRefused, DiscordUnreachable) as error:
                log.info("%s: answering without the interaction", error)
                await self._otherwise(posts, number)
                return

    async def drop(self) -> None:
        """Another try finds the placeholder and puts its answer there."""

    async def _first(self, post: Post) -> None:
        files: Any = attached(post.documents)
        await translated("an answer", self._hook.edit_message(ORIGINAL, view=post.view(), attachments=files))

    async def _next(self, post: Post, number: int) -> None:
        """Discord lists private messages nowhere, so what was sent is noted."""
        sent = f"{self._mark}/sent/{number}"
        if self._again and await self._desk.claims.claimed(sent):
            return
        files = attached(post.documents)
        send = self._hook.send(view=post.view(), files=files, ephemeral=self.private, wait=True)
        await translated("an answer", send)
        await self._desk.claims.claim(sent, self._desk.clock())

    async def _otherwise(self, posts: Sequence[Post], begin: int) -> None:
        """What was for one person goes into direct messages; all else into the channel, if we may speak there."""
        try:
            if not self.private:
                await self._openly(posts, begin)
                return
        except DiscordRefused as refused:
            if not refused.no_way_in:
                raise
        await self._posted(await self._desk.outbox.direct(self._happening.member.id), posts, begin, "direct/")

    async def _openly(self, posts: Sequence[Post], begin: int) -> None:
        """In the channel, where the placeholder stands, else with a word on whom it is for."""
        here, placeholder = self._happening.place, self._placeholder
        if placeholder and not begin:
            await self._desk.outbox.update(here, placeholder, posts[0], f"{self._mark}/0")
            begin = 1
        elif not begin:
            await self._posted(here, (for_post(self._happening.member.id),), 0, "for/")
        await self._posted(here, posts, begin)

    async def _posted(self, here: Place, posts: Sequence[Post], begin: int, way: str = "") -> None:
        there = await self._desk.outbox.own(here, int(self._happening.id)) if self._again else []
        for number, post in enumerate(posts[begin:], begin):
            mark = f"{self._mark}/{way}{number}"
            if not any(bears(message, mark, post) for message in there):
                await self._desk.outbox.post(here, post, mark)

    @property
    def _hook(self) -> discord.Webhook:
        return self._happening.hook(self._desk.outbox.client)

    @property
    def _mark(self) -> str:
        return self._happening.key


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
