"""How results are posted, as the command line says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TypeVar

from bot.domain.message import Platform
from bot.domain.post import Address, Compose, Delivery, PostWhen
from bot.domain.schedule import ScheduleFault

_PLACE = re.compile(r"(?P<platform>slack|discord):(?P<person>@?)(?P<channel>[A-Za-z0-9/]+)(?::(?P<thread>[0-9.]+))?")
_IDS = {
    Platform.SLACK: re.compile(r"(?:T[A-Z0-9]{2,}/)?[CDGUW][A-Z0-9]{2,}"),
    Platform.DISCORD: re.compile(r"\d{1,20}"),
}
_FORMS = "Write slack:C0123ABC, slack:@U0123ABC for a person, discord:1234567890, or with a thread slack:C0123ABC:1.2."
_POLICIES = {"always": PostWhen.ALWAYS, "changed": PostWhen.CHANGED, "nonempty": PostWhen.NOT_EMPTY}
_STYLES = {style.value: style for style in Compose}

E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of a command."""

    to: tuple[str, ...] = ()
    style: str = "raw"
    template: Path | None = None
    post: str = "always"
    owner: str = ""
    alert_after: int = 3
    names: Mapping[str, Address | ScheduleFault] = field(default_factory=dict)
    """What a platform said to places that are not named by their id."""


def delivery_of(wish: Wish) -> tuple[Delivery, Sequence[ScheduleFault]]:
    """What the options come to, and all that is wrong with them."""
    faults: list[ScheduleFault] = []
    targets = tuple(place for text in wish.to if (place := _address("--to", text, wish, faults)))
    owner = _address("--owner", wish.owner, wish, faults) if wish.owner else None
    delivery = Delivery(
        targets,
        _chosen("--style", wish.style, _STYLES, faults) or Compose.RAW,
        _template(wish.template, faults),
        _chosen("--post", wish.post, _POLICIES, faults) or PostWhen.ALWAYS,
        owner,
        wish.alert_after,
    )
    return delivery, faults


def by_id(text: str) -> Address | None:
    """The place, if the text names it by its id."""
    found = _PLACE.fullmatch(text)
    if found is None or not _IDS[Platform(found["platform"])].fullmatch(found["channel"]):
        return None
    return Address(Platform(found["platform"]), found["channel"], found["thread"] or "", bool(found["person"]))


def _address(option: str, text: str, wish: Wish, faults: list[ScheduleFault]) -> Address | None:
    found = by_id(text) or wish.names.get(text)
    if isinstance(found, Address):
        return found
    faults.append(found or ScheduleFault(option, f"{text!r} names no place by its id.", _FORMS))
    return None


def _chosen(option: str, text: str, known: Mapping[str, E], faults: list[ScheduleFault]) -> E | None:
    if text not in known:
        faults.append(ScheduleFault(option, f"{text!r} is not known.", f"Take one of: {', '.join(known)}."))
    return known.get(text)


def _template(file: Path | None, faults: list[ScheduleFault]) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        faults.append(ScheduleFault("--template", f"{file} cannot be read: {why}.", "Name a text file."))
        return ""
