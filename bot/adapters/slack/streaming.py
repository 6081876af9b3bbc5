"""A reply that grows while it is worked on: a layer over the one final post, which it becomes or gives way to."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import Any

from bot.adapters.chat.board import Board
from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.past import Mark, marked
from bot.adapters.slack.places import Place
from bot.adapters.slack.rendering.cards.post import Post
from bot.adapters.slack.rendering.cards.tasks import task_updates
from bot.adapters.slack.rendering.elements import Json
from bot.adapters.slack.rendering.limits import OUR_ANSWER
from bot.adapters.slack.rendering.stream import MarkdownStream
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable, TooSoon

log = logging.getLogger(__name__)

ASK_AGAIN = 6 * 3600.0
"""Seconds until a workspace that has no streaming is asked again: scopes and features come and go."""
_ABSENT = frozenset(
    {"unknown_method", "method_deprecated", "feature_not_enabled", "not_allowed_token_type", "missing_scope"}
)  # fmt: skip
_OVER = frozenset({"message_not_in_streaming_state", "stopped_by_user", "message_not_found"})
_STOPPED = "stopped_by_user"
_REMEMBERED = 500
"""Streams of this process: more than are ever written at the same time."""


class Streams:
    """Which workspaces take no streams for now, and which messages began as streams of this process."""

    def __init__(self) -> None:
        self._closed: dict[str, float] = {}
        self._begun: deque[str] = deque(maxlen=_REMEMBERED)

    def begun(self, ts: str) -> None:
        """Slack told us of it."""
        self._begun.append(ts)

    def knows(self, ts: str) -> bool:
        """Whether some answer of this process is, or was, written there."""
        return ts in self._begun

    def takes(self, team: str, now: float) -> bool:
        """Whether a stream may be tried; ``now`` is monotonic, in seconds."""
        return now >= self._closed.get(team, now)

    def close(self, team: str, until: float) -> None:
        """Post plainly until then."""
        self._closed[team] = max(until, self._closed.get(team, until))


@dataclass(frozen=True, slots=True)
class Way:
    """How one stream reaches Slack. ``subject`` is its own, so that no other answer drops its progress."""

    outbox: Outbox
    place: Place
    subject: str

    async def at_once(self, method: str, arguments: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """As ``Outbox.at_once``."""
        return await self.outbox.at_once(self.place, method, arguments, self.subject)

    def later(self, method: str, send: Callable[[], Awaitable[None]]) -> None:
        """As ``Outbox.later``."""
        self.outbox.later(self.place, method, send, self.subject)

    async def send(self, method: str, arguments: Mapping[str, Any]) -> None:
        """As ``Outbox.send``."""
        await self.outbox.send(self.place, method, arguments)


@dataclass(slots=True)
class _Script:
    """What the message is to show, and what of it Slack has taken."""

    board: Board = field(default_factory=Board)
    raw: str = ""
    """Of the text, as it came."""
    ready: str = ""
    """Safe Markdown that Slack does not have yet."""
    taken: bool = False
    """Slack has some of the text."""
    cards: list[Json] = field(default_factory=list)
    """As Slack has them."""
    markdown: MarkdownStream = field(default_factory=MarkdownStream)

    def hear(self, piece: str) -> None:
        """Take a piece of the text. One that gets too long becomes a file, so that no more of it is shown."""
        self.raw += piece
        if len(self.raw) <= OUR_ANSWER:
            self.ready += self.markdown.feed(piece)

    def end(self, text: str) -> bool:
        """Make the whole text ready; False when something else was shown."""
        if not self.taken:
            self.raw, self.ready, self.markdown = "", "", MarkdownStream()
        rest = _rest(self.raw, text)
        if rest is None:
            return False
        self.ready += self.markdown.feed(rest) + self.markdown.finish()
        self.board = self.board.stopped()
        return True

    def due(self) -> list[Json]:
        """The chunks that Slack does not have yet."""
        cards = [card for card in task_updates(self.board) if card not in self.cards]
        return [*cards, {"type": "markdown_text", "text": self.ready}] if self.ready else cards

    def took(self, chunks: list[Json]) -> None:
        """Slack has these; what came meanwhile is still due."""
        for chunk in chunks:
            if chunk["type"] == "markdown_text":
                self.ready = self.ready.removeprefix(chunk["text"])
                self.taken = True
            else:
                self.cards.append(chunk)


class Streamed:
    """The one message of a turn that grows, and its only writer.

    ``recipient`` is who sees it grow in a channel, as (team, user). ``stopped`` is called when they press Slack's Stop.
    """

    def __init__(
        self, way: Way, streams: Streams, monotonic: Callable[[], float], recipient: tuple[str, str],
        stopped: Callable[[], None],
    ) -> None:  # fmt: skip
        self._way = way
        self._streams = streams
        self._monotonic = monotonic
        self._recipient = recipient
        self._stopped = stopped
        self._script = _Script()
        self._opening: asyncio.Task[None] | None = None
        self._ts = ""
        self._lost = False
        """Slack may have begun a message whose ``ts`` never came."""
        self._writing = asyncio.Lock()
        """Held while Slack is told of a piece: until it has answered nobody knows what it has."""
        self._broken = False
        """What Slack has is not certain, so that the message is replaced in the end."""
        self._over = False
        """Slack takes no more chunks."""

    def told(self, board: Board, piece: str = "") -> None:
        """Show a step or a piece of the text when there is time. Never waits, never raises."""
        self._script.board = board
        self._script.hear(piece)
        if self._opening is None:
            if self._script.ready or any(task.run_id for task in board.tasks):
                self._opening = asyncio.create_task(self._open())
        elif self._ts:
            self._flush()

    async def becomes(self, text: str, post: Post, mark: str = "") -> bool:
        """End as the answer with that text, known by ``mark``. False when ``post`` is still to be sent."""
        if not await self._opened():
            return False
        if post.document:
            await self.removed()
            return False
        async with self._writing:
            fits = self._script.end(text)
        return (fits and await self._ended(post, mark)) or await self._replaced(post, mark)

    async def removed(self) -> None:
        """Leave nothing behind."""
        if await self._opened():
            await self._halted()
            await self._way.outbox.delete(self._way.place, self._ts)

    async def swept(self, mark: Mark) -> None:
        """Take away what Slack began unheard: among what came after the question and before its answer."""
        if not (self._lost and mark.since):
            return
        outbox, place = self._way.outbox, self._way.place
        try:
            past = await outbox.past(place, mark.since)
        except (SlackRefused, SlackUnreachable) as error:
            log.info("a stream that may have begun was not looked for: %s", error)
            return
        answer = past.posts.get(mark.key, "")
        for ts in past.growing:
            if mark.since < ts and (not answer or ts < answer) and not self._streams.knows(ts):
                await self._taken_away(ts)

    async def _taken_away(self, ts: str) -> None:
        """Only while it still grows: what has ended meanwhile is the answer to another question."""
        try:
            await self._way.at_once("chat.stopStream", lambda: {"ts": ts})
        except (SlackRefused, SlackUnreachable) as error:
            log.info("a stream that nobody heard of was left: %s", error)
        else:
            await self._way.outbox.delete(self._way.place, ts)

    async def _opened(self) -> bool:
        """Whether there is a message, once that is known."""
        if self._opening:
            await asyncio.wait({self._opening})
        return bool(self._ts)

    async def _open(self) -> None:
        chunks: list[Json] = []

        def arguments() -> Mapping[str, Any]:
            chunks.extend(self._script.due())
            return {**self._address(), "task_display_mode": "plan", "chunks": chunks}

        try:
            answer = await self._way.at_once("chat.startStream", arguments)
        except SlackUnreachable as error:
            log.info("no stream: %s", error)
            self._lost = True
        except SlackRefused as refused:
            log.info("no stream: %s", refused)
            self._latch(refused)
        else:
            self._ts = str(answer["ts"])
            self._streams.begun(self._ts)
            self._script.took(chunks)
            self._flush()

    def _address(self) -> Mapping[str, Any]:
        team, user = self._recipient
        place = self._way.place
        whom = {} if place.is_direct else {"recipient_team_id": team, "recipient_user_id": user}
        return {"thread_ts": place.thread, **whom}

    def _latch(self, refused: SlackRefused) -> None:
        """Do not ask a workspace again and again for what it has not."""
        pause = refused.seconds if isinstance(refused, TooSoon) else ASK_AGAIN if refused.error in _ABSENT else 0.0
        self._streams.close(self._way.place.team, self._monotonic() + pause)

    def _flush(self) -> None:
        if self._script.due() and not self._broken:
            self._way.later("chat.appendStream", self._append)

    async def _append(self) -> None:
        async with self._writing:
            await self._told()

    async def _told(self) -> None:
        chunks = self._script.due()
        if not chunks or self._broken:
            return
        try:
            await self._way.send("chat.appendStream", {"ts": self._ts, "chunks": chunks})
        except (SlackRefused, SlackUnreachable) as error:
            self._broke(error)
            if isinstance(error, SlackRefused) and error.error == _STOPPED:
                self._stopped()
        else:
            self._script.took(chunks)

    def _broke(self, error: SlackRefused | SlackUnreachable) -> None:
        log.info("a stream broke: %s", error)
        self._broken = True
        self._over = self._over or (isinstance(error, SlackRefused) and error.error in _OVER)

    async def _ended(self, post: Post, mark: str) -> bool:
        """The rest of the text and what stands under it, if Slack has all that went before."""

        def arguments() -> Mapping[str, Any]:
            if self._broken:  # by what was on its way until now
                raise SlackRefused("chat.stopStream", "not tried")
            under = list(dropwhile(lambda block: block["type"] in ("markdown", "table"), post.ladder[0].blocks))
            known = marked(mark) if mark else {}
            return {"ts": self._ts, "chunks": self._script.due(), "blocks": under, **known}

        try:
            await self._way.at_once("chat.stopStream", arguments)
        except (SlackRefused, SlackUnreachable) as error:
            self._broke(error)
            return False
        return True

    async def _replaced(self, post: Post, mark: str) -> bool:
        """The whole answer in the place of what was streamed; where that is refused, nothing is left there."""
        await self._halted()
        try:
            await self._way.outbox.update(self._way.place, self._ts, post, mark)
        except (SlackRefused, SlackUnreachable) as error:
            log.warning("a stream could not become the answer: %s", error)
            await self._way.outbox.delete(self._way.place, self._ts)
            return False
        return True

    async def _halted(self) -> None:
        """Slack changes no message that is still being streamed."""
        self._broken = True
        if self._over:
            return
        try:
            await self._way.at_once("chat.stopStream", lambda: {"ts": self._ts})
        except (SlackRefused, SlackUnreachable) as error:
            log.info("a stream was not stopped: %s", error)
        self._over = True


async def removed(outbox: Outbox, place: Place, ts: str) -> None:
    """Take away what a dead process was writing: Slack changes no message that is still being streamed."""
    try:
        await outbox.at_once(place, "chat.stopStream", lambda: {"ts": ts}, f"{place.team}/{place.channel}/{ts}")
    except (SlackRefused, SlackUnreachable) as error:
        log.info("what was being written has ended: %s", error)
    await outbox.delete(place, ts)


def _rest(raw: str, text: str) -> str | None:
    """What of ``text`` comes after ``raw``; None when it begins otherwise. Blanks around ``raw`` do not count."""
    for said in (raw.lstrip(), raw.strip()):
        rest = text[len(said) :]
        if text.startswith(said) and (said == raw.lstrip() or not rest or rest[0].isspace()):
            return rest
    return None
