"""Every error this service raises on purpose.

::

    DeskhandError
    ├── ConfigError          settings or set-up are wrong; lists every fault at once
    ├── DefinitionError      an action file is wrong; carries its faults
    ├── ModelError           the language model could not serve
    │   ├── ModelUnavailable     time-out, 429, 5xx, no connection: another planner may step in
    │   ├── ModelMisconfigured   key refused, model unknown: a person must act
    │   ├── ModelRefused         the model declined; its reason is shown
    │   └── InvalidPlan          the answer was not a plan, even after one repair turn
    ├── SandboxError         the place where Python actions run is not to be had
    ├── SecretError          a secret is missing, unreadable or not acceptable
    ├── StorageError         the database did not take or give a record
    ├── TryLater             a job cannot be done now; it is begun again after a while
    ├── PostRefused          a post will never be taken there; says how to mend it
    └── PostUnreachable      a post was not taken; another try may help

An action that fails is no exception: it is an ``ActionResult``. Exceptions are for our own parts failing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class DeskhandError(Exception):
    """Root of the tree. The text is fit for a person to read and holds no secret."""


class ConfigError(DeskhandError):
    """Settings or set-up are wrong. ``faults`` holds each one, so that all can be mended in one go."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an action definition: where it is and how to mend it."""

    file: str
    """The file, as the reader would open it; for a stored action its slug."""
    key: str
    """Dotted path inside the file, such as ``parameters[0].name``; empty for the whole file."""
    problem: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        return _one_line(f"{place}: {self.problem} {self.mend}".rstrip())


def _one_line(text: str) -> str:
    """What a file's text brings along can neither start a line of its own nor steer a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


class DefinitionError(DeskhandError):
    """An action definition is wrong. All its faults are told together."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


class ModelError(DeskhandError):
    """The language model could not serve this request."""


class ModelUnavailable(ModelError):
    """Time-out, rate limit, server error or no connection: trying again later may help."""


class ModelMisconfigured(ModelError):
    """The key was refused or the model is unknown: an operator must act."""


class ModelRefused(ModelError):
    """The model declined to answer. The text is the model's own reason."""


class InvalidPlan(ModelError):
    """The model's answer could not be read as a plan."""


class SandboxError(DeskhandError):
    """Python actions cannot run now. The text says what to do about it."""


class SecretError(DeskhandError):
    """A secret is missing, unreadable or not acceptable. Never holds the value."""


class StorageError(DeskhandError):
    """The database did not take or give a record."""


class TryLater(DeskhandError):
    """A job cannot be done now. It is begun again after ``seconds``."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class PostRefused(DeskhandError):
    """The platform will not take this post there. The text says what to do about it."""


class PostUnreachable(DeskhandError):
    """The platform did not answer, or asks to wait. Another try may help."""
