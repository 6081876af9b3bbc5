"""What a person can watch while a turn is worked on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bot.domain.message import Used


@dataclass(frozen=True, slots=True)
class Planned:
    """The actions that are about to run, by the names people read."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunStarted:
    run_id: str
    name: str


@dataclass(frozen=True, slots=True)
class RunOutput:
    """A piece of what a script printed, masked, as it came."""

    run_id: str
    text: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    used: Used


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of the answer as it is written, masked."""

    text: str


Progress: TypeAlias = Planned | RunStarted | RunOutput | RunEnded | TextPiece
