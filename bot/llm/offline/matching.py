"""Scores how well a text fits an action's condition: rare shared words count most, related words and ids in part."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.action import ActionSpec
from bot.llm.offline.encoder import Likeness
from bot.llm.offline.words import asking, families, related, shapes, slip, stems, vocabulary

_LEADING = re.compile(
    r"^\s*(?:when|if|use (?:this )?(?:when|if|to))?\s*(?:the |an? )?(?:[\w-]+\s+(?=asks?\b|reports?\b|wants?\b|needs?\b"
    r"|confirms?\b|requests?\b))?(?:user|customer|agent|person|employee|someone)?\s*"
    r"(?:asks? (?:about|for|to|how|if|which|whether)?|reports?|wants? (?:to)?|confirms? they want to|needs? (?:to)?"
    r"|requests?)?\s*",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(
    r"(?:,|\.|;|\()?\s*(?:but )?(?:do not use|don't use|not when|not for|never (?:for|when)|except)\b.*", re.IGNORECASE
)
_CLAUSE = re.compile(r",\s*|;\s*|\bor\b|\.\s+")
_SAID, _MEANT = 0.55, 1.15
"""Shares of words and meanings where an encoder serves, so that the same threshold holds; tuned as the threshold is."""
_SHAPE = 0.45
"""What an id tells that only one action takes."""


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
    shapes: frozenset[str]
    """How the ids look that its parameters describe."""
    texts: tuple[str, ...]
    """What it says of itself, for an encoder."""


def profile(spec: ActionSpec) -> Profile:
    """Read an action's words once."""
    condition = _LEADING.sub("", _NEGATIVE.sub("", spec.condition), count=1).strip()
    clauses = [clause.strip() for clause in _CLAUSE.split(condition) if clause.strip()]
    asked = [asking(example) for example in spec.examples]
    described = " ".join(f"{parameter.name} {parameter.description}" for parameter in spec.parameters)
    core = frozenset(stems(f"{condition} {spec.name}"))
    return Profile(
        spec=spec,
        core=core,
        around=core | frozenset(stems(" ".join((described, *asked)))),
        kin=families(core),
        clauses=tuple(filter(None, (frozenset(stems(clause)) for clause in clauses))),
        examples=tuple(frozenset(stems(example)) for example in asked),
        shapes=shapes(described),
        texts=tuple(dict.fromkeys((condition, spec.name, *clauses, *asked))),
    )


class Matcher:
    """Scores texts against a fixed set of actions."""

    def __init__(self, actions: Sequence[ActionSpec]) -> None:
        self.profiles = tuple(map(profile, actions))
        counts = Counter(word for item in self.profiles for word in item.around)
        total = len(self.profiles)
        self._weights: Mapping[str, float] = {word: _weight(total, count) for word, count in counts.items()}
        self._unknown = _weight(total, 0.5)
        self._takers = Counter(shape for item in self.profiles for shape in item.shapes)
        self._spelled: dict[str, list[str]] = defaultdict(list)
        for word in sorted(counts.keys() | vocabulary()):
            self._spelled[word[:1]].append(word)

    @property
    def texts(self) -> list[str]:
        """What all actions say of themselves."""
        return [text for item in self.profiles for text in item.texts]

    def scores(self, text: str, likeness: Likeness | None = None) -> list[float]:
        """One score for each action, 0 (nothing shared) to about 1.9; a likeness of meanings takes half of it over."""
        scores = self.scores_of(text, range(len(self.profiles))).values()
        if likeness is None:
            return list(scores)
        pairs = zip(self.profiles, scores, strict=True)
        return [_SAID * score + _MEANT * likeness(asking(text), item.texts) for item, score in pairs]

    def scores_of(self, text: str, positions: Iterable[int]) -> dict[int, float]:
        """The scores of some actions by their position."""
        words = list(dict.fromkeys(map(self._meant, stems(asking(text)))))
        kin, ids = families(words), shapes(text)
        return {
            position: self._score(words, kin, self.profiles[position]) + self._shaped(ids, self.profiles[position])
            for position in positions
        }

    def weight(self, word: str) -> float:
        """How much a word tells: the rarer among the actions, the more."""
        return self._weights.get(word, self._unknown)

    def _meant(self, word: str) -> str:
        """The known word that this one is a slip of the pen for, else the word itself."""
        known = self._spelled.get(word[:1], [])
        if len(word) < 5 or word in self._weights or word in known:
            return word
        return next((other for other in known if slip(word, other)), word)

    def _shaped(self, ids: Iterable[str], item: Profile) -> float:
        """An id that looks like those of few actions speaks for these."""
        return max((_SHAPE / self._takers[shape] for shape in ids if shape in item.shapes), default=0.0)

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
        return 0.65 * (coverage + max(best_clause, best_example)) + 0.1 * bool(kin & item.kin)

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
