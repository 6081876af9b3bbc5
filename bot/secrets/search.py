"""Finds many strings in a text in one pass, and tells where one of them may have only begun."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from bot.secrets.needles import SHORTEST_NEEDLE

Span = tuple[int, int]
"""Start and end."""

HEAD = SHORTEST_NEEDLE
"""Characters of a needle that the compiled pattern looks for; the rest is a look-up."""


class Haystack:
    """A set of needles, each at least ``HEAD`` characters long.

    A regular expression finds the heads, as a tree of shared prefixes: building one for whole needles takes a hundred
    times longer, and a search for each needle alone grows with their number.
    """

    def __init__(self, needles: Iterable[str]) -> None:
        self._needles = frozenset(needles)
        self._sorted = sorted(self._needles)
        self._longest = max(map(len, self._sorted), default=0)
        self._lengths = _lengths_by_head(self._sorted)
        self._heads = re.compile(f"(?=({_tree(sorted(self._lengths))}))", re.DOTALL) if self._sorted else None

    def spans(self, text: str) -> Iterator[Span]:
        """The longest needle at each place where one starts, in order; spans may overlap."""
        for found in self._heads.finditer(text) if self._heads else ():
            start = found.start()
            candidates = (text[start : start + length] for length in self._lengths[found[1]])
            if needle := next((candidate for candidate in candidates if candidate in self._needles), ""):
                yield start, start + len(needle)

    def settled(self, text: str) -> int:
        """How much of a text that goes on is settled: from there on, its rest may be the beginning of a needle."""
        if self._heads is None:
            return len(text)
        begun = (found.start() for found in self._heads.finditer(text, max(0, len(text) - self._longest + 1)))
        short = range(max(0, len(text) - HEAD + 1), len(text))
        return next((start for start in chain(begun, short) if self._begins(text[start:])), len(text))

    def _begins(self, text: str) -> bool:
        """A longer needle starts with this text; needles that do are neighbours in sorted order."""
        after = bisect_right(self._sorted, text)
        return after < len(self._sorted) and self._sorted[after].startswith(text)


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Overlapping spans as one; they come sorted by start."""
    current: Span | None = None
    for start, end in spans:
        if current is None or start >= current[1]:
            if current:
                yield current
            current = start, end
        else:
            current = current[0], max(current[1], end)
    if current:
        yield current


def _lengths_by_head(needles: Sequence[str]) -> dict[str, list[int]]:
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for needle in needles:
        lengths[needle[:HEAD]].add(len(needle))
    return {head: sorted(found, reverse=True) for head, found in lengths.items()}


def _tree(words: Iterable[str]) -> str:
    """A pattern for words of one length in which each shared beginning is tried once."""
    branches: defaultdict[str, list[str]] = defaultdict(list)
    for word in words:
        branches[word[0]].append(word[1:])
    patterns = [re.escape(first) + (_tree(rest) if rest[0] else "") for first, rest in branches.items()]
    return patterns[0] if len(patterns) == 1 else f"(?:{'|'.join(patterns)})"
