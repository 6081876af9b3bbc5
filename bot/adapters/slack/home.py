"""The Home tab of one person: built anew from what is theirs, whenever they look or decide."""

from __future__ import annotations

import logging

from bot.adapters.markup.neutral import brief
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.rendering.cards.home import Home, Planned, home_view
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.overview import Overview
from bot.domain.person import Sender

log = logging.getLogger(__name__)

_PROMPTS = 4
"""As many as Slack shows."""
_TITLE, _MESSAGE = 60, 300


async def publish(desk: Desk, team: str, user: str) -> None:
    """Show the person their Home. Never raises: a workspace may have no Home tab."""
    profile = await desk.people.profile(team, user)
    view = home_view(_home(await desk.conversations.overview(profile.sender), profile.sender))
    try:
        await desk.outbox.call(team, "views.publish", user, user_id=user, view=view)
    except (SlackRefused, SlackUnreachable) as error:
        log.warning("a Home tab stays as it was: %s", error)


async def offer(desk: Desk, team: str, channel: str) -> None:
    """Pin a few questions at the top of the direct messages. Never raises: the right to do so is optional."""
    questions = (await desk.suggestions())[:_PROMPTS]
    prompts = [{"title": brief(question, _TITLE), "message": brief(question, _MESSAGE)} for question in questions]
    if not prompts:
        return
    try:
        await desk.outbox.call(
            team, "assistant.threads.setSuggestedPrompts", channel, channel_id=channel, prompts=prompts
        )
    except (SlackRefused, SlackUnreachable) as error:
        log.info("no prompts: %s", error)


def _home(overview: Overview, whose: Sender) -> Home:
    planned = [Planned(one.name, f"{one.words} {one.zone}", next_at=one.following) for one in overview.schedules]
    email = whose.email if whose.verified else ""
    return Home(overview.actions, overview.runs, overview.approvals[::-1], planned, overview.specs, email)
