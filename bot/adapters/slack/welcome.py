"""A first word to whoever brings us into a channel, on how to ask here. For them alone: no channel is disturbed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.adapters.chat.listening import Listening
from bot.adapters.markup.neutral import brief
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.places import team_of
from bot.adapters.slack.responding import Spot, first, note, whisper

_EXAMPLES, _LONGEST = 3, 100
_ASK = {
    Listening.ALL: "Each new message here is a question to me, and I answer in its thread.",
    Listening.MENTIONS: "Mention me with a question, and I answer in its thread; there you go on without a mention.",
}


async def joined(desk: Desk, body: Mapping[str, Any], us: str) -> None:
    """Somebody came into a channel (``member_joined_channel``): if it was us, whoever invited us is told, once.

    Nothing is said in a channel that we may not answer in. Slack does not always tell who invited.
    """
    event = body.get("event") or {}
    channel, inviter = str(event.get("channel") or ""), str(event.get("inviter") or "")
    if event.get("user") != us or not inviter or not desk.rules.allows(channel):
        return
    if await first(desk, str(body.get("event_id") or "")):
        await whisper(desk, Spot(team_of(body), inviter, channel), note(await _words(desk, channel)))


async def _words(desk: Desk, channel: str) -> str:
    private = "Only who asks sees the answer here, until they share it." if channel in desk.rules.private else ""
    examples = [f"“{brief(one, _LONGEST)}”" for one in (await desk.suggestions())[:_EXAMPLES]]
    tries = f"For instance: {', '.join(examples)}." if examples else ""
    said = (_ASK[desk.rules.mode(channel)], private, "I ask before I change anything.", tries)
    return " ".join(["Thank you for bringing me here.", *filter(None, said)])
