"""Scores how well a text fits an action's condition: rare shared words count most, related words half."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.action import ActionSpec
from bot.llm.offline.words import families, related, stems

_LEADING = re.compile(
    r"^\s*(?:when|if|use (?:this )?(?:when|if|to))?\s*(?:the |an? )?(?:user|customer|agent|person|employee|someone)?\s*"
    r"(?:asks? (?:about|for|to|how|if|which|whether)?|reports?|wants? to|confirms? they want to|needs? to"
    r"|requests?)?\s*",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(
    r"(?:,|\.|;|\()?\s*(?:but )?(?:do not use|don't use|not when|not for|never (?:for|when)|except)\b.*", re.IGNORECASE
)
_CLAUSE = re.compile(r",\s*|;\s*|\bor\b|\.\s+")


@dataclass(frozen=True, slots=True)
class Profile:
    """An action as the matcher sees it."""

    spec: ActionSpec
    core: frozenset[str]
    """Stems of condition and name."""
    around: frozenset[str]
    """Stems of parameter descriptions and examples as well."""
    kin: frozenset[int]
    """Families of related words in the core."""
    clauses: tuple[frozenset[str], ...]
    examples: tuple[frozenset[str], ...]


def profile(spec: ActionSpec) -> Profile:
    """Read an action's words once."""
    condition = _NEGATIVE.sub("", spec.condition)
    condition = _LEADING.sub("", condition, count=1)
    clauses = tuple(filter(None, (frozenset(stems(clause)) for clause in _CLAUSE.split(condition))))
    core = frozenset(stems(condition)) | frozenset(stems(spec.name))
    described = " ".join(f"{parameter.name} {parameter.description}" for parameter in spec.parameters)
    examples = tuple(frozenset(stems(example)) for example in spec.examples)
    around = core | frozenset(stems(described)) | frozenset(word for example in examples for word in example)
    return Profile(spec, core, around, families(core), clauses, examples)


class Matcher:
    """Scores texts against a fixed set of actions."""

    def __init__(self, actions: Sequence[ActionSpec]) -> None:
        self.profiles = tuple(map(profile, actions))
        counts = Counter(word for item in self.profiles for word in item.around)
        total = len(self.profiles)
        self._weights: Mapping[str, float] = {word: _weight(total, count) for word, count in counts.items()}
        self._unknown = _weight(total, 0.5)

    def scores(self, text: str) -> list[float]:
        """One score for each action, 0 (nothing shared) to about 1.5."""
        return list(self.scores_of(text, range(len(self.profiles))).values())

    def scores_of(self, text: str, positions: Iterable[int]) -> dict[int, float]:
        """The scores of some actions by their position."""
        words = list(dict.fromkeys(stems(text)))
        kin = families(words)
        return {position: self._score(words, kin, self.profiles[position]) for position in positions}

    def weight(self, word: str) -> float:
        """How much a word tells: the rarer among the actions, the more."""
        return self._weights.get(word, self._unknown)

    def _score(self, words: Sequence[str], kin: frozenset[int], item: Profile) -> float:
        if not words:
            return 0.0
        said = sum(self._credit(word, item) for word in words)
        if not said:
            return 0.0
        asked = sum(self._weights.get(word, 0.4 * self._unknown) for word in words)
        coverage = said / max(asked, 1e-9)
        best_clause = max((self._overlap(words, kin, clause) for clause in item.clauses), default=0.0)
        best_example = max((self._overlap(words, kin, example) for example in item.examples), default=0.0)
        return 0.55 * coverage + 0.55 * max(best_clause, best_example) + 0.1 * bool(kin & item.kin)

    def _credit(self, word: str, item: Profile) -> float:
        weight = self._weights.get(word, self._unknown)
        if word in item.core:
            return weight
        if related(word) & item.kin:
            return 0.7 * weight
        return 0.45 * weight if word in item.around else 0.0

    def _overlap(self, words: Sequence[str], kin: frozenset[int], wanted: frozenset[str]) -> float:
        weights = {word: self._weights.get(word, self._unknown) for word in wanted}
        shared = sum(
            weight if word in words else 0.7 * weight if related(word) & kin else 0.0
            for word, weight in weights.items()
        )
        return shared / max(sum(weights.values()), 1e-9) if wanted else 0.0


def _weight(total: int, count: float) -> float:
    return math.log(1 + (total + 1) / (count + 0.5))
