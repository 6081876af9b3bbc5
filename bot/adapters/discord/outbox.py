"""Everything that goes to Discord: progress paced, forms of a message from rich to plain, errors in our words.

discord.py itself waits for Discord's rate limits and repeats what failed with 5xx; a nonce keeps such a repetition
from becoming a second message.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import aiohttp
import discord

from bot.adapters.chat.pacing import Key, Pacer
from bot.adapters.discord.places import Place
from bot.adapters.discord.rendering.post import Post
from bot.domain.run import Document
from bot.errors import DeskhandError

T = TypeVar("T")
log = logging.getLogger(__name__)

ARCHIVE_MINUTES: Any = 1440
"""After a day without a word a thread is put away; a word brings it back."""
_INVALID = 50035
_ARCHIVED = 50083
_TOO_OLD = 30046
_GONE = frozenset({10003, 10008})
_NO_WAY_IN = frozenset({10003, 50001, 50013, 50083, 160005, 50007, 10004, 30033})
_THREAD_EXISTS = 160004
_SPENT = frozenset({10062, 10015, 50027})
_DONE_BEFORE = 40060


class DiscordRefused(DeskhandError):
    """Discord did not take a call. ``code`` is its JSON error code, ``status`` that of HTTP."""

    def __init__(self, what: str, code: int, status: int) -> None:
        super().__init__(f"Discord refused {what}: {code} ({status})")
        self.code = code
        self.status = status

    @property
    def no_way_in(self) -> bool:
        """The place is closed to us: gone, locked, or we lack a permission."""
        return self.code in _NO_WAY_IN or self.status == 403

    @property
    def spent(self) -> bool:
        """An interaction was not answered in time or its token is too old."""
        return self.code in _SPENT


class DiscordUnreachable(DeskhandError):
    """Discord did not answer, several times."""


class Line(Protocol):
    """The client of the moment; a broken one is replaced by a new one."""

    @property
    def client(self) -> discord.Client:
        """Raises DiscordUnreachable where there is none."""
        ...


class Outbox:
    """Sends as the bot."""

    def __init__(self, line: Line, pacer: Pacer) -> None:
        self._line = line
        self._pacer = pacer

    async def post(self, place: Place, post: Post, mark: str = "", reply_to: str = "") -> str:
        """Post a message; its id. ``mark`` is the same for each try to post the same, so that there is one message.

        Raises DiscordRefused or DiscordUnreachable.
        """
        return await self._finally(place, lambda: self._posted(place, post, mark, reply_to))

    async def update(self, place: Place, message: str, post: Post) -> str:
        """Put another message in the place of one; its id, which is a new one where Discord changes it no more.

        Raises as ``post``.
        """
        return await self._finally(place, lambda: self._updated(place, message, post))

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
        """The thread that begins at a message of a channel, made if need be. Raises as ``post``."""
        at = self._channel(place).get_partial_message(int(message))
        http = self._line.client.http
        try:
            await translated(
                "a thread",
                http.start_thread_with_message(at.channel.id, at.id, name=name, auto_archive_duration=ARCHIVE_MINUTES),
            )
        except DiscordRefused as refused:
            if refused.code != _THREAD_EXISTS:
                raise
        return Place(place.guild, place.channel, message)

    async def direct(self, user: str) -> Place:
        """The direct messages with a person. Raises as ``post``."""
        opened = await translated("direct messages", self._line.client.http.start_private_message(int(user)))
        return Place("", str(opened["id"]))

    async def history(self, place: Place, after: int, most: int) -> AsyncIterator[discord.Message]:
        """Messages after a snowflake, oldest first. Raises as ``post``."""
        found = self._channel(place).history(limit=most, after=discord.Object(after), oldest_first=True)
        while message := await translated("a history", anext(found, None)):
            yield message

    async def latest(self, place: Place, most: int) -> list[discord.Message]:
        """The newest messages, newest first. Raises as ``post``."""
        return await translated("a history", _listed(self._channel(place).history(limit=most)))

    async def message(self, channel: int, message: int) -> discord.Message:
        """One message. Raises as ``post``."""
        known = self._line.client.get_partial_messageable(channel)
        return await translated("a message", known.fetch_message(message))

    async def channel(self, channel: int) -> Any:
        """A channel or thread as Discord has it now. Raises as ``post``."""
        client = self._line.client
        return client.get_channel(channel) or await translated("a channel", client.fetch_channel(channel))

    def _channel(self, place: Place) -> discord.PartialMessageable:
        return self._line.client.get_partial_messageable(place.target)

    async def _finally(self, place: Place, send: Callable[[], Awaitable[T]]) -> T:
        """After progress that is on its way, in the place of progress that waits."""
        return await self._pacer.final(_key(place), send, str(place.target))

    async def _posted(self, place: Place, post: Post, mark: str, reply_to: str) -> str:
        given: dict[str, Any] = {"nonce": nonce(mark)} if mark else {}
        if reply_to:
            given["reference"] = discord.MessageReference(
                message_id=int(reply_to), channel_id=place.target, fail_if_not_exists=False
            )
            given["mention_author"] = False
        channel = self._channel(place)
        try:
            sent = await translated(
                "a message", channel.send(view=post.view(), files=attached(post.documents), **given)
            )
        except DiscordRefused as refused:
            if refused.code != _INVALID:
                raise
            log.warning("%s; trying a plainer form", refused)
            files = attached(post.documents)
            sent = await translated("a message", channel.send(post.words, files=files, suppress_embeds=True, **given))
        return str(sent.id)

    async def _updated(self, place: Place, message: str, post: Post) -> str:
        try:
            await self._edited(place, message, post)
        except DiscordRefused as refused:
            if refused.code == _ARCHIVED:
                return await self._revived(place, message, post)
            if refused.code not in {_TOO_OLD, _INVALID, *_GONE} or refused.code == 10003:
                raise
            made = await self._posted(place, post, "", "")
            if refused.code == _INVALID:
                await self.delete(place, message)
            return made
        return message

    async def _revived(self, place: Place, message: str, post: Post) -> str:
        """A thread that was put away takes no change until it is brought back."""
        await translated("a thread", self._line.client.http.edit_channel(place.target, archived=False))
        await self._edited(place, message, post)
        return message

    async def _edited(self, place: Place, message: str, post: Post) -> None:
        at = self._channel(place).get_partial_message(int(message))
        edit: Any = at.edit
        await translated("a change", edit(content=None, view=post.view(), attachments=attached(post.documents)))


def attached(documents: Sequence[Document]) -> list[discord.File]:
    """The files of one try: each is read once."""
    return [discord.File(io.BytesIO(document.data), document.name) for document in documents]


def nonce(mark: str) -> str:
    """24 characters that are the same for the same mark; Discord makes one message of all posts with it."""
    return hashlib.blake2b(mark.encode(), digest_size=12).hexdigest()


async def translated(what: str, call: Awaitable[T]) -> T:
    """discord.py's errors in our words: DiscordRefused or DiscordUnreachable."""
    try:
        return await call
    except discord.HTTPException as error:
        if error.status >= 500 or error.status == 429:
            raise DiscordUnreachable(f"Discord did not answer {what} ({error.status})") from error
        raise DiscordRefused(what, error.code, error.status) from error
    except (TimeoutError, aiohttp.ClientError, OSError, discord.RateLimited, RuntimeError) as error:
        raise DiscordUnreachable(f"Discord did not answer {what}") from error


async def _listed(found: AsyncIterator[discord.Message]) -> list[discord.Message]:
    return [message async for message in found]


def _key(place: Place) -> Key:
    return Key(place.guild, "message", str(place.target))
