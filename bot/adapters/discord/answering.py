"""Answers kept questions. It needs no gateway, so any process can do it; a try that was cut off is repeated."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import discord

from bot.adapters.chat.attachments import with_files
from bot.adapters.discord.asked import Asked
from bot.adapters.discord.background import background
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.places import Place
from bot.adapters.discord.reading import Incoming
from bot.adapters.discord.receiving import Receiver
from bot.adapters.discord.sheets import ChannelSheet
from bot.adapters.discord.turns import answer_whoever
from bot.domain.message import Message, Reply
from bot.domain.person import Sender
from bot.domain.work import Job
from bot.errors import TryLater
from bot.ports import Watch

log = logging.getLogger(__name__)

FURTHEST = timedelta(hours=12)
"""An older question is not answered any more: nobody waits for it."""
_PAUSES = (15.0, 60.0, 300.0, 900.0)
"""Before another try to answer while Discord is away."""
_BEFORE = timedelta(minutes=5)
"""How far Discord's clock and ours may differ."""


async def answered(desk: Desk, job: Job) -> None:
    """Do a job of the kind ``discord.message``. Raises TryLater while Discord is away."""
    await delivered(desk, job, Asked.read(job.payload))


async def delivered(desk: Desk, job: Job, asked: Asked) -> None:
    """Answer; the work itself is done once, however often its answer is posted."""
    if desk.clock() - job.at > FURTHEST:
        log.warning("a question is too old to be answered: %s", asked.key)
        return
    async with settling(job):
        await _answer(desk, job, asked)


@asynccontextmanager
async def settling(job: Job) -> AsyncIterator[None]:
    """What is sent here can be delivered, or never will be, or another time: then it raises TryLater."""
    try:
        yield
    except DiscordRefused as refused:
        log.warning("an answer cannot be delivered: %s", refused)
    except DiscordUnreachable as error:
        raise TryLater(str(error), max(_PAUSES[min(job.tries, len(_PAUSES) - 1)], error.wait)) from error


def since(job: Job) -> int:
    """The snowflake after which an earlier try of a job may have posted something; 0 if there was none."""
    return discord.utils.time_snowflake(job.at - _BEFORE) if job.tries else 0


async def changed_question(desk: Desk, about: str, user: str) -> Asked | None:
    """A question as it reads now, by what the button under the offer is about; None if it is not that person's."""
    where, _, name = about.partition("/")
    try:
        message = await desk.outbox.message(int(where), int(name))
        channel = await desk.outbox.channel(int(where))
    except (ValueError, DiscordRefused):
        return None
    found = await Receiver(desk.outbox, desk.outbox.us).read(message, channel)
    if found is None or found.member.id != user:
        return None
    return Asked(found, await conversation(desk, found), digest(found.text))


def digest(text: str) -> str:
    """Tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def conversation(desk: Desk, message: Incoming) -> Place:
    """Where no thread could be made, or under a post of ours, replies lead back to what they go on from."""
    place = message.place
    if message.thread or not (message.guild and message.replies_to and message.calls_us):
        return place
    root = await _Chain(desk, message).root()
    return Place(place.guild, place.channel, root) if root else place


async def follows(desk: Desk, place: Place) -> bool:
    """Whether we answered there, or shall: a question waits some time for its turn to be written down.

    In this order: a turn that begins between the two looks is not overlooked.
    """
    return await desk.durable.expects(str(place.conversation)) or await desk.conversations.knows(place.conversation)


_LONGEST = 6
"""Replies that are followed back."""


@dataclass(frozen=True, slots=True)
class _Chain:
    """The messages that one goes on from."""

    desk: Desk
    message: Incoming

    async def root(self) -> str:
        """The first that we know: a question that we answered, or what we posted unasked; empty if there is none."""
        at, found = self.message.replies_to, ""
        try:
            for _ in range(_LONGEST):
                before = await self.desk.outbox.message(int(self.message.channel), int(at))
                unasked = before.reference is None and before.author.id == self.desk.outbox.us
                if unasked or await self._known(at):
                    found = at
                if before.reference is None or before.reference.message_id is None:
                    break
                at = str(before.reference.message_id)
        except (DiscordRefused, DiscordUnreachable) as error:
            log.info("replies are followed back no further: %s", error)
        return found

    async def _known(self, at: str) -> bool:
        place = Place(self.message.guild, self.message.channel, at)
        return await follows(self.desk, place)


async def _answer(desk: Desk, job: Job, asked: Asked) -> None:
    message, place = asked.message, asked.place

    async def work(asker: Sender, watch: Watch) -> Reply:
        if word := "" if message.guild else desk.rules.unserved(linked=asker.verified):
            return Reply("", place.conversation, word, mode="rules")
        text = await with_files(message.text, message.files, desk.fetch)
        name = asked.key.removeprefix("discord/")
        before = await background(desk, asked)
        question = Message(name, place.conversation, asker, text, job.at, background=before)
        return await desk.conversations.handle(question, watch)

    await answer_whoever(desk, sheet_of(desk, job, asked), desk.people.sender(message.member), work)


def sheet_of(desk: Desk, job: Job, asked: Asked) -> ChannelSheet:
    """Where its answer is written."""
    message, place = asked.message, asked.place
    branch = message.title if message.may_branch and place.thread == message.id else ""
    at = Place(message.guild, message.channel, message.thread)
    return ChannelSheet(
        desk, place, asked.key, user=message.member.id, at=at, question=message.id, branch=branch, since=since(job)
    )
