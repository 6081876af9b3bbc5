"""“Ask about this”: a question about what somebody wrote, answered to the asker alone."""

from __future__ import annotations

import discord

from bot.adapters.chat import wording
from bot.adapters.discord.modals import Form, Values
from bot.adapters.discord.spots import Spot
from bot.adapters.markup.neutral import clean, cut

NAME = "Ask about this"
KIND = "about"
_QUESTION, _MESSAGE = "question", "message"
_LONGEST = 2_000


async def asked_about(spot: Spot, message: discord.Message) -> None:
    """Ask what the person wants to know. The form holds the message: Discord may never tell it to us again."""
    text = clean(_words(message)).strip()
    if not text:
        await spot.say("This message has no text that I could read.")
        return
    form = Form(KIND, "", NAME)
    form.text(_QUESTION, "What do you want to know?", long=True, required=True)
    quoted = cut(f"{message.author.display_name}: {text}", _LONGEST, clean)
    form.text(_MESSAGE, "The message that it is about", quoted, long=True)
    if not await spot.opened(form):
        await spot.say(wording.LATE_FORM)


def question_in(values: Values) -> str:
    """What a submitted form asks."""
    question = values.get(_QUESTION, "").strip() or "What about this?"
    quoted = "\n".join(f"> {line}" for line in values.get(_MESSAGE, "").split("\n"))
    return f"{question}\n\nThis is about a message:\n{quoted}"


def _words(message: discord.Message) -> str:
    """What people read in it, ours too: those are made of components."""
    if message.content:
        return message.clean_content
    shown = discord.ui.LayoutView.from_message(message, timeout=None).walk_children() if message.components else ()
    texts = [each.content for each in shown if isinstance(each, discord.ui.TextDisplay)]
    embeds = [text for each in message.embeds for text in (each.title, each.description) if text]
    return "\n".join((*texts, *embeds))
