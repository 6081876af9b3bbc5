"""People who ask, wait for a card, press a button and wait for the answer, whatever happens to the service."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.faces import Face, Said
from tests.chaos.model import answer_to

PATIENCE = 300.0
"""Seconds after which a question without an end is lost."""
_LOOK = 0.2
_PRESS_AGAIN = 1.0
"""Seconds after which a person presses once more who was told that the press did not work. What was acknowledged is
never pressed again: it has to be carried out."""
UNKNOWN = "not known"
"""Words of an answer about a write whose end nobody knows."""


@dataclass
class Question:
    """One message and what became of it. ``story`` is what happened, with seconds since the start of the run."""

    item: str
    kind: str
    who: str
    confirms: bool = True
    late: float = 0.0
    """Seconds that the person thinks before pressing."""
    face: str = ""
    asked: float = 0.0
    ended: float = 0.0
    pressed: float = 0.0
    heard: bool = False
    """The platform told the person that the press arrived."""
    story: list[tuple[float, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return f"please {self.kind} {self.item}"

    @property
    def needs_press(self) -> bool:
        return self.kind == "change"

    @property
    def expects_answer(self) -> bool:
        return self.confirms or not self.needs_press

    def tell(self, words: str) -> None:
        self.story.append((time.monotonic(), words))


class Office:
    """Asks questions on one platform, a conversation at a time per desk."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.questions: list[Question] = []

    async def converse(self, questions: Sequence[Question]) -> None:
        """One conversation: each question once the one before it has its end."""
        thread: Any = None
        for question in questions:
            self.questions.append(question)
            question.face = self.face.name
            question.asked = time.monotonic()
            question.tell(f"{question.who} asks on {self.face.name}: {question.text}")
            thread = await self.face.ask(question.who, question.text, thread)
            if not await self._ended(question, thread):
                return

    async def _ended(self, question: Question, thread: Any) -> bool:
        """Wait for the end, pressing what there is to press; false if patience ran out."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            said = list(self.face.said(thread))
            card = next((each for each in said if each.asks and question.item in each.text), None)
            if card:
                await self._press(question, card)
            elif _is_over(question, said):
                question.ended = time.monotonic()
                question.tell("has its end")
                return self.face.thread_is_open(thread)
            await asyncio.sleep(_LOOK)
        question.tell("gave up waiting")
        return False

    async def _press(self, question: Question, card: Said) -> None:
        now = time.monotonic()
        if question.heard or (question.pressed and now - question.pressed < _PRESS_AGAIN):
            return
        if not question.pressed:
            question.tell("sees the card")
            await asyncio.sleep(question.late)
        question.pressed = time.monotonic()
        button = "Confirm" if question.confirms else "Cancel"
        try:
            question.heard = await self.face.press(question.who, card, confirm=question.confirms)
        except AssertionError as gone:  # the card changed while the person thought
            question.tell(f"could not press {button}: {gone}")
            return
        question.tell(f"pressed {button}" + ("" if question.heard else ", and was told that it did not work"))


def _is_over(question: Question, said: Sequence[Said]) -> bool:
    if question.expects_answer:
        return any(answer_to(question.item) in each.text for each in said)
    return bool(question.pressed)  # the card has no buttons any more


KINDS = ("look-up",) * 14 + ("change",) * 3 + ("note",) * 2 + ("keyed",)
"""Three in ten change something."""
WRITES = ("change", "change", "note", "keyed", "look-up")
"""So that few questions pass every point."""


def conversations(
    chance: random.Random, count: int, first: int = 1, kinds: Sequence[str] = KINDS
) -> Iterator[list[Question]]:
    """So many questions, in conversations of one to four."""
    number, last = first, first + count
    while number < last:
        who = f"p{chance.randrange(12):02d}"
        size = min(chance.randint(1, 4), last - number)
        yield [_question(chance, number + place, who, kinds) for place in range(size)]
        number += size


def _question(chance: random.Random, number: int, who: str, kinds: Sequence[str]) -> Question:
    late = chance.choice((0.0, 0.0, 0.0, 3.0))
    return Question(f"T{number:04d}", chance.choice(kinds), who, chance.random() > 0.15, late)
