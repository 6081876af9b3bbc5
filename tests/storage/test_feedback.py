"""The last word of each person on each answer is kept."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.feedback import Feedback
from bot.storage.storage import Storage
from tests.storage.samples import minutes

GOOD = Feedback("t1", "alex", True, minutes(1))


async def test_a_later_word_takes_the_place_of_an_earlier_one(storage: Storage) -> None:
    bad = replace(GOOD, good=False, at=minutes(2), reason="wrong", words="it is 3")

    for given in (GOOD, bad, replace(GOOD, by="sam"), replace(GOOD, turn_id="t2")):
        await storage.feedback.put(given)

    assert await storage.feedback.of_turn("t1") == [replace(GOOD, by="sam"), bad]
