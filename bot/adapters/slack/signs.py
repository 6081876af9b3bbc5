"""The signs of work in a thread: a status line, a reaction, a board of cards or an answer that grows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from bot.adapters.chat.board import Board
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.line import Line
from bot.adapters.slack.places import user_of
from bot.adapters.slack.questions import Question, rendered, speaks
from bot.adapters.slack.rendering.cards.tasks import status_line, tasks_post
from bot.adapters.slack.streaming import Streamed, Way
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.message import Reply
from bot.domain.progress import Progress, RunStarted, TextPiece

log = logging.getLogger(__name__)

THINKING = "is thinking…"
SEEN = "eyes"
"""The reaction that stands in where there is no status line."""

AT_ONCE = 0.05
"""Seconds until the first sign: an answer that is there by then needs none."""


class Show:
    """The signs of work: the status line, else a reaction; when it takes longer, a board of cards or a stream."""

    def __init__(self, desk: Desk, question: Question) -> None:
        self._desk = desk
        self._question = question
        self._board = Board()
        self._board_ts = ""
        self._line = Line(desk.outbox, question.place, desk.rules.refresh)
        self._seen = False
        self._text = ""
        """Pieces of the answer from before the stream may open."""
        self._stream = _stream(desk, question)
        self._works = asyncio.Event()
        """Something runs or is being written."""
        self._shown = False
        """The board or stream may be there."""
        self._signs: asyncio.Task[None] | None = None
        self._session = False
        """Slack shows its own Stop."""
        self._idle = True
        """No sign is on its way to Slack at the moment."""
        self._over = False
        """There is an answer, or there will be none."""

    def begin(self) -> None:
        """Give the first sign, and more as the work goes on."""
        self._signs = asyncio.create_task(self._given())

    async def watch(self, progress: Progress) -> None:
        """Show a step of the turn."""
        piece = progress.text if isinstance(progress, TextPiece) else ""
        board = self._board.told(progress)
        fresh, self._board = board is not self._board, board
        if isinstance(progress, RunStarted | TextPiece):
            self._works.set()
        if not self._shown:
            self._text += piece
            return
        if fresh:
            self._line.say(_doing(board))
        if self._stream:
            self._stream.told(board, piece)
        elif self._board_ts and fresh:
            self._desk.outbox.progress(
                self._question.place, self._board_ts, tasks_post(board, self._question.place.thread)
            )

    async def said(self, reply: Reply) -> bool:
        """Whether the message that grew is now the answer; else there is none, and none begins to grow any more."""
        self._over = True
        if not self._stream:
            return False
        if not speaks(reply):
            await self._stream.removed()
            return False
        return await self._stream.becomes(reply.text, await rendered(reply, private=False), self._question.mark.key)

    async def dropped(self) -> None:
        """There will be no answer."""
        self._over = True
        if self._stream:
            await self._stream.removed()

    async def end(self) -> None:
        """Nothing of the work stays: the answer names what was used."""
        self._over = True
        self._line.rest()
        if self._signs:
            if self._idle:
                self._signs.cancel()
            await asyncio.wait({self._signs})
        place = self._question.place
        if self._board_ts:
            await self._desk.outbox.delete(place, self._board_ts)
        if self._session:
            await self._desk.outbox.session(place, "active", self._question.user)
        await self._line.end()
        if self._seen:
            await self._desk.outbox.react(place, self._question.message_ts, SEEN, on=False)
        if self._stream:
            await self._stream.swept(self._question.mark)

    async def _given(self) -> None:
        """One sign after the other. A quick turn has its answer before it needs more than the first."""
        await asyncio.sleep(min(AT_ONCE, self._desk.rules.patience))
        await self._sent(self._first())
        if self._over:
            return
        await self._works.wait()
        await asyncio.sleep(self._desk.rules.patience)
        if not self._over and not self._question.private:
            await self._sent(self._opened())

    async def _sent(self, sign: Awaitable[None]) -> None:
        """A sign on its way is let through, so that it can be cleared."""
        self._idle = False
        try:
            await sign
        finally:
            self._idle = True

    async def _first(self) -> None:
        place = self._question.place
        if not await self._line.begin(THINKING) and self._question.message_ts:
            self._seen = True
            await self._desk.outbox.react(place, self._question.message_ts, SEEN, on=True)

    async def _opened(self) -> None:
        """The stream, else the board. From now on the status line, which all see, names what runs, too."""
        self._shown = True
        if self._stream:
            self._stream.told(self._board, self._text)
            self._session = await self._desk.outbox.session(self._question.place, "processing", self._question.user)
        elif self._board.tasks:
            await self._post_board()
        self._line.say(_doing(self._board))

    async def _post_board(self) -> None:
        place = self._question.place
        try:
            post, mark = tasks_post(self._board, place.thread), self._question.mark.board
            self._board_ts = await self._desk.outbox.post(place, post, mark=mark)
        except (SlackRefused, SlackUnreachable) as error:
            log.info("no board of tasks: %s", error)
        else:
            self._line.repeat()


def _doing(board: Board) -> str:
    return status_line(board) or THINKING


def _stream(desk: Desk, question: Question) -> Streamed | None:
    """A message that may grow; None where the answer is for one person or streaming is not to be had."""
    place = question.place
    if not desk.rules.streams(place) or question.private or not place.thread:
        return None
    if not desk.streams.takes(place.team, desk.monotonic()):
        return None

    async def stop() -> None:
        asker = (await desk.people.profile(*user_of(question.asker.id))).sender  # whoever reads of it reads a name
        await desk.conversations.stop(place.conversation, asker)

    def stopped() -> None:  # by its recipient, who asked: nobody else sees a stream
        desk.tasks.spawn(stop(), "stopping a turn")

    way = Way(desk.outbox, place, f"{place.team}/{place.channel}/{place.thread}/{desk.new_id()}")
    return Streamed(way, desk.streams, desk.monotonic, user_of(question.asker.id), stopped)
