"""Makes text from a model, an action or a person harmless: it calls nobody, hides nothing, poses as nothing of ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from bot.adapters.markup.measure import size

JOINER = "\u2060"
"""Put inside what Slack or Discord would act on. Invisible, takes no room, allows no line break."""
ELLIPSIS = "…"

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_JOINERS = re.compile("[\u200c\u200d\ufe0f]+")
_LATIN = "\u02ff"
"""The last letter of the scripts in which Slack's tokens, addresses and this code are written."""
_KEYCAP = "\u20e3"
_SURROGATES = re.compile("[\ud800-\udfff]")
_CALLS = re.compile(r"@(?=channel|here|everyone|group)", re.IGNORECASE)
_TOKENS = re.compile(
    r"<(?=[@#!]|[a-z][a-z0-9+.-]{0,20}:"  # both; the second Discord's times, animated emoji and places, too
    r"|/[^<>\n]{1,100}:\d|:\w{1,40}:\d)",  # Discord's commands and emoji
    re.IGNORECASE,
)
_FENCES = re.compile(r"`(?=``)")


def clean(text: str) -> str:
    """Without controls, direction marks and characters of no width; every line break is ``\\n``."""
    if text.isascii() and not _CONTROLS.search(text):
        return text
    seen = _JOINERS.sub(_needed, _UNSEEN.sub("", _BREAKS.sub("\n", text)))
    return _SURROGATES.sub("\ufffd", seen)


def _needed(found: re.Match[str]) -> str:
    """Joiners stay between letters of scripts that need them and inside emoji; none can stand in a Slack token."""
    joiners, text = found.group(), found.string
    before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1]
    if joiners == "\ufe0f":
        return joiners if before > _LATIN or after == _KEYCAP else ""
    return joiners if len(joiners) <= 2 and before > _LATIN and after > _LATIN else ""


def broken(text: str) -> str:
    """Slack's and Discord's tokens and what calls everybody, with a joiner inside; looks as before. After ``clean``."""
    return _TOKENS.sub("<" + JOINER, _CALLS.sub("@" + JOINER, text))


def plain(text: str) -> str:
    """For ``plain_text`` objects, table cells and other places where Slack parses nothing."""
    return broken(clean(text))


def escaped(text: str) -> str:
    """For ``mrkdwn``: nothing in it is a token, and ``&``, ``<`` and ``>`` are escaped once."""
    calm = _CALLS.sub("@" + JOINER, clean(text))
    return calm.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fenced(text: str) -> str:
    """Code in which no fence can close: no three backticks stand together. To be called after ``clean``, not before."""
    return _FENCES.sub("`" + JOINER, text)


def cut(text: str, limit: int, write: Callable[[str], str] = plain, measure: Callable[[str], int] = size) -> str:
    """``write(text)``, if need be of a beginning with an ellipsis, that measures at most ``limit``."""
    whole = write(text[: 2 * limit + 2])
    if len(text) <= 2 * limit + 2 and measure(whole) <= limit:
        return whole
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        fits = measure(write(text[:middle] + ELLIPSIS)) <= limit
        low, high = (middle, high) if fits else (low, middle - 1)
    return write(text[: whole_character(text, low)].rstrip() + ELLIPSIS)


def brief(text: str, limit: int) -> str:
    """Raw text on one line, cut; of a long one only the beginning is looked at."""
    return cut(one_line(clean(text[: 8 * limit])), limit, str)


def one_line(text: str) -> str:
    """Runs of blanks, line breaks too, made one space."""
    return " ".join(text.split())


def whole_character(text: str, end: int) -> int:
    """The last place at or before ``end`` that does not part a letter from its marks or an emoji in two."""
    for place in range(end, max(0, end - 16), -1):
        if place == len(text) or not (_continues(text[place]) or text[place - 1] == "\u200d"):
            return place
    return end


def _continues(character: str) -> bool:
    return character in "\u200d\ufe0f" or bool(unicodedata.combining(character)) or "🏻" <= character <= "🏿"
