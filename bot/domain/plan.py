"""What is to be done for a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.action import ActionSpec, Value


@dataclass(frozen=True, slots=True)
class Proposal:
    """A call as a planner proposed it. Nothing about it has been checked."""

    action: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a planner answered: proposals to be checked, never to be obeyed."""

    proposals: tuple[Proposal, ...]
    mode: str
    """Who planned: ``offline`` or the model's name and way, shown in replies and records."""
    by_model: bool
    """False for rules: then even a write whose author switched asking off asks."""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionCall:
    """A checked call: a known action, typed arguments, nothing required missing."""

    id: str
    spec: ActionSpec
    arguments: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A matched action that cannot run yet because a required value is missing (Q3)."""

    action: str
    arguments: Mapping[str, Value]
    missing: tuple[str, ...]
    attempts: int = 1
    """How often its question has been put, this time included."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The checked plan of one turn."""

    calls: tuple[ActionCall, ...] = ()
    open_calls: tuple[OpenCall, ...] = ()
    mode: str = ""
    by_model: bool = False
    notices: tuple[str, ...] = ()
    answer: str = ""
    """Said as it stands, in our own words: that something was left, or could not go on."""
