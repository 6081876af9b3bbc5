"""The final reply: answer, files, question, what was used, notices, buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.adapters.chat.sources import linked
from bot.adapters.discord.press import Deed
from bot.adapters.discord.rendering.answer import Part, answer, in_words
from bot.adapters.discord.rendering.elements import Button, Card, Colour, line, moment, post, small, words_of
from bot.adapters.discord.rendering.files import attached
from bot.adapters.discord.rendering.limits import OUR_WORDS
from bot.adapters.discord.rendering.notation import DISCORD, spoken
from bot.adapters.discord.rendering.post import Post
from bot.adapters.footer import used_line
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import brief, clean, cut
from bot.adapters.markup.writing import write
from bot.domain.message import Reply, Used
from bot.domain.run import Document, Outcome

IN_FILE = "The whole answer is in the file below."
_MOST_USED, _MOST_NOTICES = 20, 20
_QUESTION, _USED, _SOURCES, _NOTICES, _NOTICE, _LEFT, _REFERENCE = 500, 900, 600, 600, 400, 400, 120
_UNDER_WORDS = 900
_SEAMS = 20
"""Line breaks between the parts of a message."""


def reply_posts(reply: Reply, documents: Sequence[Document] = (), *, private: bool = False) -> tuple[Post, ...]:
    """The messages of a reply but for its approval, which is a message of its own so that it can become an audit line.

    Only the last has files, small print and buttons. ``private`` adds Share. Every button is about the turn.
    """
    files = attached(documents)
    lines = _small(reply, files.left)
    shown = answer(reply.text, _length(reply, lines))
    if shown.document:
        files = attached((shown.document, *documents))
        reply = replace(reply, notices=(IN_FILE, *reply.notices))
        lines = _small(reply, files.left)
        shown = answer(reply.text, _length(reply, lines))
    *first, last = shown.parts
    colour = _colour(reply)
    under = words_of(_question(reply), *lines, most=_UNDER_WORDS)
    card = Card(colour, (_text(last), _question(reply)), lines, files.documents, _buttons(reply, private))
    return (
        *(post(Card(colour, (_text(part),)), in_words(part)) for part in first),
        post(card, words_of(in_words(last, OUR_WORDS - size(under) - 1), under)),
    )


def _text(part: Part) -> str:
    return write(part, DISCORD)


def _length(reply: Reply, small_print: Sequence[str]) -> int:
    return size(_question(reply)) + size("\n".join(small_print)) + _SEAMS


def _colour(reply: Reply) -> Colour:
    outcomes = [used.outcome is Outcome.SUCCESS for used in reply.used]
    if reply.reference or (outcomes and not any(outcomes)):
        return Colour.FAILED
    return Colour.FINE if all(outcomes) else Colour.PARTLY


def _question(reply: Reply) -> str:
    return cut(clean(reply.question).strip(), _QUESTION, spoken)


def _small(reply: Reply, left: str) -> list[str]:
    """The small print, each line harmless."""
    notices = [brief(notice, _NOTICE) for notice in reply.notices[:_MOST_NOTICES]]
    reference = f"Reference: {brief(reply.reference, _REFERENCE)}" if reply.reference else ""
    pages = linked(reply.sources, DISCORD, _SOURCES)
    lines = (_used(reply), pages, line(" ".join(notices), _NOTICES), line(left, _LEFT), line(reference, _REFERENCE))
    return [small(each) for each in lines if each]


def _used(reply: Reply) -> str:
    """Its time is when the last action began, as each reader's clock shows it."""
    said = line(used_line(replace(reply, used=tuple(map(_short, reply.used[:_MOST_USED])))), _USED)
    started = [used.started_at for used in reply.used if used.started_at]
    return f"{said} · as of {moment(max(started))}" if said and started else said


def _short(used: Used) -> Used:
    return replace(used, name=brief(used.name, 60), detail=brief(used.detail, 120), label=brief(used.label, 60))


def _buttons(reply: Reply, private: bool) -> list[Button]:
    buttons = [Button(Deed.RETRY, reply.turn_id, "Try again")] if reply.reference else []
    if reply.turn_id and reply.text and not reply.reference:
        buttons += [Button(Deed.GOOD, reply.turn_id, emoji="👍"), Button(Deed.BAD, reply.turn_id, emoji="👎")]
    return [*buttons, Button(Deed.SHARE, reply.turn_id, "Share")] if private and reply.turn_id else buttons
