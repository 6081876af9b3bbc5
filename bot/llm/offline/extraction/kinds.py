"""What kind of value a parameter wants, judged by its type and the words of its name and description."""

from __future__ import annotations

import re
from enum import StrEnum

from bot.domain.action import Parameter, ParameterType


class Kind(StrEnum):
    CHOICE = "choice"
    BOOLEAN = "boolean"
    EMAIL = "email"
    URL = "url"
    DATE = "date"
    TIME = "time"
    HOURS = "hours"
    MONEY = "money"
    NUMBER = "number"
    CODE = "code"
    ID = "id"
    TEAM = "team"
    VARIANT = "variant"
    PLACE = "place"
    PERSON = "person"
    PRODUCT = "product"
    TEXT = "text"
    NAME = "name"


_NUMBERS = (
    (Kind.HOURS, r"\bhours?\b"),
    (Kind.MONEY, r"\b(amount|price|cost|budget|salary|charge|total|usd|eur|dollars?)\b"),
)
_TEXTS = (
    (Kind.EMAIL, r"\be-?mails?\b(?! (?:body|text|subject|content))"),
    (Kind.URL, r"\b(url|link|website|web address)\b"),
    (Kind.DATE, r"\b(dates?|day off|birthday|deadline|check-?in|check-?out|yyyy-mm-dd)\b"),
    (Kind.TIME, r"\b(time of day|start time|end time|at what time|hh:mm)\b"),
    (Kind.CODE, r"\b(error|status|http) (code|message)\b|\berror code\b"),
    (Kind.TEAM, r"\b(team|queue|department|squad)\b"),
    (Kind.VARIANT, r"\b(size|colou?r|variant)\b"),
    (Kind.PRODUCT, r"\b(product|item|sku|article)\b(?! id)"),
    (Kind.PLACE, r"\b(city|town|country|region|location|place|destination|origin|airport|state|address)\b"),
    (Kind.ID, r"\b(id|ids|identifier|number|no|code|key|token|reference|ticket|invoice|tracking|order|account|username|login|symbol|ticker)\b"),
    (Kind.PERSON, r"\b(person|employee|manager|colleague|user|customer|recipient|assignee|full|first|last|contact) ?(name)?\b|\bwho\b"),
    (Kind.TEXT, r"\b(summary|description|message|text|body|content|steps|note|comment|reason|question|query|title|subject|details|brief|what happened|search)\b"),
)  # fmt: skip
_NAME_FIRST = ("email", "date", "city", "region", "feature", "team", "summary", "message", "product", "url")
_LISTED = re.compile(r"\(([^()]*?)\)|(?:one of|either|options?:?|values?:?)\s*:?\s*([^.;()]+)", re.IGNORECASE)


def kind_of(parameter: Parameter) -> Kind:
    """The kind, from what is certain to what is a guess."""
    if choices_of(parameter):
        return Kind.CHOICE
    if parameter.type is ParameterType.BOOLEAN:
        return Kind.BOOLEAN
    name = parameter.name.replace("_", " ").casefold()
    words = f"{name} {parameter.description.casefold()}"
    if parameter.type is ParameterType.NUMBER:
        return next((kind for kind, pattern in _NUMBERS if re.search(pattern, words)), Kind.NUMBER)
    for text in (name, words):
        for kind, pattern in _TEXTS:
            if re.search(pattern, text):
                return kind
    return Kind.NAME


def choices_of(parameter: Parameter) -> tuple[str, ...]:
    """Declared choices, or those a description lists as ``(low/medium/high)`` or ``one of a, b, c``; no ``e.g.`` list."""
    if parameter.choices:
        return tuple(map(str, parameter.choices))
    if parameter.type is not ParameterType.STRING:
        return ()
    for inside, after in _LISTED.findall(parameter.description):
        text = (inside or after).strip()
        if re.search(r"e\.?g|such as|like|etc|…|for example", text, re.IGNORECASE):
            continue
        parts = [part.strip(" '\"`") for part in re.split(r"/|,|\bor\b|\|", text) if part.strip(" '\"`")]
        if len(parts) >= 2 and all(len(part.split()) <= 2 for part in parts):
            return tuple(parts)
    return ()
