"""Questions that are changed after they were asked: nothing runs again by itself, the asker is offered it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.adapters.chat import wording
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.incoming import Inbox, Incoming, read
from bot.adapters.slack.outbox import SlackRefused, SlackUnreachable
from bot.adapters.slack.places import team_of
from bot.adapters.slack.rendering.cards.post import Post, simple
from bot.adapters.slack.rendering.elements import actions, button, section

AGAIN = "edited:again"


def read_edit(body: Mapping[str, Any], team: str, bot_user: str) -> Incoming | None:
    """The message as it is now, of an event that says that a person changed its text."""
    event = body.get("event") or {}
    now, before = event.get("message") or {}, event.get("previous_message") or {}
    if event.get("subtype") != "message_changed" or not now.get("edited") or now.get("text") == before.get("text"):
        return None
    changed = {**now, "type": "message", "channel": event.get("channel"), "channel_type": event.get("channel_type")}
    return read({**body, "event": changed}, team, bot_user)


class Edits:
    """Follows changes of questions."""

    def __init__(self, desk: Desk, inbox: Inbox) -> None:
        self._desk = desk
        self._inbox = inbox

    async def noticed(self, message: Incoming) -> None:
        """Before its turn begins the new text counts; afterwards the asker may have it answered anew."""
        if self._inbox.replaced(message) or not await self._desk.claims.claimed(message.key):
            return
        buttons = actions("again", [button("Answer the new one", AGAIN, message.ts)])
        payload = simple(wording.EDITED, section(wording.EDITED), buttons)
        await self._desk.outbox.post(message.place, Post((payload,)), message.user)

    async def again(self, body: Mapping[str, Any], bot_user: str) -> None:
        """Answer a changed question, as it reads now, once for each change."""
        team, channel = team_of(body), str(body["channel"]["id"])
        container = body.get("container") or {}
        ts = str(body["actions"][0].get("value") or "")
        thread = str(container.get("thread_ts") or ts)
        found = await self._now(team, channel, thread, ts)
        if found is None or found.get("user") != body["user"]["id"]:
            return
        event = {**found, "type": "message", "channel": channel}
        message = read({"event": event}, team, bot_user)
        edited = str((found.get("edited") or {}).get("ts") or "")
        if message and await self._desk.claims.claim(f"{message.key}/{edited}", self._desk.clock()):
            await self._inbox.answer(message, edited)

    async def _now(self, team: str, channel: str, thread: str, ts: str) -> Mapping[str, Any] | None:
        """The message as Slack has it."""
        try:
            told = await self._desk.outbox.call(
                team, "conversations.replies", channel, channel=channel, ts=thread, oldest=ts, inclusive=True, limit=5
            )
        except (SlackRefused, SlackUnreachable):
            return None
        return next((message for message in told.get("messages", ()) if message.get("ts") == ts), None)
