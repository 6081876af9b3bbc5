"""Everything that goes to Discord: progress paced, forms of a message from rich to plain, errors in our words.

discord.py itself waits for Discord's rate limits and repeats what failed with 5xx; a nonce keeps such a repetition
from becoming a second message.
"""

from __future__ import annotations

import asyncio
import io
import logging
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import aiohttp
import discord

from bot.adapters.chat.pacing import Key, Limited, Pacer
from bot.adapters.discord.marks import marked, nonce
from bot.adapters.discord.places import Place
from bot.adapters.discord.rendering.post import Post
from bot.domain.run import Document
from bot.errors import DeskhandError

T = TypeVar("T")
log = logging.getLogger(__name__)

ARCHIVE_MINUTES: Any = 1440
"""After a day without a word a thread is put away; a word brings it back."""
_INVALID = 50035
_FORBIDDEN = 50013
_INDECENT = 20009
"""A picture that Discord's filter does not let through."""
_ARCHIVED = 50083
_TOO_OLD = 30046
_GONE = 10008
_NO_WAY_IN = frozenset({10003, 50001, 50013, 50083, 160005, 50007, 10004, 30033})
_THREAD_EXISTS = 160004
_SPENT = frozenset({10062, 10015, 50027})
DONE_BEFORE = 40060
"""An interaction was answered already."""


class DiscordRefused(DeskhandError):
    """Discord did not take a call. ``code`` is its JSON error code, ``status`` that of HTTP."""

    def __init__(self, what: str, code: int, status: int) -> None:
        super().__init__(f"Discord refused {what}: {code} ({status})")
        self.code = code
        self.status = status

    @property
    def no_way_in(self) -> bool:
        """The place is closed to us: gone, locked, or we lack a permission."""
        return self.code in _NO_WAY_IN or (self.status == 403 and self.code != _INDECENT)

    @property
    def spent(self) -> bool:
        """An interaction was not answered in time or its token is too old."""
        return self.code in _SPENT


class DiscordUnreachable(DeskhandError):
    """Discord did not answer, several times. ``wait``: seconds in which another try is no use; 0 where nobody knows."""

    def __init__(self, words: str, wait: float = 0.0) -> None:
        super().__init__(words)
        self.wait = wait


BANNED_SECONDS = 900.0
"""After Discord's wall in front of the API has shut us out: another try at once would only prolong it."""
_PAUSES = (1.0, 5.0, 15.0)
"""Before another try of a message that Discord did not answer to; discord.py has tried several times by then."""
_NO_FILES = "I may not attach files here, so what I made is not shown."


_NOT_UNDERSTOOD = (AttributeError, IndexError, KeyError, TypeError)
"""What discord.py does with a page of HTML that came in the place of an answer."""


class Line(Protocol):
    """The client of the moment; a broken one is replaced by a new one."""

    @property
    def client(self) -> discord.Client:
        """Raises DiscordUnreachable where there is none."""
        ...


MOST_THREADS = 1_000
"""Threads that an outbox remembers to have begun."""
_LATEST = 500
"""Messages that are looked through for one that was posted before."""


@dataclass(slots=True)
class _Thread:
    """One that is being begun, or was."""

    beginning: asyncio.Lock = field(default_factory=asyncio.Lock)
    there: bool = False
    failed: DiscordRefused | DiscordUnreachable | None = None


class Outbox:
    """Sends as the bot."""

    def __init__(self, line: Line, pacer: Pacer) -> None:
        self._line = line
        self._pacer = pacer
        self._threads: OrderedDict[str, _Thread] = OrderedDict()

    def by(self, line: Line) -> Outbox:
        """The same by another client, which may know more of channels and people."""
        return Outbox(line, self._pacer)

    @property
    def client(self) -> discord.Client:
        """Raises DiscordUnreachable where there is none at the moment."""
        return self._line.client

    @property
    def us(self) -> int:
        """Our own user id. Raises as ``client``."""
        user = self._line.client.user
        return user.id if user else 0

    async def post(self, place: Place, post: Post, mark: str = "", reply_to: str = "") -> str:
        """Post a message; its id. ``mark`` is the same for each try to post the same, so that there is one message.

        Raises DiscordRefused or DiscordUnreachable.
        """
        mark = mark or secrets.token_hex(8)
        return await self._finally(place, lambda: self._posted(place, post, mark, reply_to))

    async def update(self, place: Place, message: str, post: Post, mark: str = "", reply_to: str = "") -> str:
        """Put another message in the place of one; its id, which is a new one where Discord changes it no more.

        Raises as ``post``, and for what ``mark`` and ``reply_to`` are see there, too.
        """
        return await self._finally(place, lambda: self._updated(place, message, post, mark, reply_to))

    def progress(self, place: Place, message: str, post: Post) -> None:
        """The same when there is time, unless something newer about this place comes first."""

        async def send() -> None:
            await self._edited(place, message, post)

        self._pacer.progress(_key(place), send, str(place.target))

    async def delete(self, place: Place, message: str) -> None:
        """Take an own message away; one that is gone is gone."""
        with suppress(DiscordRefused, DiscordUnreachable):
            await translated("a removal", self._channel(place).get_partial_message(int(message)).delete())

    async def typing(self, place: Place) -> None:
        """Show for ten seconds that an answer is being written; for show only."""
        with suppress(DiscordRefused, DiscordUnreachable):
            await translated("a sign", self._line.client.http.send_typing(place.target))

    async def thread(self, place: Place, message: str, name: str) -> Place:
        """The thread that begins at a message of a channel, made if need be. Raises as ``post``.

        Of any number of calls one asks Discord: where none could begin, answers are replies.
        """
        known = self._threads.setdefault(message, _Thread())
        if len(self._threads) > MOST_THREADS:
            self._threads.popitem(last=False)
        async with known.beginning:
            if known.failed:
                raise known.failed
            if not known.there:
                try:
                    await self._begun(place, message, name)
                except (DiscordRefused, DiscordUnreachable) as error:
                    known.failed = error
                    raise
                known.there = True
        return Place(place.guild, place.channel, message)

    async def _begun(self, place: Place, message: str, name: str) -> None:
        http = self._line.client.http
        options: Any = {"name": name, "auto_archive_duration": ARCHIVE_MINUTES}
        try:
            await _parsed("a thread", http.start_thread_with_message(place.target, int(message), **options))
        except DiscordRefused as refused:
            if refused.code != _THREAD_EXISTS:
                raise

    async def direct(self, user: str) -> Place:
        """The direct messages with a person. Raises as ``post``."""
        opened = await _parsed("direct messages", self._line.client.http.start_private_message(int(user)))
        return Place("", str(opened["id"]))

    async def history(self, channel: Any, after: int, most: int) -> AsyncIterator[discord.Message]:
        """Messages after a snowflake, oldest first. Raises as ``post``."""
        found = channel.history(limit=most, after=discord.Object(after), oldest_first=True)
        while message := await translated("a history", anext(found, None)):
            yield message

    async def own(self, place: Place, since: int) -> list[discord.Message]:
        """What the bot wrote there after a snowflake, oldest first. Raises as ``post``."""
        us = self.us
        found = self._channel(place).history(limit=_LATEST, after=discord.Object(since), oldest_first=True)
        return [message for message in await translated("a history", _listed(found)) if message.author.id == us]

    async def latest(self, place: Place, most: int) -> list[discord.Message]:
        """The newest messages, newest first. Raises as ``post``."""
        return await translated("a history", _listed(self._channel(place).history(limit=most)))

    async def message(self, channel: int, message: int) -> discord.Message:
        """One message; it does not tell its guild. Raises as ``post``."""
        return await translated("a message", self.private(channel).fetch_message(message))

    def private(self, channel: int) -> discord.PartialMessageable:
        """A channel of which we know the id alone, as is enough for direct messages. Raises as ``post``."""
        return self._line.client.get_partial_messageable(channel)

    async def channel(self, channel: int) -> Any:
        """A channel or thread as Discord has it now. Raises as ``post``."""
        client = self._line.client
        return client.get_channel(channel) or await translated("a channel", client.fetch_channel(channel))

    async def member(self, guild: discord.Guild, user: int) -> discord.Member:
        """With the roles, which only the gateway's messages bring along. Raises as ``post``."""
        if guild.unavailable:  # without the gateway nothing is known of a server but its id
            guild = await translated("a server", self._line.client.fetch_guild(guild.id))
        return await translated("a member", guild.fetch_member(user))

    def _channel(self, place: Place) -> discord.PartialMessageable:
        guild = int(place.guild) if place.guild else None
        return self._line.client.get_partial_messageable(place.target, guild_id=guild)

    async def _finally(self, place: Place, send: Callable[[], Awaitable[T]]) -> T:
        """After progress that is on its way, in the place of progress that waits; again where Discord is away."""
        pauses = list(_PAUSES)

        async def insisting() -> T:
            try:
                return await send()
            except DiscordUnreachable as error:
                if error.wait or not pauses:
                    raise
                raise Limited(pauses.pop(0)) from error

        return await self._pacer.final(_key(place), insisting, str(place.target))

    async def _posted(self, place: Place, post: Post, mark: str, reply_to: str) -> str:
        given: dict[str, Any] = {"nonce": nonce(mark)}
        if reply_to:
            given["reference"] = discord.MessageReference(
                message_id=int(reply_to), channel_id=place.target, fail_if_not_exists=False
            )
            given["mention_author"] = False
        channel = self._channel(place)
        try:
            send = channel.send(view=marked(post, mark), files=attached(post.documents), **given)
            sent = await translated("a message", send)
        except DiscordRefused as refused:
            if not _may_be_taken_otherwise(refused, post):
                raise
            log.warning("%s; trying a plainer form", refused)
            sent = await translated("a message", self._plainly(channel, post, refused, given))
        return str(sent.id)

    async def _plainly(
        self, channel: discord.PartialMessageable, post: Post, refused: DiscordRefused, given: dict[str, Any]
    ) -> discord.Message:
        """In words, with the files where it is not they that Discord refuses."""
        if refused.code == _INVALID:
            return await channel.send(post.words, files=attached(post.documents), suppress_embeds=True, **given)
        words = f"{post.words}\n-# {_NO_FILES}" if post.documents else post.words
        return await channel.send(words, suppress_embeds=True, **given)

    async def _updated(self, place: Place, message: str, post: Post, mark: str, reply_to: str) -> str:
        try:
            await self._edited(place, message, post, mark)
        except DiscordRefused as refused:
            if refused.code == _ARCHIVED:
                return await self._revived(place, message, post, mark)
            if not _may_be_taken_otherwise(refused, post):
                raise
            made = await self._posted(place, post, mark or f"{message}/anew", reply_to)
            if refused.code != _GONE:
                await self.delete(place, message)
            return made
        return message

    async def _revived(self, place: Place, message: str, post: Post, mark: str) -> str:
        """A thread that was put away takes no change until it is brought back."""
        await translated("a thread", self._line.client.http.edit_channel(place.target, archived=False))
        await self._edited(place, message, post, mark)
        return message

    async def _edited(self, place: Place, message: str, post: Post, mark: str = "") -> None:
        at = self._channel(place).get_partial_message(int(message))
        edit: Any = at.edit
        await translated("a change", edit(content=None, view=marked(post, mark), attachments=attached(post.documents)))


def _may_be_taken_otherwise(refused: DiscordRefused, post: Post) -> bool:
    """The place is open to us, so that it is the message that Discord does not like, or a file that we may not send."""
    return not refused.no_way_in or (refused.code == _FORBIDDEN and bool(post.documents))


def attached(documents: Sequence[Document]) -> list[discord.File]:
    """The files of one try: each is read once."""
    return [discord.File(io.BytesIO(document.data), document.name) for document in documents]


async def translated(what: str, call: Awaitable[T]) -> T:
    """discord.py's errors in our words: DiscordRefused or DiscordUnreachable."""
    try:
        return await call
    except discord.HTTPException as error:
        limited = error.status == 429 and error.code != _TOO_OLD
        if error.status >= 500 or limited:
            wait = BANNED_SECONDS if limited and "Via" not in error.response.headers else 0.0
            raise DiscordUnreachable(f"Discord did not answer {what} ({error.status})", wait) from error
        raise DiscordRefused(what, error.code, error.status) from error
    except discord.RateLimited as error:
        raise DiscordUnreachable(f"Discord limits {what}", error.retry_after) from error
    except (TimeoutError, aiohttp.ClientError, OSError, RuntimeError, *_NOT_UNDERSTOOD) as error:
        raise DiscordUnreachable(f"Discord did not answer {what}") from error


async def _parsed(what: str, call: Awaitable[Any]) -> Any:
    """What discord.py hands through as it came: a page of HTML in the place of an answer is text."""
    answer = await translated(what, call)
    if isinstance(answer, str):
        raise DiscordUnreachable(f"Discord did not answer {what}")
    return answer


async def _listed(found: AsyncIterator[discord.Message]) -> list[discord.Message]:
    return [message async for message in found]


def _key(place: Place) -> Key:
    return Key(place.guild, "message", str(place.target))
