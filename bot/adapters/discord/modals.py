"""The forms: edit what is to run, say why an answer was bad. What a form is about stands in its custom id."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import discord
from discord import ui

from bot.adapters.chat import wording
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable
from bot.adapters.discord.press import Deed
from bot.adapters.discord.rendering.approval import confirm_post
from bot.adapters.discord.rendering.limits import (
    INPUT_LABEL,
    INPUT_TEXT,
    MODAL_FIELDS,
    MODAL_TITLE,
    OPTION_TEXT,
    OPTIONS,
)
from bot.adapters.discord.rendering.notes import note
from bot.adapters.discord.spots import Spot
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import clean, cut, one_line
from bot.domain.action import ActionSpec, Parameter, ParameterType, Value
from bot.domain.approval import Approval
from bot.ports import Edited

log = logging.getLogger(__name__)

Values = Mapping[str, str]
"""What was filled in, by the name of its field."""
Taken = Callable[[Spot, str, Values], Awaitable[None]]
"""Does something with a form that was submitted; the text is what it is about."""


class Form(ui.Modal):
    """A form. What is submitted is taken by ``forms.submitted``, in whichever process."""

    def __init__(self, kind: str, about: str, title: str) -> None:
        super().__init__(title=cut(title, MODAL_TITLE), timeout=None, custom_id=f"dh:{kind}:{about}")

    def text(self, name: str, label: str, value: str = "", *, required: bool = False, long: bool = False) -> None:
        """A field for words."""
        style = discord.TextStyle.paragraph if long else discord.TextStyle.short
        field: ui.TextInput[Any] = ui.TextInput(
            style=style, default=value or None, required=required, max_length=INPUT_TEXT, custom_id=name
        )
        self.add_item(ui.Label(text=cut(label, INPUT_LABEL), component=field))

    def choice(self, name: str, label: str, choices: tuple[str, ...], value: str = "", *, required: bool) -> None:
        """A menu."""
        options = [discord.SelectOption(label=each, value=each, default=each == value) for each in choices]
        least = 1 if required else 0
        menu: ui.Select[Any] = ui.Select(options=options, required=required, min_values=least, custom_id=name)
        self.add_item(ui.Label(text=cut(label, INPUT_LABEL), component=menu))

    def words(self, text: str) -> None:
        """Something to read."""
        self.add_item(ui.TextDisplay(text))


# Why an answer was bad


def opinion_form(turn_id: str) -> Form:
    """Why it was bad."""
    form = Form(Deed.BAD, turn_id, "What went wrong?")
    form.choice("reason", "What was wrong?", wording.REASONS, required=True)
    form.text("note", "What should it have said?", long=True)
    return form


async def opinion_taken(spot: Spot, turn_id: str, values: Values) -> None:
    """Keep it in place of the bare thumb."""
    by = await spot.sender()
    await spot.desk.conversations.feedback(turn_id, False, by, values.get("reason", ""), values.get("note", ""))
    await spot.say(wording.THANKS)


# A question that waits


def edit_form(approval: Approval, specs: Mapping[str, ActionSpec]) -> Form:
    """A field for each parameter, filled in; a form holds five, so that the rest stays as it is."""
    form = Form(Deed.EDIT, approval.id, "Edit before running")
    fields = list(_fields(approval, specs))
    for key, label, value, parameter in fields[: MODAL_FIELDS - (len(fields) > MODAL_FIELDS)]:
        _add(form, key, label, value, parameter)
    if len(fields) > MODAL_FIELDS:
        form.words("There is more than can be edited here. The rest stays as it is.")
    return form


async def edit_taken(spot: Spot, approval_id: str, values: Values) -> None:
    """A person's own values for what waits; what does not fit is told, and the question stays as it was."""
    by = await spot.sender()
    old = await spot.desk.conversations.waiting(approval_id, by)
    if old is None:
        await spot.say(wording.NOT_WAITING)
        return
    given: list[dict[str, str]] = [{} for _ in old.items]
    for key, value in values.items():
        place, _, name = key.partition(":")
        given[int(place)][name] = value
    await _edited(spot, old, await spot.desk.conversations.edit(approval_id, given, by))


async def _edited(spot: Spot, old: Approval, edited: Edited) -> None:
    """The old card becomes a line, and the new question is put under it."""
    new = edited.approval
    if new is None:
        faults = (f"{name.replace('_', ' ')}: {fault}" for (_, name), fault in edited.faults.items())
        await spot.say(edited.problem or " ".join(faults) or wording.NOT_WAITING)
        return
    names = ", ".join(item.name for item in old.items)
    await spot.change(note(f"Replaced by a changed request: {one_line(names)}"))
    by = await spot.sender()
    post = confirm_post(new, (await spot.desk.conversations.overview(by)).specs)
    if spot.hidden:
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
            key = f"{place}:{name}"
            if size(clean(str(value))) <= INPUT_TEXT and size(key) <= OPTION_TEXT:
                yield key, label, value, spec.parameter(name) if spec else None


def _add(form: Form, key: str, label: str, value: Value, parameter: Parameter | None) -> None:
    text = clean(str(value))
    choices = tuple(str(choice) for choice in parameter.choices) if parameter else ()
    if isinstance(value, bool) or (parameter and parameter.type is ParameterType.BOOLEAN):
        choices, text = ("true", "false"), text.lower()
    required = bool(parameter and parameter.required)
    if text in choices and len(choices) <= OPTIONS and all(0 < size(each) <= OPTION_TEXT for each in choices):
        form.choice(key, label, choices, text, required=required)
    else:
        form.text(key, label, text, required=required, long="\n" in text or len(text) > 60)
