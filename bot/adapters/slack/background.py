"""What people wrote in a thread before they called us in: read once, so that "can you look?" can be understood."""

from __future__ import annotations

import asyncio
import html
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from bot.adapters.chat.pacing import Limited
from bot.adapters.markup.neutral import clean
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.incoming import Incoming, plain_text
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.message import Line

log = logging.getLogger(__name__)

_PAGE = 1_000
"""The most that Slack tells at once: it begins with the oldest, and the newest are wanted."""
_NEWEST = 30
"""Messages that count, beside the one that began the thread."""
_MOST_NAMED = 5
"""People who are looked up; the others have numbers."""
_PATIENCE = 3.0
"""Seconds that an answer may wait for the thread, and for the names."""
_SAID = frozenset({"", "file_share", "thread_broadcast", "bot_message"})
"""Subtypes of what was said. What other machines say counts, too: many a question is posted by a form."""
_MENTION = re.compile(r"<@(\w+)>")


async def background(desk: Desk, message: Incoming) -> tuple[Line, ...]:
    """Who wrote what before a message that is our first in its thread, oldest first; none where it cannot be read.

    In direct messages all was said to us. What an earlier try of this message read is kept with its turn.
    """
    if message.begins or message.kind == "im" or await desk.conversations.knows(message.conversation(desk.rules)):
        return ()
    try:
        async with asyncio.timeout(_PATIENCE):
            said = await _said(desk, message)
    except (Limited, SlackRefused, SlackUnreachable, TimeoutError) as error:
        log.info("what was written in a thread before is not known: %r", error)
        return ()
    names = await _names(desk, message.team, said)
    return tuple(_line(each, names) for each in said)


async def _said(desk: Desk, message: Incoming) -> Sequence[Mapping[str, Any]]:
    """One try, past the queue: there it would wait for as long as Slack asks others to."""
    us = await desk.outbox.us(message.team)
    asked = {"ts": message.thread, "latest": message.ts, "limit": _PAGE}
    told = await desk.outbox.send(message.place, "conversations.replies", asked)
    said = [each for each in told.get("messages", ()) if _counts(each, us) and str(each["ts"]) < message.ts]
    return said[:1] + said[1:][-_NEWEST:]


def _counts(told: Mapping[str, Any], us: str) -> bool:
    hidden = told.get("hidden") or told.get("is_ephemeral")
    spoken = str(told.get("subtype") or "") in _SAID and str(told.get("text") or "").strip()
    return bool(spoken and not hidden and told.get("user") != us)


async def _names(desk: Desk, team: str, said: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """By id, of people who wrote; a number for whom we do not know in time."""
    people = list(dict.fromkeys(str(each["user"]) for each in said if each.get("user") and not _own_name(each)))
    names = {user: f"person {number}" for number, user in enumerate(people, 1)}

    async def named(user: str) -> None:
        names[user] = (await desk.people.profile(team, user)).sender.display_name or names[user]

    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE), asyncio.TaskGroup() as group:
            for user in people[:_MOST_NAMED]:
                group.create_task(named(user))
    return names


def _line(told: Mapping[str, Any], names: Mapping[str, str]) -> Line:
    speaker = _own_name(told) or names.get(str(told.get("user") or ""), "somebody")
    text = _MENTION.sub(lambda found: f"<@{found[1]}|@{_name(found[1], names)}>", str(told["text"]))
    return Line(clean(speaker), clean(plain_text(text, "")), datetime.fromtimestamp(float(told["ts"]), UTC))


def _name(user: str, names: Mapping[str, str]) -> str:
    """In Slack's notation, of whom a text mentions."""
    return html.escape(names.get(user, "somebody"), quote=False)


def _own_name(told: Mapping[str, Any]) -> str:
    """Machines bring their names along."""
    machine = told.get("bot_profile") or {}
    return str(told.get("username") or machine.get("name") or "") if told.get("bot_id") else ""
