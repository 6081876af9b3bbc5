"""“Ask about this message”: a question about what somebody wrote, answered in that message's thread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bot.adapters.markup.neutral import clean, cut, escaped, one_line
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.ears import Ears
from bot.adapters.slack.handling import handled
from bot.adapters.slack.incoming import plain_text
from bot.adapters.slack.modals import opened
from bot.adapters.slack.past import Mark
from bot.adapters.slack.rendering import limits
from bot.adapters.slack.rendering.elements import Json, context, modal, question
from bot.adapters.slack.responding import (
    Spot,
    answered,
    first,
    kept_spot,
    message_of,
    note,
    own_conversation,
    spot_of,
    spot_opened,
    spot_sealed,
    tell,
    whisper,
)
from bot.adapters.slack.turns import unwatched
from bot.domain.work import Job

CALLBACK = "ask_about_message"
ASK_VIEW = "shortcut:asked"
_QUESTION = "question"
_ROOM = 1_800
"""Of the 3,000 characters that a modal remembers, for the message as JSON."""
_EMPTY = "This message has no text that I could read."


async def asked_about(desk: Desk, body: Mapping[str, Any]) -> None:
    """Ask what the person wants to know (``message_action``). It must be acknowledged already."""
    spot, trigger, message = spot_of(body), str(body.get("trigger_id") or ""), body.get("message") or {}
    if not await first(desk, trigger):
        return
    text = clean(plain_text(str(message.get("text") or ""), ""))
    if not text.strip():
        await whisper(desk, spot, note(_EMPTY))
        return
    kept = cut(text, _ROOM, str, lambda part: len(json.dumps(json.dumps(part))))
    about = json.dumps({"author": _author(message), "text": kept})
    await opened(desk, spot, trigger, _form(about, kept))


def _author(message: Mapping[str, Any]) -> dict[str, str]:
    """A person by id; a machine by the name that it gives itself, where it gives one."""
    profile = message.get("bot_profile") or {}
    name = str(message.get("username") or profile.get("name") or "")
    return {"user": str(message.get("user") or ""), "name": name[:80]}


def _form(about: str, text: str) -> Json:
    field = {"type": "plain_text_input", "multiline": True, "max_length": limits.INPUT_TEXT}
    quoted = context(cut(one_line(text), 300, escaped))
    return modal(
        ASK_VIEW, "Ask about this message", "Ask", about, (quoted, question(_QUESTION, "Your question", field))
    )


async def asked(ears: Ears, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep the submitted question (``view_submission`` of ``ASK_VIEW``); what to acknowledge it with.

    Raises StorageError.
    """
    view = body["view"]
    said = str(view["state"]["values"][_QUESTION]["value"].get("value") or "").strip()
    if not said:
        return {"response_action": "errors", "errors": {_QUESTION: "Please write a question."}}
    about, spot = kept_spot(str(view["private_metadata"]))
    name = str(view["id"])
    kept = {"spot": spot_sealed(ears.desk, spot), "said": said, "about": json.loads(about), "name": name}
    await ears.asked(name, f"slack/view/{name}", kept)
    return {}


async def done(desk: Desk, job: Job) -> None:
    """Answer a question about a message."""
    payload: Mapping[str, Any] = job.payload
    said, about = str(payload["said"]), payload["about"]
    at = await _where(desk, spot_opened(desk, payload["spot"]))
    profile = await desk.people.profile(at.team, at.user)
    private = at.hidden or at.channel in desk.rules.private
    conversation = own_conversation(at) if private else at.place.conversation
    text = f"{said}\n\nThis is about a message by {await _name(desk, at, about['author'])}:\n{_quoted(about['text'])}"
    message = message_of(job.at, profile, conversation, f"{at.team}/view/{payload['name']}", text)
    work = partial(handled, desk, profile, message)
    if private:
        spot = replace(at, hidden=True)
        heading = f"You asked: {one_line(said)[:300]}"
        await tell(desk, spot, profile.sender, await work(unwatched), heading, at.place.thread)
    else:
        await answered(desk, at, profile.sender, work, Mark(job.key, job.tries > 0, at.message))


async def given_up(desk: Desk, job: Job) -> None:
    """The asker has waited for nothing."""
    payload: Mapping[str, Any] = job.payload
    said = "Something went wrong on my side, so I could not answer. Please try again."
    await whisper(desk, spot_opened(desk, payload["spot"]), note(said))


async def _where(desk: Desk, spot: Spot) -> Spot:
    """By the message. Where we may not speak, and among people's own direct messages, the asker alone hears."""
    if not spot.channel.startswith("D"):
        return spot if desk.rules.allows(spot.channel) else replace(spot, hidden=True)
    direct = await desk.outbox.direct(spot.team, spot.user)
    return spot if direct.channel == spot.channel else replace(spot, hidden=True)


async def _name(desk: Desk, at: Spot, author: Mapping[str, str]) -> str:
    known = author["user"] and not author["name"]
    name = (await desk.people.profile(at.team, author["user"])).sender.display_name if known else author["name"]
    return name or "somebody"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))
