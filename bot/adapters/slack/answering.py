"""Does the kept jobs of messages: each question is answered once, whatever happened to whoever began with it."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial

from bot.adapters.chat import wording
from bot.adapters.chat.attachments import LARGEST, with_files
from bot.adapters.slack.background import background
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.incoming import Incoming, in_zone
from bot.adapters.slack.past import Mark
from bot.adapters.slack.people import Profile
from bot.adapters.slack.places import sender_id
from bot.adapters.slack.questions import Question
from bot.adapters.slack.responding import Spot, note, whisper
from bot.adapters.slack.turns import answer
from bot.domain.action import wants_email
from bot.domain.message import Message, Reply
from bot.domain.person import Sender
from bot.domain.work import Job
from bot.ports import Watch

log = logging.getLogger(__name__)

UNKNOWN_HERE = (
    "Some of this needs your e-mail address. Slack vouches for none of guests and people of other organisations, so a"
    " full member of this workspace must ask for it."
)


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
        background=await background(desk, message, again=job.tries > 0),
    )
    return await _noticed(desk, profile, await desk.conversations.handle(asked, watch))


async def _noticed(desk: Desk, profile: Profile, reply: Reply) -> Reply:
    """With a word on what cannot be done for a stranger, where an action was used that needs to know the person."""
    if not profile.stranger or not reply.used:
        return reply
    specs = await desk.conversations.actions()
    lacking = any(wants_email(specs[each.action]) for each in reply.used if each.action in specs)
    return replace(reply, notices=(*reply.notices, UNKNOWN_HERE)) if lacking else reply


async def message_given_up(desk: Desk, job: Job) -> None:
    """Its asker has waited for nothing."""
    message = Incoming.of(job.payload)
    spot = Spot(message.team, message.user, message.channel, message.thread, message.ts)
    await whisper(desk, spot, note(wording.FAILED))


async def _fetched(desk: Desk, team: str, url: str) -> bytes:
    return await desk.outbox.fetch(team, url, LARGEST)
