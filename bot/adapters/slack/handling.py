"""A person's question on its way through the engine, with a word on what Slack does not vouch for."""

from __future__ import annotations

from dataclasses import replace

from bot.adapters.slack.desk import Desk
from bot.adapters.slack.people import Profile
from bot.domain.action import wants_email
from bot.domain.message import Message, Reply
from bot.ports import Watch

UNKNOWN_HERE = (
    "Some of this needs your e-mail address. Slack vouches for none of guests and people of other organisations, so a"
    " full member of this workspace must ask for it."
)


async def handled(desk: Desk, profile: Profile, message: Message, watch: Watch) -> Reply:
    """The reply; a stranger's says so where an action was used that needs to know the person."""
    reply = await desk.conversations.handle(message, watch)
    if not profile.stranger or not reply.used:
        return reply
    specs = await desk.conversations.actions()
    lacking = any(wants_email(specs[each.action]) for each in reply.used if each.action in specs)
    return replace(reply, notices=(*reply.notices, UNKNOWN_HERE)) if lacking else reply
