"""Slash commands and the entry in the menu of a message. What is personal is for the one who typed it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import discord
from discord import app_commands

from bot.adapters.chat import wording
from bot.adapters.discord import about
from bot.adapters.discord.asking import question_job
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable, translated
from bot.adapters.discord.places import sender_id
from bot.adapters.discord.rendering.details import action_post, link_post
from bot.adapters.discord.rendering.limits import OPTION_TEXT, OPTIONS
from bot.adapters.discord.rendering.notes import actions_post, help_post, history_post, note, status_post
from bot.adapters.discord.rendering.post import Post
from bot.adapters.discord.sheets import InteractionSheet
from bot.adapters.discord.spots import Interaction, Spot
from bot.adapters.markup.neutral import brief, clean, cut, one_line
from bot.domain.action import ActionState
from bot.domain.overview import Overview
from bot.domain.person import Sender

log = logging.getLogger(__name__)

_GUILDS = app_commands.AppInstallationType(guild=True, user=False)
_ANYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
Do = Callable[[Spot], Awaitable[None]]


def register(tree: app_commands.CommandTree[Any], desk: Desk) -> None:
    """Add all commands. Discord is told of them by ``synced``."""
    for name, description, do in _PLAIN:
        tree.add_command(_plain(desk, name, description, do))
    tree.add_command(_asking(desk))
    tree.add_command(_listing(desk))
    tree.add_command(_about(desk))

    @tree.error
    async def failed(interaction: Interaction, error: app_commands.AppCommandError) -> None:
        old = isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch)
        log.log(logging.WARNING if old else logging.ERROR, "a command failed", exc_info=error)
        if interaction.type is not discord.InteractionType.autocomplete:
            await Spot.at(desk, interaction).say(wording.OLD_COMMAND if old else wording.TRY_AGAIN)


async def synced(client: Any) -> None:
    """Tell Discord of the commands where it knows others: each telling counts against a daily limit."""
    tree: app_commands.CommandTree[Any] = client.tree
    try:
        known = await translated("its commands", client.http.get_global_commands(client.application_id))
        ours = [command.to_dict(tree) for command in tree.get_commands()]
        if _outline(known) != _outline(ours):
            await translated("commands", client.http.bulk_upsert_global_commands(client.application_id, ours))
            log.info("told Discord of %d commands", len(ours))
    except (DiscordRefused, DiscordUnreachable) as error:
        log.warning("commands stay as they were: %s", error)


def _outline(commands: Any) -> list[Any]:
    """What of commands can differ between ours and Discord's, whose copies have more fields."""
    return sorted(
        (
            each.get("type", 1), each["name"], each.get("description") or "",
            tuple(sorted(each.get("contexts") or ())), tuple(sorted(each.get("integration_types") or ())),
            tuple(
                (o["type"], o["name"], o["description"], bool(o.get("required")), bool(o.get("autocomplete")),
                 o.get("min_length") or 0, o.get("max_length") or 0)
                for o in each.get("options") or ()
            ),
        )
        for each in commands
    )  # fmt: skip


# The commands


def _plain(desk: Desk, name: str, description: str, do: Do) -> app_commands.Command[Any, ..., None]:
    async def run(interaction: Interaction) -> None:
        _started(Spot.at(desk, interaction), do)

    return _command(name, description, run)


def _asking(desk: Desk) -> app_commands.Command[Any, ..., None]:
    async def ask(interaction: Interaction, question: app_commands.Range[str, 1, 2000], visible: bool = False) -> None:
        spot = Spot.at(desk, interaction)
        private = not (visible and spot.allowed and spot.welcome)
        desk.tasks.spawn(_kept(spot, question, private=private, hid=visible and not spot.allowed), "a question")

    described = app_commands.describe(question="What you want to know", visible="Show the answer to everybody here")
    return _command("ask", "Ask me something; only you see the answer", described(ask))


def _listing(desk: Desk) -> app_commands.Command[Any, ..., None]:
    async def actions(interaction: Interaction, name: str | None = None) -> None:
        _started(Spot.at(desk, interaction), partial(_actions, wanted=name or ""))

    async def choices(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return await _names(desk, interaction, current)

    described = app_commands.describe(name="One of them, for its details")
    command = _command("actions", "What I can look up or do for you", described(actions))
    command.autocomplete("name")(choices)
    return command


def _about(desk: Desk) -> app_commands.ContextMenu:
    async def ask(interaction: Interaction, message: discord.Message) -> None:
        spot = Spot.at(desk, interaction)
        if await spot.fresh():
            await (about.asked_about(spot, message) if spot.welcome else spot.say(wording.NOT_WELCOME))

    return app_commands.ContextMenu(name=about.NAME, callback=ask, allowed_installs=_GUILDS, allowed_contexts=_ANYWHERE)


def _command(name: str, description: str, callback: Any) -> app_commands.Command[Any, ..., None]:
    return app_commands.Command(
        name=name, description=description, callback=callback, allowed_installs=_GUILDS, allowed_contexts=_ANYWHERE
    )


# What they do


def _started(spot: Spot, do: Do) -> None:
    """A stop of the service waits for it."""
    spot.desk.tasks.spawn(_done(spot, do), "a command")


async def _done(spot: Spot, do: Do) -> None:
    """Acknowledge, then do it; whatever goes wrong, the person is told."""
    await spot.acknowledge(thinking=True, private=True)
    try:
        if await spot.fresh():
            await do(spot)
    except Exception:
        log.exception("a command failed")
        await spot.say(wording.TRY_AGAIN)


async def _kept(spot: Spot, question: str, *, private: bool, hid: bool) -> None:
    """Whatever happens to this process, the question is answered. Never raises."""
    acknowledge = partial(spot.acknowledge, thinking=True, private=private)
    try:
        await spot.desk.durable.take(question_job(spot, question, private=private, hid=hid), acknowledge)
    except Exception:
        log.exception("a question cannot be kept")
        await acknowledge()
        await spot.say(wording.TRY_AGAIN)


async def _actions(spot: Spot, wanted: str) -> None:
    overview = await _overview(spot)
    found = next((state for state in overview.actions if _called(state, wanted)), None)
    if wanted and not found:
        await _told(spot, note(f"No action open to you is called {brief(wanted, 100)}."))
    else:
        await _told(spot, action_post(found) if found else actions_post(overview.actions))


async def _names(desk: Desk, interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    """For the field in which somebody types: what fits so far."""
    overview = await desk.conversations.overview(Sender(sender_id(interaction.user.id)))
    found = [state for state in overview.actions if current.casefold() in state.spec.name.casefold()]
    fitting = dict.fromkeys(map(_choice, found))
    return [app_commands.Choice(name=name, value=name) for name in list(fitting)[:OPTIONS]]


async def _history(spot: Spot) -> None:
    runs = (await _overview(spot)).runs
    await _told(spot, history_post(runs) if runs else note("No runs yet."))


async def _schedule(spot: Spot) -> None:
    await _told(spot, note("\n".join(wording.schedule_lines(await _overview(spot)))))


async def _help(spot: Spot) -> None:
    await _told(spot, help_post())


async def _status(spot: Spot) -> None:
    await _told(spot, status_post(wording.status_lines(await _overview(spot))))


async def _stop(spot: Spot) -> None:
    """A command is typed wherever one is, so it stops what runs for this person anywhere."""
    by = await spot.sender()
    names = await spot.desk.conversations.stop(None, by)
    await _told(spot, note(wording.stopped(names) or "Nothing of yours runs now."))


async def _link(spot: Spot) -> None:
    linking = spot.desk.linking
    known, address = await linking.of(spot.user), linking.address(spot.user)
    await _told(spot, link_post(known.email if known else "", address or "", await linking.code(spot.user)))


async def _unlink(spot: Spot) -> None:
    gone = await spot.desk.linking.unlink(spot.user)
    spot.desk.people.forget(spot.user)
    await _told(spot, note("I have forgotten your e-mail." if gone else "You were not linked."))


async def _told(spot: Spot, post: Post) -> None:
    """In the place of Discord's "is thinking"."""
    await InteractionSheet(spot.desk, spot.happening, spot.place, private=True).settle((post,))


async def _overview(spot: Spot) -> Overview:
    return await spot.desk.conversations.overview(await spot.sender())


def _choice(state: ActionState) -> str:
    """Its name as an option of a menu."""
    name = one_line(clean(state.spec.name)) or state.spec.slug
    return cut(name, OPTION_TEXT, str)


def _called(state: ActionState, wanted: str) -> bool:
    names = (state.spec.name, _choice(state), state.spec.slug)
    return bool(wanted) and wanted.casefold() in map(str.casefold, names)


_PLAIN: tuple[tuple[str, str, Do], ...] = (
    ("history", "Your recent runs", _history),
    ("schedule", "Results that are posted regularly", _schedule),
    ("status", "What I can do, what runs and what waits", _status),
    ("stop", "Stop what runs for you", _stop),
    ("link", "Tell me who you are, for actions that need your e-mail", _link),
    ("unlink", "Forget your e-mail", _unlink),
    ("help", "What you can say", _help),
)
NAMES = frozenset({"ask", "actions", about.NAME, *(name for name, _, _ in _PLAIN)})
"""Of all commands, as Discord should know them."""
