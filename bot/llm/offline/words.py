"""Words as the matcher sees them: stems, related words, segments, the shapes of ids."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEGMENT = re.compile(
    r"[?!;\n]+|\.\s+|,\s+(?:and|also|then|plus)\b|\b(?:and also|as well as|and then|and)\b", re.IGNORECASE
)
_COMPOUNDS = (
    (re.compile(r"\b(?:time|days?)[ -]off\b"), "timeoff"),
    (re.compile(r"\bwi-fi\b"), "wifi"),
    (re.compile(r"\be-mail"), "email"),
    (re.compile(r"\bmoney[ -]back\b"), "moneyback"),
    (re.compile(r"\b(log|sign)(?:ged)?[ -](?:in|on)\b"), "login"),
)
"""Spellings of one word whose parts would mislead: ``time-off`` is not about the time."""
_SAID_VALUE = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|[#$€£¥]?(?<!\w)\d[\d.,:-]*\b|#\w+")
"""E-mail addresses, links and numbers fill parameters; what is asked for they do not tell."""
_ID = re.compile(r"(?<![\w@.-])[A-Za-z]+[-_]?\d+(?![\w@])")

_COMMON_WORDS = """
a about after again all also am an and any are as at be been before being but by can could did do does doing for from
get give given had has have he her here hi him his how i if in into is it its just know let like look make me more my
need no not now of off on one only or our out over please provide retrieve return returns say see she should show so
some such tell than that the their them then there these they this those through to today too up us use used user users
using want wants was we were what when where whether which who whom why will with would yes you your ask asks asking
asked question request requests requested information info details data specific hello hey thanks thank check find
something someone anything thing things
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_FAMILIES = (
    "order purchase",
    "shipment shipping ship package parcel delivery deliver tracking track arrive courier dispatch dispatched",
    "refund refunded reimbursement moneyback return",
    "bill billing invoice receipt",
    "charge charged payment pay paid",
    "twice double duplicate duplicated doubled two 2x",
    "outage down downtime incident unavailable broken offline error issue disruption",
    "vacation pto holiday leave dayoff timeoff days-off",
    "remaining left balance available",
    "book reserve submit schedule booking reservation",
    "plan subscription tier entitlement renewal renew upgrade",
    "stock inventory availability available in-stock restock sold",
    "bug defect crash jira ticket",
    "sla breach breaching overdue at-risk risk",
    "affected impacted impact affect",
    "customer client account",
    "weather forecast temperature rain sunny climate humidity",
    "price cost rate quote worth",
    "hotel accommodation room lodging stay",
    "flight fly plane airline",
    "restaurant dinner eat food meal",
    "mail email message send notify",
    "meeting appointment calendar event",
    "convert conversion exchange currency",
    "translate translation",
    "remove delete cancel unsubscribe stop",
    "create add open file raise log",
    "employee staff colleague worker",
    "salary pay wage payroll",
    "song music track album playlist",
    "movie film cinema",
    "news headline article",
    "distance route directions navigate drive",
    "stock-price share shares ticker",
    "feature sso permission access",
    "password passcode pw login locked blocked",
    "coupon voucher promo discount",
    "disk drive space storage",
    "wifi wireless internet",
    "licence license",
    "restart reboot bounce",
    "exchange swap replace",
    "repair fix mend",
)


def fold(text: str) -> str:
    """Case and accents taken away."""
    flat = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in flat if not unicodedata.combining(character))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


def stems(text: str) -> list[str]:
    """The stems of the words that say something, in order."""
    flat = fold(_CAMEL.sub(" ", text).replace("_", " ").replace("'s ", " "))
    for pattern, word in _COMPOUNDS:
        flat = pattern.sub(word, flat)
    return [stem(word) for word in _WORD.findall(flat) if word not in _COMMON and len(word) > 1]


def asking(text: str) -> str:
    """The text without the values in it, which say nothing about what is asked for."""
    return _SAID_VALUE.sub(" ", _ID.sub(" ", text)).strip()


def shapes(text: str) -> frozenset[str]:
    """How the ids in a text are built: ``HD-1042`` has the shape ``HD-0``."""
    return frozenset(map(_shape, _ID.findall(text)))


def built_like(described: str, text: str) -> list[str]:
    """The ids in a text that are built as those in a description, with the same letters first."""
    same = shapes(described)
    alike = {_letters(shape) for shape in same}
    found = [(_shape(value), value) for value in _ID.findall(text)]
    return [value for shape, value in sorted(found, key=lambda item: item[0] not in same) if _letters(shape) in alike]


def _shape(value: str) -> str:
    return re.sub(r"\d+", "0", value)


def _letters(shape: str) -> str:
    return re.sub(r"[A-Z]+", "A", re.sub(r"[a-z]+", "a", shape))


_RELATED: dict[str, frozenset[int]] = {}
for _number, _family in enumerate(_FAMILIES):
    for _member in _family.split():
        _stem = stem(_member)
        _RELATED[_stem] = _RELATED.get(_stem, frozenset()) | {_number}


def families(words: Iterable[str]) -> frozenset[int]:
    """The families of related words that any of these stems belongs to."""
    return frozenset(number for word in words for number in _RELATED.get(word, ()))


def related(word: str) -> frozenset[int]:
    return _RELATED.get(word, frozenset())


def vocabulary() -> frozenset[str]:
    """The stems that have related words."""
    return frozenset(_RELATED)


def slip(word: str, other: str) -> bool:
    """One letter left out or doubled, or two swapped. Another letter is often another word: stove, store."""
    if abs(len(word) - len(other)) > 1 or (len(word) == len(other) and sorted(word) != sorted(other)):
        return False
    from rapidfuzz.distance import OSA

    return OSA.distance(word, other, score_cutoff=1) == 1


def segments(text: str) -> list[str]:
    """The parts of a message that may each ask for something; the whole stands first."""
    parts = [part.strip() for part in _SEGMENT.split(text) if part and len(part.strip()) > 3]
    return [text, *parts] if len(parts) > 1 else [text]
