"""The few actions of many that could fit a question, so that a model need not read a thousand (F093)."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence

from bot.domain.action import ActionSpec
from bot.llm.offline.matching import Matcher
from bot.llm.offline.words import related, stems


class LexicalShortlist:
    """``ports.Shortlist``: shared and related words pick candidates, the matcher's score orders them."""

    def __init__(self, size: int = 20) -> None:
        self._size = size
        self._actions: tuple[ActionSpec, ...] = ()
        self._matcher = Matcher(())
        self._by_word: dict[str, list[int]] = {}
        self._by_family: dict[int, list[int]] = {}

    def __call__(self, text: str, actions: Sequence[ActionSpec]) -> Sequence[ActionSpec]:
        """At most ``size`` actions, best first."""
        self._index(tuple(actions))
        words = dict.fromkeys(stems(text))
        votes: dict[int, float] = defaultdict(float)
        for word in words:
            for position in self._by_word.get(word, ()):
                votes[position] += self._matcher.weight(word)
            for family in related(word):
                for position in self._by_family.get(family, ()):
                    votes[position] += 0.5 * self._matcher.weight(word)
        likely = heapq.nlargest(3 * self._size, votes, key=lambda position: votes[position])
        scored = self._matcher.scores_of(text, likely)
        best = sorted(likely, key=lambda position: -scored[position])[: self._size]
        return [self._actions[position] for position in best] or self._actions[: self._size]

    def _index(self, actions: tuple[ActionSpec, ...]) -> None:
        if len(actions) == len(self._actions) and all(map(_same, actions, self._actions)):
            return
        self._actions, self._matcher = actions, Matcher(actions)
        by_word, by_family = defaultdict(list), defaultdict(list)
        for position, item in enumerate(self._matcher.profiles):
            for word in item.around:
                by_word[word].append(position)
            for family in item.kin:
                by_family[family].append(position)
        self._by_word, self._by_family = dict(by_word), dict(by_family)


def _same(one: ActionSpec, other: ActionSpec) -> bool:
    return one is other
