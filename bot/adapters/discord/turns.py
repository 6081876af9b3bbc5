"""A turn as people see it: a sign at once, the work if it takes longer, then the one answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.adapters.chat import wording
from bot.adapters.chat.board import Board
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.rendering.approval import confirm_post
from bot.adapters.discord.rendering.board import board_post
from bot.adapters.discord.rendering.post import Post
from bot.adapters.discord.rendering.reply import reply_posts
from bot.adapters.discord.sheets import Sheet, board_id
from bot.adapters.discord.standing import card_settled
from bot.domain.action import wants_email
from bot.domain.message import Reply, Used
from bot.domain.person import Sender
from bot.domain.progress import Progress, RunStarted, TextPiece
from bot.domain.run import Document
from bot.ports import Watch

log = logging.getLogger(__name__)

AT_ONCE = 0.05
"""Seconds until the first sign: an answer that is there by then needs none."""
_LONG = 2_000
"""Characters from which on rendering takes more than some milliseconds."""

Work = Callable[[Watch], Awaitable[Reply]]


async def answer(desk: Desk, sheet: Sheet, asker: Sender, work: Work) -> None:
    """As ``answer_whoever``, where it is known who asks."""

    async def known() -> Sender:
        return asker

    await answer_whoever(desk, sheet, known(), lambda _, watch: work(watch))


async def answer_whoever(
    desk: Desk, sheet: Sheet, asking: Awaitable[Sender], work: Callable[[Sender, Watch], Awaitable[Reply]]
) -> None:
    """Do ``work`` in sight of people and post its one reply; whatever happens, nothing of the work stays.

    Neither the work nor the answer waits for a sign: where Discord is slow to take one, the answer is what counts.
    """
    show = _Show(desk, sheet)
    show.begin()
    try:
        asker = await asking
        reply = await work(asker, show.watch)
        await show.end()
        await deliver(desk, sheet, asker, reply)
    except BaseException:
        await show.end()
        await sheet.drop()
        raise


async def deliver(desk: Desk, sheet: Sheet, asker: Sender, reply: Reply) -> None:
    """Put a reply, its files and the question it waits for onto the sheet. Raises as ``Sheet.settle``."""
    await sheet.settle(await _posts(desk, sheet, asker, reply))
    if reply.settled and not sheet.private:
        await card_settled(desk, sheet.place, reply.settled)


async def _posts(desk: Desk, sheet: Sheet, asker: Sender, reply: Reply) -> Sequence[Post]:
    """A reply that only asks for a yes says so on the card; one message is enough."""
    posts: tuple[Post, ...] = ()
    reply = await _noticed(desk, asker, reply)
    if reply.used or reply.question or not reply.approval:
        posts = await _rendered(reply, await _documents(desk, asker, reply), private=sheet.private)
    if reply.approval:
        posts = (*posts, confirm_post(reply.approval, await desk.conversations.actions()))
    return posts


async def _noticed(desk: Desk, asker: Sender, reply: Reply) -> Reply:
    """With a word on how to be known, where an action was used that needs to know the person."""
    if asker.email or not reply.used:
        return reply
    specs = await desk.conversations.actions()
    lacking = any(wants_email(specs[each.action]) for each in reply.used if each.action in specs)
    return replace(reply, notices=(*reply.notices, wording.LINK_FIRST)) if lacking else reply


async def _rendered(reply: Reply, documents: Sequence[Document], *, private: bool) -> tuple[Post, ...]:
    """Long texts take a while to take apart; nobody else waits for that."""
    if len(reply.text) <= _LONG:
        return reply_posts(reply, documents, private=private)
    return await asyncio.to_thread(reply_posts, reply, documents, private=private)


async def _documents(desk: Desk, asker: Sender, reply: Reply) -> list[Document]:
    found = [await desk.conversations.document(file.run_id, file.place, asker) for file in reply.files]
    return [document for document in found if document]


async def documents_of(desk: Desk, used: Sequence[Used], asker: Sender) -> list[Document]:
    """All that runs for ``asker`` made."""
    found: list[Document] = []
    for run in used:
        place = 0
        while document := await desk.conversations.document(run.run_id, place, asker):
            found.append(document)
            place += 1
    return found


class _Show:
    """The signs of work: the bot types; when it takes longer, one line for each action."""

    def __init__(self, desk: Desk, sheet: Sheet) -> None:
        self._desk = desk
        self._sheet = sheet
        self._board = Board()
        self._shown = False
        self._works = asyncio.Event()
        """Something runs or is being written."""
        self._signs: asyncio.Task[None] | None = None
        self._idle = True
        """No sign is on its way at the moment."""
        self._over = False

    def begin(self) -> None:
        """Give the first sign, and more as the work goes on."""
        self._signs = asyncio.create_task(self._given())

    async def watch(self, progress: Progress) -> None:
        """Show a step of the turn."""
        board = self._board.told(progress)
        fresh, self._board = board is not self._board, board
        if isinstance(progress, RunStarted | TextPiece):
            self._works.set()
        if self._shown and fresh and not self._over:
            await self._sent(self._sheet.show(self._post()))

    async def end(self) -> None:
        """No sign is given any more; one on its way is let through, so that it can be replaced."""
        self._over = True
        if self._signs:
            if self._idle:
                self._signs.cancel()
            await asyncio.wait({self._signs})

    async def _given(self) -> None:
        await self._sent(self._sheet.prepare())
        if self._over:
            return
        await asyncio.sleep(min(AT_ONCE, self._desk.rules.patience))
        await self._sent(self._sheet.sign())
        if self._over:
            return
        await self._works.wait()
        await asyncio.sleep(self._desk.rules.patience)
        shown = self._board
        self._shown = await self._sent(self._sheet.show(self._post()))
        if self._shown and self._board is not shown and not self._over:
            await self._sent(self._sheet.show(self._post()))

    async def _sent(self, sign: Awaitable[None]) -> bool:
        self._idle = False
        try:
            await sign
        except (DiscordRefused, DiscordUnreachable) as error:
            log.info("work is not shown: %s", error)
            return False
        finally:
            self._idle = True
        return True

    def _post(self) -> Post:
        return board_post(self._board, board_id(self._sheet.place))
