"""Typed access to the keys of a definition that notes every fault with its key and goes on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.errors import Fault


class Faults:
    """The faults of one file, in the order they were found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Fault] = []

    def add(self, key: str, problem: str, mend: str) -> None:
        self.found.append(Fault(self.file, key, problem, mend))


class Fields:
    """One object of a definition. Each access names the type it wants; what does not fit becomes a fault."""

    def __init__(self, data: Mapping[str, Any], faults: Faults, path: str = "") -> None:
        self._data = data
        self.faults = faults
        self._path = path

    def __contains__(self, key: str) -> bool:
        return self._data.get(key) is not None

    def key(self, name: str) -> str:
        """The dotted path of a key."""
        return f"{self._path}.{name}" if self._path else name

    def fault(self, name: str, problem: str, mend: str) -> None:
        self.faults.add(self.key(name), problem, mend)

    def only(self, known: Iterable[str]) -> None:
        """Every key that is not known is a fault."""
        allowed = list(known)
        for name in self._data:
            if name not in allowed:
                near = difflib.get_close_matches(name, allowed, 1)
                mend = f"Did you mean {near[0]!r}?" if near else f"Remove it; known keys are: {', '.join(allowed)}."
                self.fault(name, "This key is not known.", mend)

    def raw(self, name: str) -> Any:
        return self._data.get(name)

    def text(self, name: str, *, required: bool = False, longest: int = 20_000, default: str = "") -> str:
        value = self._data.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.fault(name, "It is missing." if value is None else "It is empty.", f"Give {name} a text.")
            return default
        if not isinstance(value, str):
            self.fault(name, f"It must be a text, not {value!r:.40}.", "Put the value in quotes.")
            return default
        if len(value) > longest:
            self.fault(name, f"It has {len(value)} characters.", f"Use at most {longest}.")
        return value.strip() if longest <= 2000 else value

    def boolean(self, name: str, *, default: bool = False) -> bool:
        value = self._data.get(name, default)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(name, f"It must be true or false, not {value!r:.40}.", "Write true or false, without quotes.")
            return default
        return value

    def number(self, name: str, least: float, most: float, default: float) -> float:
        value = self._data.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(name, f"It must be a number, not {value!r:.40}.", "Write a number, without quotes.")
            return default
        if not least <= value <= most:
            self.fault(name, f"{value} is out of range.", f"Use {least:g} to {most:g}.")
            return default
        return value

    def within(self, name: str, *, required: bool = False) -> Fields:
        """The object under a key; an empty one where there is none."""
        value = self._data.get(name)
        if value is None and required:
            self.fault(name, "It is missing.", f"Add the object {name}.")
        if value is not None and not isinstance(value, Mapping):
            self.fault(name, f"It must be an object, not {value!r:.40}.", "Write key: value pairs under it.")
            value = None
        return Fields(value or {}, self.faults, self.key(name))

    def each(self, name: str) -> Iterator[Fields]:
        """The objects of the list under a key."""
        for position, value in enumerate(self.items(name)):
            place = f"{name}[{position}]"
            if isinstance(value, Mapping):
                yield Fields(value, self.faults, self.key(place))
            else:
                self.fault(place, f"It must be an object, not {value!r:.40}.", "Write key: value pairs.")

    def items(self, name: str) -> list[Any]:
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(name, f"It must be a list, not {value!r:.40}.", "Write one item a line, each after a dash.")
            return []
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """The list of texts under a key."""
        values = self.items(name)
        for position, value in enumerate(values):
            if not isinstance(value, str) or not value.strip():
                self.fault(f"{name}[{position}]", "It must be a text.", "Put it in quotes, or remove it.")
        return tuple(value for value in values if isinstance(value, str) and value.strip())

    def names(self) -> tuple[str, ...]:
        return tuple(self._data)
