"""A turn as people in Slack see it: a sign at once, cards while actions run, one answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.adapters.slack.desk import Desk
from bot.adapters.slack.outbox import SlackRefused, SlackUnreachable
from bot.adapters.slack.places import Place, user_of
from bot.adapters.slack.rendering.cards.approval import confirm_post
from bot.adapters.slack.rendering.cards.post import Post
from bot.adapters.slack.rendering.cards.reply import reply_post
from bot.adapters.slack.rendering.cards.tasks import Board, status_line, tasks_post
from bot.domain.message import Reply, Sender
from bot.domain.progress import Progress, RunStarted
from bot.domain.run import Document, File
from bot.ports import Watch

log = logging.getLogger(__name__)

THINKING = "is thinking…"
SEEN = "eyes"
"""The reaction that stands in where there is no status line."""

_LONG = 2_000
"""Characters from which on rendering takes more than some milliseconds."""

Work = Callable[[Watch], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Question:
    """Where an answer goes, and whom it is for."""

    place: Place
    asker: Sender
    message_ts: str = ""
    """The message that asks; empty for a click or command."""
    private: bool = False
    """Only the asker sees the answer, until they share it."""

    @property
    def user(self) -> str:
        return user_of(self.asker.id)[1]


async def answer(desk: Desk, question: Question, work: Work) -> None:
    """Do ``work`` in sight of people and post its one reply; whatever happens, the signs of work are cleared."""
    show = _Show(desk, question)
    await show.begin()
    try:
        reply = await work(show.watch)
    finally:
        await show.end()
    await deliver(desk, question, reply)


async def deliver(desk: Desk, question: Question, reply: Reply) -> None:
    """Post a reply, its files and the question it waits for. Where the thread is closed to us, the asker gets it."""
    try:
        await _posted(desk, question, question.place, reply)
    except SlackRefused as refused:
        if not refused.no_way_in or question.place.is_direct:
            raise
        log.warning("%s: answering in direct messages instead", refused)
        direct = await desk.outbox.direct(question.place.team, question.user)
        notice = "I could not answer in the channel, so here it is."
        await _posted(desk, question, direct, _noted(reply, notice))


async def _posted(desk: Desk, question: Question, place: Place, reply: Reply) -> None:
    private = question.private and not place.is_direct
    viewer = question.user if private else ""
    if reply.text or reply.question or reply.used or not reply.approval:
        await desk.outbox.post(place, await _rendered(reply, private), viewer)
    documents = await _documents(desk, question.asker, reply.files)
    if documents:
        at = await desk.outbox.direct(place.team, question.user) if private else place
        await desk.outbox.upload(at, documents)
    if reply.approval:
        overview = await desk.conversations.overview(question.asker)
        specs = {state.spec.slug: state.spec for state in overview.actions}
        await desk.outbox.post(place, confirm_post(reply.approval, specs), viewer)


async def _rendered(reply: Reply, private: bool) -> Post:
    """Long texts take a while to take apart; nobody else waits for that."""
    if len(reply.text) <= _LONG:
        return reply_post(reply, private=private)
    return await asyncio.to_thread(reply_post, reply, private=private)


async def _documents(desk: Desk, asker: Sender, files: tuple[File, ...]) -> list[Document]:
    found = [await desk.conversations.document(file.run_id, file.place, asker) for file in files]
    return [document for document in found if document]


def _noted(reply: Reply, notice: str) -> Reply:
    return replace(reply, notices=(notice, *reply.notices))


class _Show:
    """The signs of work: the status line, else a reaction; a board of cards as soon as an action runs."""

    def __init__(self, desk: Desk, question: Question) -> None:
        self._desk = desk
        self._question = question
        self._board = Board()
        self._board_ts = ""
        self._opened = False
        self._line = False

    async def begin(self) -> None:
        """A first sign, before anything else is done."""
        place = self._question.place
        self._line = await self._desk.outbox.status(place, THINKING)
        if not self._line and self._question.message_ts:
            await self._desk.outbox.react(place, self._question.message_ts, SEEN, on=True)

    async def watch(self, progress: Progress) -> None:
        """Show a step of the turn."""
        board = self._board.told(progress)
        if board is self._board:
            return
        self._board = board
        if self._question.private:
            return
        if not self._opened and isinstance(progress, RunStarted):
            self._opened = True  # before the first await: actions begin side by side, and one board is enough
            await self._open_board()
        elif self._board_ts:
            self._desk.outbox.progress(
                self._question.place, self._board_ts, tasks_post(board, self._question.place.thread)
            )

    async def end(self) -> None:
        """Nothing of the work stays: the answer names what was used."""
        place = self._question.place
        if self._board_ts:
            await self._desk.outbox.delete(place, self._board_ts)
        if self._line:
            await self._desk.outbox.status(place, "")
        elif self._question.message_ts:
            await self._desk.outbox.react(place, self._question.message_ts, SEEN, on=False)

    async def _open_board(self) -> None:
        try:
            self._board_ts = await self._desk.outbox.post(
                self._question.place, tasks_post(self._board, self._question.place.thread)
            )
        except (SlackRefused, SlackUnreachable) as error:
            log.info("no board of tasks: %s", error)
        if self._line:
            await self._desk.outbox.status(self._question.place, status_line(self._board) or THINKING)
