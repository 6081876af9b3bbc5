"""Does the kept jobs of messages: each question is answered once, whatever happened to whoever began with it."""

from __future__ import annotations

import logging
from functools import partial

from bot.adapters.chat import wording
from bot.adapters.chat.attachments import LARGEST, with_files
from bot.adapters.slack.background import background
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.handling import handled
from bot.adapters.slack.incoming import Incoming, in_zone
from bot.adapters.slack.past import Mark
from bot.adapters.slack.places import sender_id
from bot.adapters.slack.questions import Question
from bot.adapters.slack.responding import Spot, note, whisper
from bot.adapters.slack.turns import answer
from bot.domain.message import Message, Reply
from bot.domain.person import Sender
from bot.domain.work import Job
from bot.ports import Watch

log = logging.getLogger(__name__)


class _AskedByMachine(Exception):
    """Bots are never answered: two of them would never end."""


async def answer_message(desk: Desk, job: Job) -> None:
    """Answer a message that is for us."""
    await answer_now(desk, Incoming.of(job.payload), job)


async def answer_now(desk: Desk, message: Incoming, job: Job, edited: str = "") -> None:
    """Answer a message as it reads now; ``edited`` tells one change of it from another."""
    key = message.key + (f"/{edited}" if edited else "")
    private = message.channel in desk.rules.private
    mark = Mark(key, job.tries > 0, message.ts)
    asker = Sender(sender_id(message.team, message.user))  # by id alone: no sign of work waits for a profile
    question = Question(message.place, asker, message.ts, private, mark, replied=bool(message.thread))
    try:
        await answer(desk, question, partial(_handled, desk, message, job, key))
    except _AskedByMachine:
        log.info("a message of a bot is left alone: %s", message.user)


async def _handled(desk: Desk, message: Incoming, job: Job, key: str, watch: Watch) -> Reply:
    profile = await desk.people.profile(message.team, message.user)
    if profile.is_bot:
        raise _AskedByMachine
    asked = Message(
        id=key.removeprefix("slack/"),
        conversation=message.conversation(desk.rules),
        sender=profile.sender,
        text=await with_files(message.text, message.files, partial(_fetched, desk, message.team)),
        sent_at=in_zone(job.at, profile.zone),
        background=await background(desk, message),
    )
    return await handled(desk, profile, asked, watch)


async def message_given_up(desk: Desk, job: Job) -> None:
    """Its asker has waited for nothing."""
    message = Incoming.of(job.payload)
    spot = Spot(message.team, message.user, message.channel, message.thread, message.ts)
    await whisper(desk, spot, note(wording.FAILED))


async def _fetched(desk: Desk, team: str, url: str) -> bytes:
    return await desk.outbox.fetch(team, url, LARGEST)
