"""Questions that are changed after they were asked: nothing runs again by itself, the asker is offered it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.adapters.chat import wording
from bot.adapters.slack.answering import answer_now
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.incoming import Incoming, read
from bot.adapters.slack.rendering.cards.post import Post, simple
from bot.adapters.slack.rendering.elements import actions, button, section
from bot.adapters.slack.responding import Spot, note, whisper
from bot.adapters.slack.wire import SlackRefused
from bot.domain.work import Job

log = logging.getLogger(__name__)

AGAIN = "edited:again"
_GONE = "I cannot read your question any more: it was taken away, or I may not read here. Please ask it again."


def read_edit(body: Mapping[str, Any], team: str, bot_user: str) -> Incoming | None:
    """The message as it is now, of an event that says that a person changed its text."""
    event = body.get("event") or {}
    now, before = event.get("message") or {}, event.get("previous_message") or {}
    if event.get("subtype") != "message_changed" or not now.get("edited") or now.get("text") == before.get("text"):
        return None
    changed = {**now, "type": "message", "channel": event.get("channel"), "channel_type": event.get("channel_type")}
    return read({**body, "event": changed}, team, bot_user)


def edited_at(body: Mapping[str, Any]) -> str:
    """The ``ts`` of that change, which tells it from another of the same message."""
    return str(body["event"]["message"]["edited"].get("ts") or "")


async def offered(desk: Desk, job: Job) -> None:
    """The question was begun before it was changed: its asker may have the new one answered."""
    message = Incoming.of(job.payload)
    buttons = actions("again", [button("Answer the new one", AGAIN, message.ts)])
    payload = simple(wording.EDITED, section(wording.EDITED), buttons)
    seen = replace(message.place, thread=message.thread)  # below a question without replies nobody is shown it
    await desk.outbox.post(seen, Post((payload,)), message.user)


async def again(desk: Desk, spot: Spot, ts: str, job: Job) -> None:
    """Answer a changed question, as it reads now, once for each change."""
    found = await _now(desk, spot, ts)
    us = await desk.outbox.us(spot.team)
    message = read({"event": {**found, "type": "message", "channel": spot.channel}}, spot.team, us)
    edited = str((found.get("edited") or {}).get("ts") or "")
    if message is None:
        await whisper(desk, spot, note(_GONE))
    elif await desk.claims.claim(f"{message.key}/{edited}", desk.clock()) or job.tries:
        await answer_now(desk, message, job, edited)
    else:
        await whisper(desk, spot, note(wording.PRESSED_BEFORE))


async def _now(desk: Desk, spot: Spot, ts: str) -> Mapping[str, Any]:
    """The person's own message as Slack has it; nothing where it is gone or we may not look any more."""
    try:
        told = await desk.outbox.call(
            spot.team, "conversations.replies", spot.channel, channel=spot.channel, ts=spot.thread or ts, oldest=ts,
            inclusive=True, limit=5,
        )  # fmt: skip
    except SlackRefused as refused:
        log.info("a changed question cannot be read: %s", refused)
        return {}
    theirs = (each for each in told.get("messages", ()) if each.get("ts") == ts and each.get("user") == spot.user)
    return next(theirs, {})
