"""Fills an action's parameters from a conversation: the newest message first, no words used twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bot.domain.action import ActionSpec, Parameter, Value
from bot.llm.offline.extraction.finders import candidates, of_type
from bot.llm.offline.extraction.kinds import Kind, kind_of

_FIRST_PERSON = re.compile(r"\b(i|i'm|i've|my|me|mine|we|our)\b", re.IGNORECASE)
_LOOK_BACK = frozenset({Kind.EMAIL, Kind.ID, Kind.DATE, Kind.PRODUCT, Kind.PLACE, Kind.PERSON, Kind.URL})
"""Kinds that people do not say again once they have said them."""
_LOOSE = frozenset({Kind.TEXT, Kind.NAME})
"""Kinds that take almost anything: they choose last."""


def extract(
    spec: ActionSpec, said: Sequence[str], now: datetime, own_email: str = "", only: Sequence[str] = ()
) -> dict[str, Value]:
    """Values by parameter name. ``said`` holds what people wrote, newest first; ``only`` limits the parameters."""
    found: dict[str, Value] = {}
    wanted = [parameter for parameter in spec.parameters if not only or parameter.name in only]
    for parameter in sorted(wanted, key=lambda item: kind_of(item) in _LOOSE):
        value = _value(parameter, said, now, own_email, found)
        if value is not None:
            found[parameter.name] = value
    return found


def _value(
    parameter: Parameter, said: Sequence[str], now: datetime, own_email: str, taken: dict[str, Value]
) -> Value | None:
    kind = kind_of(parameter)
    used = {str(value).casefold() for value in taken.values()}
    reach = said if kind in _LOOK_BACK and parameter.required else said[:1]
    for text in reach:
        for candidate in candidates(parameter, text, now):
            value = of_type(parameter, candidate)
            if str(value).strip() and not _taken(str(value).casefold(), used, loose=kind in _LOOSE):
                return value
    return own_email if kind is Kind.EMAIL and own_email and said and _FIRST_PERSON.search(said[0]) else None


def _taken(value: str, used: set[str], *, loose: bool) -> bool:
    """Used as it stands, or for kinds that take almost anything as a part of a longer value or with more around it."""
    return value in used or (loose and any(value in other or _inside(other, value) for other in used))


def _inside(used: str, value: str) -> bool:
    return len(used.split()) > 2 and used in value


def short_answer(parameter: Parameter, text: str, now: datetime) -> Value | None:
    """The value of a message that answers a question for it, such as ``it's 12345``."""
    value = next(candidates(parameter, text, now), None)
    if value is not None:
        return of_type(parameter, value)
    bare = re.sub(r"(?i)^(?:it'?s|it is|the|that'?s|number|no\.?|for|is|called|named)\s+", "", text.strip()).strip(
        " .!\"'"
    )
    loose = kind_of(parameter) not in (
        Kind.EMAIL,
        Kind.DATE,
        Kind.NUMBER,
        Kind.MONEY,
        Kind.HOURS,
        Kind.BOOLEAN,
        Kind.CHOICE,
    )
    return bare if loose and bare and len(bare) <= 200 and "?" not in text else None
