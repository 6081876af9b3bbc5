"""Words as the matcher sees them: stems, related words, segments."""

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
    "shipment shipping ship package parcel delivery deliver tracking track arrive courier",
    "refund refunded reimbursement money-back moneyback return",
    "bill billing invoice receipt",
    "charge charged payment pay paid",
    "twice double duplicate duplicated doubled two",
    "outage down downtime incident unavailable broken offline error issue disruption",
    "vacation pto holiday leave dayoff timeoff days-off",
    "remaining left balance available",
    "book reserve submit schedule booking reservation",
    "plan subscription tier entitlement renewal renew upgrade",
    "stock inventory availability available in-stock restock",
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
    "remove delete cancel",
    "create add new open file raise log",
    "employee staff colleague worker",
    "salary pay wage payroll",
    "song music track album playlist",
    "movie film cinema",
    "news headline article",
    "distance route directions navigate drive",
    "stock-price share shares ticker",
    "feature sso permission access",
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
    return [stem(word) for word in _WORD.findall(flat) if word not in _COMMON and len(word) > 1]


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


def segments(text: str) -> list[str]:
    """The parts of a message that may each ask for something; the whole stands first."""
    parts = [part.strip() for part in _SEGMENT.split(text) if part and len(part.strip()) > 3]
    return [text, *parts] if len(parts) > 1 else [text]
