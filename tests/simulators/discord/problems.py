"""The faults of a form, by the place where they are: ``Invalid Form Body`` and its nested ``errors``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.simulators.discord.protocol import JSON, Refused

INVALID_FORM = 50035


class Problems:
    """``problems.at("content").length(value, 1, 2000)``; ``problems.refuse()`` raises when there was any."""

    def __init__(self, errors: JSON | None = None, path: tuple[str, ...] = ()) -> None:
        self._errors: JSON = {} if errors is None else errors
        self._path = path

    def at(self, *path: str | int) -> Problems:
        """The same form, further inside."""
        return Problems(self._errors, (*self._path, *map(str, path)))

    def add(self, code: str, message: str) -> None:
        """One fault here."""
        here = self._errors
        for each in self._path:
            here = here.setdefault(each, {})
        here.setdefault("_errors", []).append({"code": code, "message": message})

    def require(self, value: Any) -> bool:
        """Whether something is there."""
        if value in (None, ""):
            self.add("BASE_TYPE_REQUIRED", "This field is required")
        return value not in (None, "")

    def length(self, value: Any, least: int, most: int) -> None:
        """A text of that many characters."""
        if value is None and least == 0:
            return
        if not isinstance(value, str):
            self.add("BASE_TYPE_REQUIRED", "This field is required")
        elif not least <= len(value) <= most:
            if least == 0:
                self.add("BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
            else:
                self.add("BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def count(self, values: Sequence[Any], least: int, most: int) -> None:
        """So many entries."""
        if not least <= len(values) <= most:
            self.add("BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def among(self, value: Any, *allowed: Any) -> bool:
        """One of a few values."""
        if value not in allowed:
            self.add("BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(map(repr, allowed))}}}.")
        return value in allowed

    def refuse(self) -> None:
        """Raise, when there was any fault."""
        if self._errors:
            raise Refused(400, INVALID_FORM, "Invalid Form Body", self._errors)
