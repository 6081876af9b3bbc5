"""Everything that goes to Slack: paced, down the ladder of forms, with errors in our words."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.chat.attachments import beginning
from bot.adapters.chat.pacing import Key, Limited, Pacer
from bot.adapters.slack.past import Past, marked, read_past
from bot.adapters.slack.places import Place
from bot.adapters.slack.rendering.cards.post import Payload, Post, simple
from bot.adapters.slack.rendering.elements import context
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable, TooSoon, sent, translated
from bot.domain.run import Document

T = TypeVar("T")
log = logging.getLogger(__name__)

_LOWER_RUNG = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "invalid_arguments",
     "markdown_text_conflict", "msg_blocks_too_many"}
)  # fmt: skip
"""Slack does not take this form; the next one says the same more plainly."""
_STATUS = "assistant.threads.setStatus"
NO_FILES = "I could not put the files of this answer here."
_FETCH = aiohttp.ClientTimeout(10)
_TRIES = 4
_QUIET = {"unfurl_links": False, "unfurl_media": False, "parse": "none", "link_names": False}


class Clients(Protocol):
    """Clients of the Web API by workspace."""

    async def of(self, team: str) -> AsyncWebClient:
        """A client with that workspace's token and the session of all.

        Raises SlackRefused where the app is not installed.
        """
        ...

    async def bot_user(self, team: str) -> str:
        """The user that we are there. Raises as ``of``."""
        ...


class Outbox:
    """Sends for all workspaces. ``sleep`` is in seconds; ``new_id`` marks posts, so that none is sent twice."""

    def __init__(
        self, clients: Clients, pacer: Pacer, sleep: Callable[[float], Awaitable[None]], new_id: Callable[[], str]
    ) -> None:
        self._clients = clients
        self._pacer = pacer
        self._sleep = sleep
        self._new_id = new_id

    async def post(self, place: Place, post: Post, person: str = "", mark: str = "") -> str:
        """Post the first form that Slack takes, then its document; the ``ts``. With ``person`` only they see both.

        What all see can be found by ``mark`` later on. Raises SlackRefused or SlackUnreachable.
        """
        ts = await self._down(post.ladder, lambda payload: self._posted(place, payload, person, mark))
        if post.document:
            at = await self.direct(place.team, person) if person else place
            await self.attach(at, [post.document])
        return ts

    async def us(self, team: str) -> str:
        """Our own user in a workspace. Raises SlackRefused where the app is not installed."""
        return await self._clients.bot_user(team)

    async def past(self, place: Place, since: str = "") -> Past:
        """What we put there from the message ``since`` on. Raises as ``post``."""
        return await read_past(self.call, place, await self.us(place.team), since)

    async def update(self, place: Place, ts: str, post: Post, mark: str = "") -> None:
        """Put another message in the place of one; ``mark`` makes it that post. Raises as ``post``."""
        await self._down(post.ladder, lambda payload: self._updated(place, ts, payload, mark))

    def progress(self, place: Place, ts: str, post: Post) -> None:
        """The same when there is time, unless something newer about this place comes first."""
        method = "chat.update"

        async def send() -> None:
            await self.send(place, method, _changed(place, ts, post.ladder[0]))

        self.later(place, method, send, _subject(place))

    async def delete(self, place: Place, ts: str) -> None:
        """Take an own message away; one that is gone is gone."""
        with suppress(SlackRefused, SlackUnreachable):
            await self.call(place.team, "chat.delete", place.channel, channel=place.channel, ts=ts)

    async def status(self, place: Place, text: str) -> bool:
        """The line "… is thinking"; an empty text clears it. False where Slack has none, which is no error.

        What ``status_later`` has on its way arrives first, and what of it still waits is dropped.
        """
        key = Key(place.team, _STATUS, place.channel)

        async def send() -> None:
            await self._line(place, text)

        try:
            await self._patiently(lambda: self._pacer.final(key, send, f"{_subject(place)}/status"))
        except (SlackRefused, SlackUnreachable) as error:
            log.debug("no status line: %s", error)
            return False
        return True

    def status_later(self, place: Place, text: Callable[[], str]) -> None:
        """The same when there is time. ``text`` is asked for then; where it is empty by then, nothing is sent.

        The line has a subject of its own: no answer waits for it.
        """

        async def send() -> None:
            if now := text():
                await self._line(place, now)

        self.later(place, _STATUS, send, f"{_subject(place)}/status")

    async def session(self, place: Place, state: str, user: str) -> bool:
        """Tell Slack that ``user``'s work goes on (``processing``) or is over (``active``): it shows a Stop meanwhile.

        False where the app has no sessions, which is no error. Source: docs.slack.dev, ``agents.sessions.setStatus``.
        """
        try:
            await self.call(
                place.team, "agents.sessions.setStatus", place.channel, channel_id=place.channel,
                thread_ts=place.thread, status=state, initiator_user_id=user,
            )  # fmt: skip
        except (SlackRefused, SlackUnreachable) as error:
            log.debug("no session: %s", error)
            return False
        return True

    async def react(self, place: Place, ts: str, emoji: str, *, on: bool) -> None:
        """Add or take back a reaction; for show only."""
        method = "reactions.add" if on else "reactions.remove"
        with suppress(SlackRefused, SlackUnreachable):
            await self.call(place.team, method, place.channel, channel=place.channel, timestamp=ts, name=emoji)

    async def upload(self, place: Place, documents: Sequence[Document]) -> None:
        """Put files into the thread. Raises as ``post``."""
        client = await self._clients.of(place.team)
        files = [{"content": item.data, "filename": item.name, "title": item.name} for item in documents]

        async def send() -> None:
            with translated("files.completeUploadExternal"):
                await client.files_upload_v2(channel=place.channel, thread_ts=place.thread or None, file_uploads=files)

        await self._pacer.final(Key(place.team, "files", place.channel), send, _subject(place))

    async def attach(self, place: Place, documents: Sequence[Document]) -> None:
        """The same for what goes with an answer: files that cannot be put there are told of. Raises as ``post``."""
        try:
            await self.upload(place, documents)
        except (SlackRefused, SlackUnreachable) as error:
            if isinstance(error, SlackRefused) and error.no_way_in:
                raise
            log.warning("an answer lacks its files: %s", error)
            await self.post(place, Post((simple(NO_FILES, context(NO_FILES)),)))

    async def fetch(self, team: str, url: str, most: int) -> bytes:
        """A private file, its first ``most`` bytes. Raises SlackRefused or SlackUnreachable."""
        client = await self._clients.of(team)
        session: aiohttp.ClientSession = client.session  # type: ignore[assignment]  # never none, as Clients say
        host = urlsplit(url).hostname or ""
        if host != urlsplit(client.base_url).hostname and host != "files.slack.com":
            raise SlackRefused("files", "not a file of Slack")
        headers = {"Authorization": f"Bearer {client.token}"}  # aiohttp drops it where Slack sends us to another host
        with translated("files"):
            async with session.get(url, headers=headers, timeout=_FETCH) as answer:
                if answer.status != 200 or answer.content_type == "text/html":
                    raise SlackRefused("files", "missing_scope")
                return await beginning(answer.content, most)

    async def direct(self, team: str, user: str) -> Place:
        """The direct messages with a person. Raises as ``post``."""
        opened = await self.call(team, "conversations.open", user, users=user)
        return Place(team, str(opened["channel"]["id"]))

    async def call(self, team: str, method: str, lane: str, /, **arguments: Any) -> Mapping[str, Any]:
        """One call that may be repeated without harm; ``lane`` is the channel or person that Slack counts it for.

        Raises SlackRefused or SlackUnreachable.
        """
        client = await self._clients.of(team)

        async def send() -> Mapping[str, Any]:
            return await sent(client, method, arguments)

        return await self._patiently(lambda: self._pacer.final(Key(team, method, lane), send, f"{team}/{lane}/"))

    async def at_once(
        self, place: Place, method: str, arguments: Callable[[], Mapping[str, Any]], subject: str
    ) -> Mapping[str, Any]:
        """One try after the progress on its way. Raises TooSoon, SlackRefused or SlackUnreachable.

        Never again after a connection that broke, for what must not be done twice, such as ``chat.startStream``.
        """

        async def send() -> Mapping[str, Any]:
            try:
                return await self.send(place, method, arguments())
            except Limited as limit:
                raise TooSoon(method, limit.seconds) from limit

        return await self._pacer.final(Key(place.team, method, place.channel), send, subject)

    def later(self, place: Place, method: str, send: Callable[[], Awaitable[object]], subject: str) -> None:
        """Progress, at most once a second."""
        self._pacer.progress(Key(place.team, method, place.channel), send, subject)

    async def send(self, place: Place, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The bare call about a channel. Raises Limited, SlackRefused or SlackUnreachable."""
        return await sent(await self._clients.of(place.team), method, {"channel": place.channel, **arguments})

    async def _line(self, place: Place, text: str) -> None:
        line = {"channel_id": place.channel, "thread_ts": place.thread, "status": text}
        await sent(await self._clients.of(place.team), _STATUS, line)

    async def _down(self, ladder: Sequence[Payload], send: Callable[[Payload], Awaitable[T]]) -> T:
        *upper, last = ladder
        for payload in upper:
            try:
                return await send(payload)
            except SlackRefused as refused:
                if refused.error not in _LOWER_RUNG:
                    raise
                log.warning("%s; trying a plainer form", refused)
        return await send(last)

    async def _posted(self, place: Place, payload: Payload, person: str, mark: str) -> str:
        client = await self._clients.of(place.team)
        mark = mark or self._new_id()
        method = "chat.postEphemeral" if person else "chat.postMessage"
        arguments = _message(place, payload) | ({"user": person} if person else marked(mark) | _QUIET)

        async def send() -> Mapping[str, Any]:
            return await sent(client, method, arguments)

        async def attempt() -> Mapping[str, Any]:
            try:
                return await self._pacer.final(Key(place.team, method, place.channel), send, _subject(place))
            except SlackUnreachable:
                arrived = "" if person else await self._arrived(place, mark)
                if arrived:
                    return {"ts": arrived}
                raise

        answer = await self._patiently(attempt)
        return str(answer.get("ts") or answer.get("message_ts") or "")

    async def _arrived(self, place: Place, mark: str) -> str:
        """The ``ts`` of a post that Slack took though its answer was lost."""
        with suppress(SlackRefused, SlackUnreachable):
            return (await self.past(place)).posts.get(mark, "")
        return ""

    async def _updated(self, place: Place, ts: str, payload: Payload, mark: str) -> None:
        said = _changed(place, ts, payload) | (marked(mark) if mark else {})
        await self.call(place.team, "chat.update", place.channel, **said)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Again after a connection that broke or a fault of the server, a few times with longer pauses."""
        for pause in range(_TRIES):
            try:
                return await attempt()
            except SlackUnreachable:
                if pause == _TRIES - 1:
                    raise
                await self._sleep(0.5 * 2**pause)
        raise AssertionError("the last try gives a result or raises")


def _message(place: Place, payload: Payload) -> dict[str, Any]:
    blocks = list(payload.blocks) or None
    return {"channel": place.channel, "thread_ts": place.thread or None, "text": payload.text, "blocks": blocks}


def _changed(place: Place, ts: str, payload: Payload) -> dict[str, Any]:
    """Blocks always: without them Slack keeps the old ones, which then hide the new text."""
    return {"channel": place.channel, "ts": ts, "text": payload.text, "blocks": list(payload.blocks)}


def _subject(place: Place) -> str:
    return f"{place.team}/{place.channel}/{place.thread}"
