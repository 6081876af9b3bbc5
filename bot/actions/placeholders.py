"""Finds ``{name}`` in templates. Other braces stay as they are (Q9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.domain.action import Json

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def placeholders(text: str) -> tuple[str, ...]:
    """The names in ``text``, each once, in order."""
    return tuple(dict.fromkeys(PLACEHOLDER.findall(text)))


def texts_in(value: Json) -> Iterator[str]:
    """Every text of a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from texts_in(item)
