"""The name of a thread: its question, in few bare words."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.adapters.discord.rendering.limits import THREAD_NAME
from bot.adapters.discord.rendering.notation import dead
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import ELLIPSIS, clean, cut, one_line
from bot.adapters.markup.parsing import parse
from bot.adapters.markup.writing import PLAIN, write

FALLBACK = "Question"
_READ = 1_000
_TOKENS = re.compile(r"<(?:[@#&!]{1,2}\d+|a?:\w+:\d+|/[^<>\n]{1,100}:\d+|t:-?\d+(?::\w)?|id:\w+)>")
_MARKS = re.compile(r"[*`~|\\]+|<(?=[:/])|^[\s#>\-+_]+|(?<!\w)_+|_+(?!\w)")
_WORDS = replace(PLAIN, span=lambda span: span.text, bullet="", quote="", rule="")


def thread_name(question: str) -> str:
    """One line of at most 100 characters, cut at a word; nobody is called in it and nothing is hidden."""
    said = _TOKENS.sub(" ", clean(question[:_READ]))
    words = dead(one_line(_MARKS.sub(" ", one_line(write(parse(said), _WORDS)))))
    return _at_word(words) if any(map(str.isprintable, words.strip())) else FALLBACK


def _at_word(text: str) -> str:
    if size(text) <= THREAD_NAME:
        return text
    short = cut(text, THREAD_NAME, str).removesuffix(ELLIPSIS)
    word_ends = text[len(short) : len(short) + 1].isspace()
    whole = short if word_ends else short.rpartition(" ")[0]
    return (whole if len(whole) > THREAD_NAME // 2 else short).rstrip() + ELLIPSIS
