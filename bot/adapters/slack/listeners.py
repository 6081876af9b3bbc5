"""What we listen to. Each listener keeps what is to be done, or leaves it to a task of ours, and acknowledges."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.adapters.slack import buttons, commands, home, modals, shortcuts, welcome
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.ears import Ears
from bot.adapters.slack.edits import edited_at, read_edit
from bot.adapters.slack.incoming import read
from bot.adapters.slack.places import team_of

_ANY = re.compile(".*", re.DOTALL)

Ack = Callable[..., Awaitable[Any]]
BotUser = Callable[[str], Awaitable[str]]
"""Our own user in a workspace."""


def register(app: AsyncApp, ears: Ears, bot_user: BotUser) -> None:
    """Add all listeners. Order matters to bolt: what is added later is asked later.

    What a listener keeps is on disk when it returns, and Slack gets its acknowledgement after that: the app must have
    ``process_before_response``.
    """
    _messages(app, ears, bot_user)
    _places(app, ears.desk, bot_user)
    _interactions(app, ears)


def _messages(app: AsyncApp, ears: Ears, bot_user: BotUser) -> None:
    async def message(body: dict[str, Any]) -> None:
        team = team_of(body)
        us = await bot_user(team)
        if incoming := read(body, team, us):
            await ears.message(incoming)
        elif changed := read_edit(body, team, us):
            await ears.edit(changed, edited_at(body))

    app.event("app_mention")(message)
    app.event("message")(message)


def _places(app: AsyncApp, desk: Desk, bot_user: BotUser) -> None:
    async def opened(body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            desk.tasks.spawn(home.publish(desk, team_of(body), str(event["user"])), "the Home tab")
        elif event.get("channel"):
            desk.tasks.spawn(home.offer(desk, team_of(body), str(event["channel"])), "prompts")

    async def stopped(body: dict[str, Any]) -> None:
        desk.tasks.spawn(commands.session_stopped(desk, body), "a stop")

    async def joined(body: dict[str, Any]) -> None:
        desk.tasks.spawn(welcome.joined(desk, body, await bot_user(team_of(body))), "a first word")

    app.event("app_home_opened")(opened)
    app.event("member_joined_channel")(joined)
    app.event("agent_session_stopped")(stopped)


def _interactions(app: AsyncApp, ears: Ears) -> None:
    desk = ears.desk

    async def pressed(ack: Ack, body: dict[str, Any]) -> None:
        await buttons.pressed(ears, body)
        await ack()

    async def submitted(ack: Ack, body: dict[str, Any]) -> None:
        await ack(**await modals.submitted(desk, body))

    async def asked(ack: Ack, body: dict[str, Any]) -> None:
        await ack(**await shortcuts.asked(ears, body))

    async def ran(ack: Ack, body: dict[str, Any]) -> None:
        await commands.ran(ears, body)
        await ack()

    async def about(ack: Ack, body: dict[str, Any]) -> None:
        await ack()
        desk.tasks.spawn(shortcuts.asked_about(desk, body), "a shortcut")

    app.action(_ANY)(pressed)
    app.view(shortcuts.ASK_VIEW)(asked)
    app.view(_ANY)(submitted)
    app.command(_ANY)(ran)  # Slack sends those of our own app alone, whatever its manifest calls them
    app.shortcut(shortcuts.CALLBACK)(about)
