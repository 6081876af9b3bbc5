"""Does the kept jobs of messages: each question is answered once, whatever happened to whoever began with it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bot.adapters.chat import wording
from bot.adapters.chat.attachments import LARGEST, with_files
from bot.adapters.slack.background import background
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.incoming import Incoming, in_zone
from bot.adapters.slack.past import Mark
from bot.adapters.slack.questions import Question
from bot.adapters.slack.responding import Spot, note, whisper
from bot.adapters.slack.turns import answer
from bot.domain.message import Message, Reply
from bot.domain.work import Job
from bot.ports import Watch


async def answer_message(desk: Desk, job: Job) -> None:
    """Answer a message that is for us."""
    await answer_now(desk, Incoming.of(job.payload), job)


async def answer_now(desk: Desk, message: Incoming, job: Job, edited: str = "") -> None:
    """Answer a message as it reads now; ``edited`` tells one change of it from another."""
    profile = await desk.people.profile(message.team, message.user)
    if profile.is_bot:
        return
    key = message.key + (f"/{edited}" if edited else "")
    private = message.channel in desk.rules.private
    mark = Mark(key, job.tries > 0, message.ts)
    question = Question(message.place, profile.sender, message.ts, private, mark, replied=bool(message.thread))
    asked = Message(
        id=key.removeprefix("slack/"),
        conversation=message.conversation(desk.rules),
        sender=profile.sender,
        text=message.text,
        sent_at=in_zone(job.at, profile.zone),
    )

    async def work(watch: Watch) -> Reply:
        text = await with_files(message.text, message.files, partial(_fetched, desk, message.team))
        before = await background(desk, message, again=job.tries > 0)
        return await desk.conversations.handle(replace(asked, text=text, background=before), watch)

    await answer(desk, question, work)


async def message_given_up(desk: Desk, job: Job) -> None:
    """Its asker has waited for nothing."""
    message = Incoming.of(job.payload)
    spot = Spot(message.team, message.user, message.channel, message.thread, message.ts)
    await whisper(desk, spot, note(wording.FAILED))


async def _fetched(desk: Desk, team: str, url: str) -> bytes:
    return await desk.outbox.fetch(team, url, LARGEST)
