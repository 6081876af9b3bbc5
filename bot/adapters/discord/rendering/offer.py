"""An offer to answer a changed question."""

from __future__ import annotations

import discord

from bot.adapters.discord.press import Deed
from bot.adapters.discord.rendering.elements import Button, Card, Colour, line, post, words_of
from bot.adapters.discord.rendering.post import Post

_ROOM = 500


def offer(said: str, about: str) -> Post:
    """``said``, and a button that is about the message that was changed."""
    button = Button(Deed.AGAIN, about, "Answer the new one", discord.ButtonStyle.primary)
    words = line(said, _ROOM)
    return post(Card(Colour.CALM, (words,), buttons=(button,)), words_of(words))
