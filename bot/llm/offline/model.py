"""The planner and writer without a language model: ``ports.LanguageModel`` by rules."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.action import ActionSpec, Value
from bot.domain.plan import Draft, Proposal
from bot.domain.run import ActionResult
from bot.domain.turn import Context
from bot.llm.offline.answers import write_answer
from bot.llm.offline.encoder import Encoder, EncoderFailed, Likeness, Meanings
from bot.llm.offline.extraction import extract
from bot.llm.offline.extraction.extract import short_answer
from bot.llm.offline.matching import Matcher
from bot.llm.offline.words import asking, fold, segments, stems
from bot.ports import Composition, Emit

log = logging.getLogger(__name__)

MODE = "offline"
NOTICE = "Offline mode: matched by rules, no language model."
THRESHOLD = 0.46
"""Score from which an action counts as asked for; tuned on our own labelled cases."""
CLOSE = 0.96
"""A second action of the same part of a message must score this share of the best."""
_READY = 0.06
"""Bonus of an action whose required values are all there."""

_FILLER = re.compile(
    r"(?i)^\W*(hi|hello|hey|thanks?|thank you|thx|good (morning|afternoon|evening)|bye|ok(ay)?|cool|great|nice|perfect|"
    r"got it|sounds good|lol|how are you|what can you do|help|who are you)\b[\s\w]{0,14}\W*$"
    r"|^\W*(thanks?|thank you|thx)\b[^?]{0,60}$"
)
_AGAIN = re.compile(r"(?i)^\W*(and|what about|how about|same for|also|now for|or)\b")


@dataclass(frozen=True, slots=True)
class _Match:
    action: ActionSpec
    score: float
    segment: str


class OfflineModel:
    """Deterministic and quick; knows its limits and says so."""

    name = MODE

    def __init__(self, encoder: Encoder | None = None) -> None:
        """An encoder finds actions by meaning as well; ``encoder.installed()`` gives the one of the extra."""
        self._meanings = Meanings(encoder) if encoder else None
        self._actions: tuple[ActionSpec, ...] = ()
        self._matcher = Matcher(())

    async def plan(self, context: Context, actions: Sequence[ActionSpec]) -> Draft:
        """Match the message, fill values, fall back on what was asked before."""
        likeness = await self._compared(context.text, actions)
        proposals = self._continued(context, actions, likeness)
        if not proposals and _AGAIN.match(context.text):
            proposals = self._repeated(context, actions)
        proposals = proposals or self._matched(context, actions, likeness) or self._repeated(context, actions)
        return Draft(tuple(proposals), MODE, by_model=False, notices=(NOTICE,))

    async def compose(
        self, context: Context, results: Sequence[ActionResult], capabilities: Sequence[str], emit: Emit
    ) -> Composition:
        """An answer from templates."""
        text = write_answer(context.text, results, capabilities)
        await emit(text)
        return Composition(text, MODE, (NOTICE,))

    async def _compared(self, text: str, actions: Sequence[ActionSpec]) -> Likeness | None:
        """By words alone without an encoder, and from then on when it cannot be loaded."""
        if self._meanings is None:
            return None
        parts = [asking(part) for part in segments(text)]
        try:
            return await self._meanings.compare(parts, self._indexed(actions).texts)
        except EncoderFailed as failure:
            log.warning("the encoder cannot be loaded, matching by words alone: %s", failure)
            self._meanings = None
            return None

    def _matched(self, context: Context, actions: Sequence[ActionSpec], likeness: Likeness | None) -> list[Proposal]:
        if _FILLER.match(context.text) or not stems(context.text):
            return []
        said = spoken(context)
        chosen = {match.action.slug: match for match in self._matches(context, actions, said, likeness)}
        for action in actions:
            if action.after and action.after.action in chosen and action.slug not in chosen:
                before = chosen[action.after.action]
                chosen[action.slug] = _Match(action, before.score, before.segment)
        return [self._proposal(match, said, context, alone=len(chosen) == 1) for match in chosen.values()]

    def _matches(
        self, context: Context, actions: Sequence[ActionSpec], said: Sequence[str], likeness: Likeness | None
    ) -> list[_Match]:
        matcher = self._indexed(actions)
        found: dict[str, _Match] = {}
        for segment in segments(context.text):
            scores = matcher.scores(segment, likeness)
            scored = sorted(_scored(matcher, scores, segment, said, context), key=lambda match: -match.score)
            best = scored[0].score if scored else 0.0
            for match in scored[:3]:
                if match.score >= max(THRESHOLD, CLOSE * best) and not _held(match.action, actions):
                    earlier = found.get(match.action.slug)
                    if earlier is None or earlier.score < match.score:
                        found[match.action.slug] = match
        return sorted(found.values(), key=lambda match: -match.score)

    def _proposal(self, match: _Match, said: Sequence[str], context: Context, *, alone: bool) -> Proposal:
        """A part of the message speaks for its own action first."""
        order = said if alone else (match.segment, *said)
        return Proposal(match.action.slug, extract(match.action, order, context.now, context.speaker_email))

    def _continued(self, context: Context, actions: Sequence[ActionSpec], likeness: Likeness | None) -> list[Proposal]:
        """The message answers what the last reply asked for, unless it asks for something of its own."""
        specs = {action.slug: action for action in actions}
        waiting = [call for call in context.open_calls if call.action in specs]
        if not waiting:
            return []
        others = self._matches(context, actions, (context.text,), likeness)
        if any(match.action.slug not in {call.action for call in waiting} and match.score > 0.8 for match in others):
            return []
        proposals = []
        for call in waiting:
            values: dict[str, Value] = {}
            for name in call.missing:
                parameter = specs[call.action].parameter(name)
                value = short_answer(parameter, context.text, context.now) if parameter else None
                if value is not None:
                    values[name] = value
            if values:
                proposals.append(Proposal(call.action, {**call.arguments, **values}))
        return proposals

    def _repeated(self, context: Context, actions: Sequence[ActionSpec]) -> list[Proposal]:
        """``And for order 777?``: the last turn's actions with the new value."""
        last = context.turns[-1].results if context.turns else ()
        short = len(context.text.split()) <= 8
        if not last or not (short and (_AGAIN.match(context.text) or context.text.rstrip().endswith("?"))):
            return []
        specs = {action.slug: action for action in actions}
        proposals = []
        for result in last:
            spec = specs.get(result.action)
            new = extract(spec, (context.text,), context.now) if spec else {}
            if spec and new and any(result.arguments.get(name) != value for name, value in new.items()):
                proposals.append(Proposal(result.action, {**_plain(result.arguments), **new}))
        return proposals

    def _indexed(self, actions: Sequence[ActionSpec]) -> Matcher:
        if len(actions) != len(self._actions) or any(a is not b for a, b in zip(actions, self._actions, strict=True)):
            self._actions, self._matcher = tuple(actions), Matcher(actions)
        return self._matcher


def spoken(context: Context) -> tuple[str, ...]:
    """What people wrote, newest first."""
    return (context.text, *(turn.text for turn in reversed(context.turns)))


def _scored(
    matcher: Matcher, scores: Sequence[float], segment: str, said: Sequence[str], context: Context
) -> list[_Match]:
    matches = []
    for item, score in zip(matcher.profiles, scores, strict=True):
        if score >= THRESHOLD - _READY:
            ready = _ready(item.spec, (segment, *said), context)
            matches.append(_Match(item.spec, score + _READY * ready, segment))
    return matches


def _ready(spec: ActionSpec, said: Sequence[str], context: Context) -> bool:
    required = [parameter.name for parameter in spec.parameters if parameter.required]
    return (
        bool(required)
        and set(required) <= extract(spec, said[:2], context.now, context.speaker_email, only=required).keys()
    )


def _held(action: ActionSpec, actions: Sequence[ActionSpec]) -> bool:
    """It only runs after another one, so that one's match brings it along."""
    return action.after is not None and any(other.slug == action.after.action for other in actions)


def _plain(arguments: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in arguments.items() if fold(str(value)) != "[redacted]"}
