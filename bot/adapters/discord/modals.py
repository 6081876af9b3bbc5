"""The forms: edit what is to run, say why an answer was bad, ask about a message."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import discord
from discord import ui

from bot.adapters.chat import wording
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.rendering.approval import confirm_post
from bot.adapters.discord.rendering.limits import INPUT_LABEL, INPUT_TEXT, MODAL_FIELDS, MODAL_TITLE
from bot.adapters.discord.rendering.notes import note
from bot.adapters.discord.spots import Interaction, Spot
from bot.adapters.markup.neutral import clean, cut, one_line
from bot.domain.action import ActionSpec, Parameter, ParameterType, Value
from bot.domain.approval import Approval
from bot.ports import Edited

log = logging.getLogger(__name__)

_CHOICES = 25
"""Options of a menu, at most."""


class Form(ui.Modal):
    """A form that hands what was filled in to ``taken``; whatever goes wrong, the person is told."""

    def __init__(self, desk: Desk, title: str, taken: Callable[[Spot, Form], Awaitable[None]]) -> None:
        super().__init__(title=cut(title, MODAL_TITLE), timeout=None)
        self.values: dict[str, Callable[[], str]] = {}
        """What each field holds, by its name; known once it was submitted."""
        self._desk = desk
        self._taken = taken

    def text(self, name: str, label: str, value: str = "", *, required: bool = False, long: bool = False) -> None:
        """A field for words."""
        style = discord.TextStyle.paragraph if long else discord.TextStyle.short
        field: ui.TextInput[Any] = ui.TextInput(
            style=style, default=value or None, required=required, max_length=INPUT_TEXT
        )
        self.values[name] = lambda: field.value
        self.add_item(ui.Label(text=cut(label, INPUT_LABEL), component=field))

    def choice(self, name: str, label: str, choices: tuple[str, ...], value: str = "", *, required: bool) -> None:
        """A menu."""
        options = [discord.SelectOption(label=each, value=each, default=each == value) for each in choices]
        menu: ui.Select[Any] = ui.Select(options=options, required=required, min_values=1 if required else 0)
        self.values[name] = lambda: menu.values[0] if menu.values else ""
        self.add_item(ui.Label(text=cut(label, INPUT_LABEL), component=menu))

    def words(self, text: str) -> None:
        """Something to read."""
        self.add_item(ui.TextDisplay(text))

    async def on_submit(self, interaction: Interaction, /) -> None:
        spot = Spot(self._desk, interaction)
        await spot.acknowledge(thinking=False)
        try:
            await self._taken(spot, self)
        except Exception:
            log.exception("a form failed")
            await spot.say(wording.TRY_AGAIN)


def opinion_form(desk: Desk, turn_id: str) -> Form:
    """Why an answer was bad."""

    async def taken(spot: Spot, form: Form) -> None:
        by = await desk.people.of(spot.interaction)
        reason, said = (form.values[name]() for name in ("reason", "note"))
        await desk.conversations.feedback(turn_id, False, by, reason, said)
        await spot.say(wording.THANKS)

    form = Form(desk, "What went wrong?", taken)
    form.choice("reason", "What was wrong?", wording.REASONS, required=True)
    form.text("note", "What should it have said?", long=True)
    return form


def edit_form(desk: Desk, approval: Approval, specs: Mapping[str, ActionSpec], card: Spot) -> Form:
    """A field for each parameter, filled in; a form holds five, so that the rest stays as it is."""

    async def taken(spot: Spot, form: Form) -> None:
        given: list[dict[str, str]] = [{} for _ in approval.items]
        for key, value in form.values.items():
            place, _, name = key.partition(":")
            given[int(place)][name] = value()
        by = await desk.people.of(spot.interaction)
        await _edited(spot, card, approval, await desk.conversations.edit(approval.id, given, by))

    form = Form(desk, "Edit before running", taken)
    fields = list(_fields(approval, specs))
    for key, label, value, parameter in fields[: MODAL_FIELDS - (len(fields) > MODAL_FIELDS)]:
        _add(form, key, label, value, parameter)
    if len(fields) > MODAL_FIELDS:
        form.words("There is more than can be edited here. The rest stays as it is.")
    return form


async def _edited(spot: Spot, card: Spot, old: Approval, edited: Edited) -> None:
    """The old card becomes a line, and the new question is put under it."""
    new = edited.approval
    if new is None:
        faults = (f"{name.replace('_', ' ')}: {fault}" for (_, name), fault in edited.faults.items())
        await spot.say(edited.problem or " ".join(faults) or wording.NOT_WAITING)
        return
    names = ", ".join(item.name for item in old.items)
    await card.change(note(f"Replaced by a changed request: {one_line(names)}"))
    by = await spot.desk.people.of(spot.interaction)
    post = confirm_post(new, (await spot.desk.conversations.overview(by)).specs)
    if card.hidden:
        await spot.whisper(post)
        return
    try:
        await spot.desk.outbox.post(spot.place, post, f"discord/card/{new.id}")
    except (DiscordRefused, DiscordUnreachable) as error:
        log.warning("a card goes to its asker alone: %s", error)
        await spot.whisper(post)


def _fields(approval: Approval, specs: Mapping[str, ActionSpec]) -> Iterator[tuple[str, str, Value, Parameter | None]]:
    for place, item in enumerate(approval.items):
        spec = specs.get(item.action)
        for name, value in item.arguments.items():
            label = name.replace("_", " ")
            label = label if len(approval.items) == 1 else f"{one_line(item.name)}: {label}"
            if len(clean(str(value))) <= INPUT_TEXT:
                yield f"{place}:{name}", label, value, spec.parameter(name) if spec else None


def _add(form: Form, key: str, label: str, value: Value, parameter: Parameter | None) -> None:
    text = clean(str(value))
    choices = tuple(str(choice) for choice in parameter.choices) if parameter else ()
    if isinstance(value, bool) or (parameter and parameter.type is ParameterType.BOOLEAN):
        choices, text = ("true", "false"), text.lower()
    required = bool(parameter and parameter.required)
    if text in choices and len(choices) <= _CHOICES and all(0 < len(each) <= 100 for each in choices):
        form.choice(key, label, choices, text, required=required)
    else:
        form.text(key, label, text, required=required, long="\n" in text or len(text) > 60)
