"""What must hold, whatever was killed, read from the logs of the target and of the chat platforms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.faces import Face
from tests.chaos.model import answer_to
from tests.chaos.office import UNKNOWN, Question
from tests.chaos.target import Call, Target


@dataclass(frozen=True)
class Violation:
    """One thing that must not be, and the question it happened to."""

    rule: str
    question: Question
    detail: str


@dataclass(frozen=True)
class Evidence:
    """What the world around the service saw."""

    questions: Sequence[Question]
    target: Target
    faces: Sequence[Face]
    deaths: Sequence[float]
    unknown_rows: frozenset[str]
    """Items of runs that the service keeps as unknown; compared with what people were told."""


RULES = (
    "no message lost",
    "no reply twice",
    "no write twice",
    "no write lost without a word",
    "no write without a yes",
    "unknown: told, and kept",
    "unknown: only where a process died",
)


def violations(seen: Evidence) -> list[Violation]:
    """All of them, in the order of the questions."""
    replies = _replies(seen.faces)
    return [each for question in seen.questions for each in _of(question, replies(question), seen)]


def _of(question: Question, replies: Sequence[str], seen: Evidence) -> Iterator[Violation]:
    calls = seen.target.of(question.item, question.kind)
    told = any(UNKNOWN in reply for reply in replies)
    if not question.ended:
        yield Violation("no message lost", question, "it never came to an end")
    if question.ended and question.expects_answer and len(replies) != 1:
        rule = "no reply twice" if replies else "no message lost"
        yield Violation(rule, question, f"{len(replies)} answers")
    if question.kind != "look-up":
        yield from _written(question, calls, told)
    yield from _unknown(question, told, seen)


def _written(question: Question, calls: Sequence[Call], told: bool) -> Iterator[Violation]:
    if not question.expects_answer:
        if calls:
            yield Violation("no write without a yes", question, f"{len(calls)} calls after a no")
        return
    if question.kind == "keyed":
        if len({call.key for call in calls}) > 1 or any(not call.key for call in calls):
            yield Violation("no write twice", question, f"keys {[call.key for call in calls]}")
    elif len(calls) > 1:
        yield Violation("no write twice", question, f"{len(calls)} calls")
    if question.ended and not calls and not told:
        yield Violation("no write lost without a word", question, "the target never heard of it")


def _unknown(question: Question, told: bool, seen: Evidence) -> Iterator[Violation]:
    kept = question.item in seen.unknown_rows
    if told != kept:
        yield Violation("unknown: told, and kept", question, f"told {told}, kept {kept}")
    if told and not any(question.asked <= death <= question.ended for death in seen.deaths):
        yield Violation("unknown: only where a process died", question, "nothing died meanwhile")


def _replies(faces: Iterable[Face]) -> Callable[[Question], list[str]]:
    """All answers that stand anywhere, by platform."""
    texts = {face.name: [said.text for said in face.everything() if not said.is_card] for face in faces}
    return lambda question: [text for text in texts.get(question.face, ()) if answer_to(question.item) in text]


def story(violation: Violation, seen: Evidence, began: float) -> str:
    """What happened to the question, in order, with the deaths of processes in between."""
    question = violation.question
    calls = seen.target.of(question.item, question.kind)
    last = question.ended or max((at for at, _ in question.story), default=began)
    events = [
        *question.story,
        *((call.at, f"target: {call.kind} {call.item}{' (answered)' if call.answered else ''}") for call in calls),
        *((death, "a process died") for death in seen.deaths if question.asked <= death <= last + 5),
    ]
    lines = [f"  {at - began:8.2f}  {words}" for at, words in sorted(events, key=lambda event: event[0])]
    return "\n".join((f"{violation.rule}: {question.item} ({violation.detail})", *lines))
