"""Slash commands and the entry in the menu of a message. What is personal is for the one who typed it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import discord
from discord import app_commands

from bot.adapters.chat import wording
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.modals import Form
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable, translated
from bot.adapters.discord.places import Place, sender_id
from bot.adapters.discord.rendering.details import action_post, link_post
from bot.adapters.discord.rendering.notes import actions_post, help_post, history_post, note, status_post
from bot.adapters.discord.rendering.post import Post
from bot.adapters.discord.sheets import InteractionSheet
from bot.adapters.discord.spots import Interaction, Spot
from bot.adapters.discord.turns import answer
from bot.adapters.markup.neutral import brief, one_line
from bot.domain.action import ActionState
from bot.domain.message import ConversationId, Message
from bot.domain.overview import Overview
from bot.domain.person import Sender
from bot.domain.run import RunState

log = logging.getLogger(__name__)

ABOUT = "Ask about this"
_LONGEST = 2_000
_CHOICES = 25
_CHOICE = 100
_GUILDS = app_commands.AppInstallationType(guild=True, user=False)
_ANYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
Do = Callable[[Spot], Awaitable[None]]
AskAbout = Callable[[Spot, discord.Message], Awaitable[None]]


def register(tree: app_commands.CommandTree[Any], desk: Desk, ask_about: AskAbout) -> None:
    """Add all commands. Discord is told of them by ``synced``."""
    for name, description, do in _PLAIN:
        tree.add_command(_plain(desk, name, description, do))
    tree.add_command(_asking(desk))
    tree.add_command(_listing(desk))
    tree.add_command(_about(desk, ask_about))

    @tree.error
    async def failed(interaction: Interaction, error: app_commands.AppCommandError) -> None:
        log.error("a command failed", exc_info=error)
        unknown = isinstance(error, app_commands.CommandNotFound)
        await Spot(desk, interaction).say(wording.OLD_BUTTON if unknown else wording.TRY_AGAIN)


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
            each.get("type", 1), each["name"], each.get("description") or "", tuple(each.get("contexts") or ()),
            tuple(
                (o["type"], o["name"], o["description"], bool(o.get("required")), bool(o.get("autocomplete")))
                for o in each.get("options") or ()
            ),
        )
        for each in commands
    )  # fmt: skip


# The commands


def _plain(desk: Desk, name: str, description: str, do: Do) -> app_commands.Command[Any, ..., None]:
    async def run(interaction: Interaction) -> None:
        await _privately(Spot(desk, interaction), do)

    return _command(name, description, run)


def _asking(desk: Desk) -> app_commands.Command[Any, ..., None]:
    async def ask(interaction: Interaction, question: app_commands.Range[str, 1, 2000], visible: bool = False) -> None:
        spot = Spot(desk, interaction)
        allowed = desk.rules.allows(*spot.places) if spot.place.guild else True
        await spot.acknowledge(thinking=True, private=not (visible and allowed))
        if await spot.fresh():
            await _ask(spot, question, private=not (visible and allowed))

    described = app_commands.describe(question="What you want to know", visible="Show the answer to everybody here")
    return _command("ask", "Ask me something; only you see the answer", described(ask))


def _listing(desk: Desk) -> app_commands.Command[Any, ..., None]:
    async def actions(interaction: Interaction, name: str | None = None) -> None:
        await _privately(Spot(desk, interaction), partial(_actions, wanted=name or ""))

    async def choices(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return await _names(desk, interaction, current)

    described = app_commands.describe(name="One of them, for its details")
    command = _command("actions", "What I can look up or do for you", described(actions))
    command.autocomplete("name")(choices)
    return command


def _about(desk: Desk, ask_about: AskAbout) -> app_commands.ContextMenu:
    async def about(interaction: Interaction, message: discord.Message) -> None:
        await ask_about(Spot(desk, interaction), message)

    return app_commands.ContextMenu(name=ABOUT, callback=about, allowed_installs=_GUILDS, allowed_contexts=_ANYWHERE)


def _command(name: str, description: str, callback: Any) -> app_commands.Command[Any, ..., None]:
    return app_commands.Command(
        name=name, description=description, callback=callback, allowed_installs=_GUILDS, allowed_contexts=_ANYWHERE
    )


# What they do


async def _privately(spot: Spot, do: Do) -> None:
    """Acknowledge, then do it; whatever goes wrong, the person is told."""
    await spot.acknowledge(thinking=True, private=True)
    try:
        if await spot.fresh():
            await do(spot)
    except Exception:
        log.exception("a command failed")
        await spot.say(wording.TRY_AGAIN)


async def _ask(spot: Spot, question: str, *, private: bool) -> None:
    desk = spot.desk
    by = await desk.people.of(spot.interaction)
    place = own_place(spot) if private else spot.place
    message = Message(f"i/{spot.interaction.id}", _conversation(spot, place, private), by, question, desk.clock())
    sheet = InteractionSheet(desk, spot.interaction, place, private=private)
    await answer(desk, sheet, by, partial(desk.conversations.handle, message))


async def asked_about(spot: Spot, message: discord.Message) -> None:
    """Ask what somebody wants to know about a message, and answer them alone."""

    async def taken(submitted: Spot, form: Form) -> None:
        question = form.values["question"]().strip() or "What about this?"
        quoted = one_line(message.clean_content)[:_LONGEST] or "(no text)"
        text = f"{question}\n\nAbout this message of {message.author.display_name}:\n{quoted}"
        by = await spot.desk.people.of(submitted.interaction)
        place = own_place(submitted)
        asked = Message(
            f"i/{submitted.interaction.id}", _conversation(submitted, place, True), by, text, spot.desk.clock()
        )
        sheet = InteractionSheet(spot.desk, submitted.interaction, place, private=True, after=True)
        await answer(spot.desk, sheet, by, partial(spot.desk.conversations.handle, asked))

    form = Form(spot.desk, ABOUT, taken)
    form.text("question", "What do you want to know?", long=True, required=True)
    if not await spot.opened(form):
        await spot.say(wording.LATE_FORM)


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
    names = [state.spec.name for state in overview.actions if current.casefold() in state.spec.name.casefold()]
    return [app_commands.Choice(name=name[:_CHOICE], value=name[:_CHOICE]) for name in names[:_CHOICES]]


async def _history(spot: Spot) -> None:
    runs = (await _overview(spot)).runs
    await _told(spot, history_post(runs) if runs else note("No runs yet."))


async def _schedule(spot: Spot) -> None:
    await _told(spot, note(wording.NO_SCHEDULES))


async def _help(spot: Spot) -> None:
    await _told(spot, help_post())


async def _status(spot: Spot) -> None:
    await _told(spot, status_post(wording.status_lines(await _overview(spot))))


async def _stop(spot: Spot) -> None:
    """A command is typed wherever one is, so it stops what runs for this person anywhere."""
    by = await spot.desk.people.of(spot.interaction)
    runs = (await spot.desk.conversations.overview(by)).runs
    busy = {run.conversation for run in runs if run.state is RunState.STARTED}
    busy |= {str(_conversation(spot, own_place(spot), True)), str(spot.place.conversation)}
    names = [
        name for each in sorted(busy) for name in await spot.desk.conversations.stop(ConversationId.parse(each), by)
    ]
    await _told(spot, note(wording.stopped(names) or "Nothing of yours runs now."))


async def _link(spot: Spot) -> None:
    linking = spot.desk.linking
    known, address = await linking.of(spot.user), linking.address(spot.user)
    await _told(spot, link_post(known.email if known else "", address or "", await linking.code(spot.user)))


async def _unlink(spot: Spot) -> None:
    gone = await spot.desk.linking.unlink(spot.user)
    await _told(spot, note("I have forgotten your e-mail." if gone else "You were not linked."))


async def _told(spot: Spot, post: Post) -> None:
    """In the place of Discord's "is thinking"."""
    await InteractionSheet(spot.desk, spot.interaction, spot.place, private=True).settle((post,))


async def _overview(spot: Spot) -> Overview:
    return await spot.desk.conversations.overview(await spot.desk.people.of(spot.interaction))


def own_place(spot: Spot) -> Place:
    """Of what one person asks where nobody else reads along."""
    return Place("", spot.user)


def _conversation(spot: Spot, place: Place, private: bool) -> ConversationId:
    """What one person asks alone has a memory of its own; what all see joins that of the thread, if it is in one."""
    if private or place.thread or place.is_direct:
        return place.conversation
    return Place(place.guild, place.channel, str(spot.interaction.id)).conversation


def _called(state: ActionState, wanted: str) -> bool:
    return bool(wanted) and wanted.casefold() in (state.spec.name.casefold()[:_CHOICE], state.spec.slug)


_PLAIN: tuple[tuple[str, str, Do], ...] = (
    ("history", "Your recent runs", _history),
    ("schedule", "Results that are posted regularly", _schedule),
    ("status", "What I can do, what runs and what waits", _status),
    ("stop", "Stop what runs for you", _stop),
    ("link", "Tell me who you are, for actions that need your e-mail", _link),
    ("unlink", "Forget your e-mail", _unlink),
    ("help", "What you can say", _help),
)
NAMES = frozenset({"ask", "actions", ABOUT, *(name for name, _, _ in _PLAIN)})
"""Of all commands, as Discord should know them."""
