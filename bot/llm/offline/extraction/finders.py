"""One finder for each kind of value: all candidates in a text, likeliest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from bot.domain.action import Parameter, ParameterType, Value
from bot.llm.offline.dates import DATE_PHRASE, find_dates
from bot.llm.offline.extraction.kinds import Kind, choices_of, kind_of
from bot.llm.offline.words import built_like, fold, stem

Finder = Callable[[Parameter, str, datetime], Iterator[Value]]

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://[^\s<>\"')]+|\bwww\.[^\s<>\"')]+")
_QUOTED = re.compile(r"[\"“„«]([^\"”“»]{1,300})[\"”“»]|(?<!\w)'([^']{2,300})'(?!\w)")
_AMOUNT = re.compile(
    r"[$€£¥]\s?(\d[\d,]*(?:\.\d+)?)(k)?|\b(\d[\d,]*(?:\.\d+)?)(k)?\s?(?:dollars?|usd|eur|euros?|gbp|pounds?)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.-])-?\d[\d,]*(?:\.\d+)?(?![\w-]|\.\d)")
_SPAN = re.compile(
    r"\b(\d+(?:\.\d+)?|an?|one|two|three|four|five|six|eight|twelve|half an?)\s*(hours?|hrs?|h|days?|minutes?|mins?|weeks?)\b",
    re.IGNORECASE,
)
_SPELLED = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "twelve": 12}
_COUNTED = re.compile(r"\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b", re.IGNORECASE)
_COUNTS = {word: number for number, word in enumerate(
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1)}  # fmt: skip
_ID = re.compile(
    r"#([\w-]+)|\b([A-Z]{2,}[-_]?\d[\w-]*|[A-Za-z]+-\d[\w-]*)\b|\b(\d[A-Z\d]*[A-Z][A-Z\d]{4,})\b|\b((?:[a-z]+_)?[A-Za-z]*\d[\w-]{2,})\b|(?<![\w.$€£-])(\d+)(?![\w.-]*\w)"
)
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
_TIME = re.compile(r"\b(\d{1,2}:\d{2}\s?(?:am|pm)?|\d{1,2}\s?(?:am|pm)|noon|midnight)\b", re.IGNORECASE)
_STATUS = re.compile(r"\b([45]\d{2})\b|\b(time-?outs?|timed out|ERR_\w+|E\d{3,})\b", re.IGNORECASE)
_CAPITALS = r"(?:[A-Z][\w'&.-]*|\d+[A-Z]+)(?:\s+(?:of|de|the|and|&)?\s*(?:[A-Z][\w'&-]*|\d+))*"
_PLACE = re.compile(
    rf"\b(?:in|to|from|at|near|for|of|around)\s+(?:the\s+)?({_CAPITALS})|\b({_CAPITALS})(?=\s+(?:region|area|latency|outage|office)\b)"
)
_ACRONYM = re.compile(r"\b(EU|US|USA|UK|APAC|EMEA|LATAM|NA)\b")
_TEAM = re.compile(
    r"\b(?:the\s+)?([\w-]+(?:\s[A-Z][\w-]+)?)\s+(?:team|queue|department|squad)\b|\b(?:team|queue|department)\s+([\w-]+)"
)
_VARIANT = re.compile(
    r"\b(?:size|variant|colou?r)\s+(?:is\s+|of\s+)?([\w-]+)|\bin\s+(?:size\s+)?(XXS|XS|S|M|L|XL|XXL|XXXL|small|medium|large|red|blue|green|black|white|yellow|grey|gray|pink|purple|orange|brown)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"\b(?:named|called|for|about|with|by|from|to|is|at|the)\s+({_CAPITALS})")
_PERSON = re.compile(
    r"\b(?:named|called|for|about|with|by|from|to|tell|ask|notify|is|of)\s+([A-Z][a-z'-]+(?:\s+[A-Z][a-z'-]+)*)"
)
_PROPER = re.compile(r"(?<=[a-z,] )([A-Z]\w+(?: [A-Z]\w+)*)|\b([A-Z][a-z]+(?: [A-Z][a-z]+)+)\b")
"""With capitals where no sentence begins, or two in a row."""
_TAIL = re.compile(r"(?::\s+|\b(?:saying|says|that)\s+)(.+)", re.DOTALL | re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|because|since|for|regarding|on)\s+(?:the\s+|a\s+)?(.{4,200})", re.DOTALL | re.IGNORECASE
)
_NOT_TEAMS = frozenset({"the", "my", "our", "which", "what", "your", "a", "any", "this", "support", "whole"})
_PRONOUNS = frozenset(
    {
        "I",
        "I'm",
        "My",
        "The",
        "Is",
        "Are",
        "What",
        "Where",
        "When",
        "Why",
        "How",
        "Can",
        "Could",
        "Please",
        "Do",
        "Does",
        "Check",
        "Create",
        "Show",
        "Get",
        "Find",
    }
)


def first_groups(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """The first group that took part in each match."""
    for match in pattern.finditer(text):
        found = next((group for group in match.groups() if group), None) if match.groups() else match.group()
        if found:
            yield found.strip()


def emails(_: Parameter, text: str, __: datetime) -> Iterator[Value]:
    return (found.rstrip(".") for found in _EMAIL.findall(text))


def urls(_: Parameter, text: str, __: datetime) -> Iterator[Value]:
    return (found.rstrip(".,;!?") for found in _URL.findall(text))


def dates(_: Parameter, text: str, now: datetime) -> Iterator[Value]:
    return (days[0].isoformat() for days in find_dates(text, now))


def times(_: Parameter, text: str, __: datetime) -> Iterator[Value]:
    return first_groups(_TIME, text)


def hours(_: Parameter, text: str, __: datetime) -> Iterator[Value]:
    factors = {"h": 1.0, "d": 24.0, "m": 1 / 60, "w": 168.0}
    for amount, unit in _SPAN.findall(text):
        number = 0.5 if amount.lower().startswith("half") else float(_SPELLED.get(amount.lower(), 0) or amount)
        yield _tidy(number * factors[unit[0].lower()])


def money(parameter: Parameter, text: str, now: datetime) -> Iterator[Value]:
    for match in _AMOUNT.finditer(text):
        digits = match.group(1) or match.group(3)
        yield _tidy(float(digits.replace(",", "")) * (1000 if match.group(2) or match.group(4) else 1))
    yield from numbers(parameter, text, now)


def numbers(parameter: Parameter, text: str, _: datetime) -> Iterator[Value]:
    """A number beside a word of the parameter's name comes first."""
    bare = DATE_PHRASE.sub(" ", re.sub(r"#[\w-]+", " ", text))
    found = [(match.start(), _tidy(float(match.group().replace(",", "")))) for match in _NUMBER.finditer(bare)]
    found += [(match.start(), _COUNTS[match.group().lower()]) for match in _COUNTED.finditer(bare)]
    near = {stem(word) for word in re.findall(r"[a-z]{3,}", fold(parameter.name.replace("_", " ")))}
    yield from (number for _, number in sorted(found, key=lambda item: (not _beside(bare, item[0], near), item[0])))


def ids(parameter: Parameter, text: str, _: datetime) -> Iterator[Value]:
    """An id after a word of the parameter's name comes first, then what is marked as one, then bare digits."""
    text = _EMAIL.sub(" ", text)
    near = {stem(word) for word in re.findall(r"[a-z]{3,}", fold(parameter.name.replace("_", " ")))} - {"id"}
    found = [(match.start(), next(group for group in match.groups() if group)) for match in _ID.finditer(text)]
    found = [
        (place, value)
        for place, value in found
        if _ORDINAL.fullmatch(value) is None
        and any(character.isdigit() for character in value)
        and (len(value) > 1 or _beside(text, place, near))
    ]
    yield from (value for _, value in sorted(found, key=lambda item: (not _beside(text, item[0], near), item[0])))
    if re.search(r"user|login|symbol|ticker|account", parameter.name):
        yield from quoted(text)
        yield from re.findall(r"\b(?:user|account|username|login)\s+([\w.-]*\w)", text)
        yield from first_groups(_NAMED, text)


def codes(_: Parameter, text: str, __: datetime) -> Iterator[Value]:
    return first_groups(_STATUS, text)


def teams(_: Parameter, text: str, __: datetime) -> Iterator[Value]:
    return (found for found in first_groups(_TEAM, text) if found.casefold() not in _NOT_TEAMS)


def variants(_: Parameter, text: str, __: datetime) -> Iterator[Value]:
    return first_groups(_VARIANT, text)


def places(parameter: Parameter, text: str, _: datetime) -> Iterator[Value]:
    if re.search(r"region", parameter.name):
        yield from _ACRONYM.findall(text)
    name = fold(parameter.name)
    if re.search(r"origin|from|departure|source", name):
        yield from _capitals_after(r"from", text)
    if re.search(r"destination|to_|arrival|target", name):
        yield from _capitals_after(r"to", text)
    yield from (place for place in first_groups(_PLACE, text) if place not in _PRONOUNS)


def products(_: Parameter, text: str, __: datetime) -> Iterator[Value]:
    yield from quoted(text)
    for match in re.finditer(rf"\b(?:the|a|an|any|of|for)\s+({_CAPITALS})", text):
        yield re.sub(r"\s+(?:in|of)$", "", match.group(1))
    for match in re.finditer(
        r"\b(?:is|are)\s+(?:the\s+)?([\w\s-]{3,40}?)\s+(?:in stock|available|back)\b", text, re.IGNORECASE
    ):
        yield match.group(1).strip()
    for match in re.finditer(
        r"\b(?:stock|availability|inventory)\s+(?:of|for|on)\s+(?:the\s+)?([\w\s-]{3,40}?)(?:\s+in\b|[?.!,]|$)",
        text,
        re.IGNORECASE,
    ):
        yield match.group(1).strip()
    yield from re.findall(r"(?i)\b(?:any|some|the)\s+([\w\s-]{3,40}?)\s+left\b", text)


def people(_: Parameter, text: str, __: datetime) -> Iterator[Value]:
    yield from quoted(text)
    yield from (found for found in first_groups(_PERSON, text) if found not in _PRONOUNS)


def names(parameter: Parameter, text: str, _: datetime) -> Iterator[Value]:
    """A thing that is named: quoted, after a word of the parameter's name, an acronym, or with capitals."""
    yield from quoted(text)
    wanted = "|".join(re.escape(word) for word in parameter.name.split("_") if len(word) > 3)
    if wanted:
        yield from re.findall(rf"(?i)\b(?:{wanted})\s+(?:is\s+|called\s+|named\s+)?(?:the\s+)?([A-Z][\w-]+)", text)
    yield from re.findall(r"\b[A-Z]{2,6}\b", text)
    yield from (found for found in first_groups(_NAMED, text) if found not in _PRONOUNS)
    yield from (found for found in first_groups(_PROPER, DATE_PHRASE.sub(",", text)) if found not in _PRONOUNS)


def texts(_: Parameter, text: str, __: datetime) -> Iterator[Value]:
    """Free text: what is quoted, what follows a colon or ``that``, else what it is about."""
    yield from quoted(text)
    yield from first_groups(_TAIL, text)
    yield from first_groups(_ABOUT, text.rstrip("?.! "))


def choices(parameter: Parameter, text: str, _: datetime) -> Iterator[Value]:
    """A choice that is said; a slip of the pen is forgiven in longer words."""
    from rapidfuzz import fuzz, process

    flat = fold(text)
    allowed = choices_of(parameter)
    typed = dict(zip(map(str, parameter.choices), parameter.choices, strict=True))
    said = [choice for choice in allowed if re.search(rf"(?<!\w){re.escape(fold(choice))}(?:ly|s)?(?!\w)", flat)]
    for choice in sorted(said, key=len, reverse=True):
        yield typed.get(choice, choice)
    for word in () if said else re.findall(r"\w{5,}", flat):
        near = process.extractOne(
            word, [choice for choice in allowed if len(choice) > 4], scorer=fuzz.ratio, score_cutoff=85
        )
        if near:
            yield typed.get(near[0], near[0])


def booleans(parameter: Parameter, text: str, _: datetime) -> Iterator[Value]:
    """Said with or without a negation in front of a word of the parameter's name."""
    flat = fold(text)
    for word in re.findall(r"[a-z]{4,}", fold(parameter.name.replace("_", " "))):
        match = re.search(
            rf"\b(not|no|without|don't|dont|disable|never)?\s*(?:\w+\s+){{0,2}}{re.escape(word[:6])}", flat
        )
        if match:
            yield not match.group(1)
            return
    if re.fullmatch(r"\s*(yes|true|y|no|false|n)\W*", flat):
        yield flat.strip()[0] in "yt"


def quoted(text: str) -> Iterator[str]:
    return first_groups(_QUOTED, text)


FINDERS: Mapping[Kind, Finder] = {
    Kind.CHOICE: choices,
    Kind.BOOLEAN: booleans,
    Kind.EMAIL: emails,
    Kind.URL: urls,
    Kind.DATE: dates,
    Kind.TIME: times,
    Kind.HOURS: hours,
    Kind.MONEY: money,
    Kind.NUMBER: numbers,
    Kind.CODE: codes,
    Kind.ID: ids,
    Kind.TEAM: teams,
    Kind.VARIANT: variants,
    Kind.PLACE: places,
    Kind.PERSON: people,
    Kind.PRODUCT: products,
    Kind.TEXT: texts,
    Kind.NAME: names,
}


def candidates(parameter: Parameter, text: str, now: datetime) -> Iterator[Value]:
    """Likeliest first: ids that look like the one in the description, then by the kind of value."""
    kind = kind_of(parameter)
    if kind not in {Kind.CHOICE, Kind.EMAIL, Kind.DATE} and parameter.type is ParameterType.STRING:
        yield from built_like(parameter.description, text)
    yield from FINDERS[kind](parameter, text, now)


def of_type(parameter: Parameter, value: Value) -> Value:
    """The value as the parameter's type."""
    return str(value) if parameter.type is ParameterType.STRING else value


def _capitals_after(word: str, text: str) -> list[str]:
    return re.findall(rf"\b{word}\s+({_CAPITALS})", text)


def _beside(text: str, place: int, near: set[str]) -> bool:
    before = re.findall(r"[a-z]+", fold(text[max(0, place - 30) : place]))[-3:]
    return any(stem(word) in near for word in before)


def _tidy(number: float) -> int | float:
    return int(number) if number.is_integer() else round(number, 6)
