"""The parts of our messages. Each text must be harmless already."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import partial
from typing import Any

import discord
from discord import ui

from bot.adapters.discord.press import Deed, Press
from bot.adapters.discord.rendering.limits import BUTTONS, OUR_WORDS, PICTURE_WORDS
from bot.adapters.discord.rendering.notation import spoken
from bot.adapters.discord.rendering.post import Post
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import ELLIPSIS, cut, one_line
from bot.domain.run import Document

_PERSON = re.compile(r"(?:discord:)?([0-9]{1,20})")
_ID = 100


class Colour(IntEnum):
    """Of the bar beside a message: how it stands."""

    FINE = 0x2E9E5B
    PARTLY = 0xE08A00
    FAILED = 0xC93C37
    ASKING = 0xF2C744
    CALM = 0x6B7280


@dataclass(frozen=True, slots=True)
class Button:
    """``about`` is an id of ours: it is never cut, for a part of it would mean something else."""

    deed: Deed
    about: str
    label: str = ""
    style: discord.ButtonStyle = discord.ButtonStyle.secondary
    emoji: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A message: texts, files, small print, and buttons under it."""

    colour: Colour
    texts: Sequence[str] = ()
    small: Sequence[str] = ()
    """Lines."""
    documents: Sequence[Document] = ()
    """With names that are safe and differ."""
    buttons: Sequence[Button] = ()


def post(card: Card, words: str) -> Post:
    """The card as a message; ``words`` say the same."""
    return Post(partial(_view, card), words if words.strip() else ELLIPSIS, tuple(card.documents))


def small(text: str) -> str:
    """One line of small print."""
    return f"-# {one_line(text)}"


def words_of(*texts: str, most: int = OUR_WORDS) -> str:
    """As many of harmless texts as have room in a message of words, the first first."""
    said = ""
    for text in filter(None, texts):
        longer = f"{said}\n{text}" if said else text
        said = longer if size(longer) <= most else said
    return said


def line(text: str, most: int) -> str:
    """Raw text made harmless, on one line, at most ``most`` long."""
    return cut(one_line(text), most, spoken)


def person(user_id: str) -> str:
    """A real mention: only ever of the asker or of who decided, by Discord's id or the engine's; other ids as text."""
    found = _PERSON.fullmatch(user_id)
    return f"<@{found[1]}>" if found else line(user_id, _ID)


def moment(at: datetime, form: str = "t") -> str:
    """A time that each reader sees in their own zone: ``t`` the hour, ``f`` the day too, ``R`` how long from now."""
    return f"<t:{int(at.timestamp())}:{form}>"


def _view(card: Card) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*_items(card), accent_colour=card.colour.value))
    if card.buttons:
        view.add_item(ui.ActionRow(*map(_press, card.buttons[:BUTTONS])))
    return view


def _items(card: Card) -> list[ui.Item[Any]]:
    items: list[ui.Item[Any]] = [ui.TextDisplay(text) for text in card.texts if text.strip()]
    pictures = [_picture(document) for document in card.documents if document.is_picture]
    items += [ui.MediaGallery(*pictures)] if pictures else []
    items += [ui.File(_address(document)) for document in card.documents if not document.is_picture]
    if card.small:
        items += [ui.Separator()] if items else []
        items.append(ui.TextDisplay("\n".join(card.small)))
    return items or [ui.TextDisplay(ELLIPSIS)]


def _picture(document: Document) -> discord.MediaGalleryItem:
    return discord.MediaGalleryItem(_address(document), description=document.name[:PICTURE_WORDS])


def _address(document: Document) -> str:
    return f"attachment://{document.name}"


def _press(button: Button) -> Press:
    return Press(button.deed, button.about, button.label, button.style, button.emoji)
