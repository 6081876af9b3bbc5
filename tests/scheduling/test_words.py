"""A schedule is shown in words, and words that can be read back give an equal schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings

from bot.scheduling.cron import Cron
from bot.scheduling.phrases import parse_phrase
from bot.scheduling.upcoming import next_five
from bot.scheduling.words import in_words
from tests.scheduling.reference import Written, expressions, refusal

SIMPLE = [
    ("0 9 * * *", "every day at 09:00"),
    ("0 9 * * 1-5", "every weekday at 09:00"),
    ("0 9 * * mon", "every Monday at 09:00"),
    ("30 8 * * 1,4", "every Monday and Thursday at 08:30"),
    ("0 9 * * 0", "every Sunday at 09:00"),
    ("0 9 * * 6,7", "every Saturday and Sunday at 09:00"),
    ("0 9,17 * * *", "every day at 09:00 and 17:00"),
    ("0,30 9,17 * * 5", "every Friday at 09:00, 09:30, 17:00 and 17:30"),
    ("* * * * *", "every minute"),
    ("*/15 * * * *", "every 15 minutes"),
    ("0 * * * *", "every hour"),
    ("5 * * * *", "every hour at :05"),
    ("0 */2 * * *", "every 2 hours"),
    ("30 */6 * * *", "every 6 hours at :30"),
    ("*/15 9-17 * * 1-5", "every 15 minutes from 09:00 to 17:45, every weekday"),
    ("0 9-17 * * 1-5", "every hour from 09:00 to 17:00, every weekday"),
    ("* 9 * * *", "every minute from 09:00 to 09:59"),
    ("0 0-23 * * *", "every hour from 00:00 to 23:00"),
    ("*/15 * * 7 1", "every 15 minutes, every Monday in July"),
    ("0 9 1 * *", "on the 1st at 09:00"),
    ("0 17 15 * *", "on the 15th at 17:00"),
    ("0 9 2,3,22,23 * *", "on the 2nd, 3rd, 22nd and 23rd at 09:00"),
    ("0 9 11-13 * *", "on the 11th to 13th at 09:00"),
    ("0 9 1-31 * *", "every day at 09:00"),
    ("0 9 31 * *", "on the 31st (when there is one) at 09:00"),
    ("0 9 29 2 *", "on the 29th of February (when there is one) at 09:00"),
    ("0 9 30 4,6 *", "on the 30th of April and June at 09:00"),
    ("0 9 * 6-8 *", "every day in June to August at 09:00"),
    ("0 9 13 * 5", "on the 13th and also every Friday at 09:00"),
    ("0 9 13 6 5", "on the 13th of June and also every Friday in June at 09:00"),
    ("@yearly", "on the 1st of January at 00:00"),
    ("@weekly", "every Sunday at 00:00"),
    ("@monthly", "on the 1st at 00:00"),
]

EXACT = [
    ("*/7 * * * *", "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour, every day"),
    ("1 */5 * * 1", "at minute 1 of hours 0, 5, 10, 15 and 20, every Monday"),
    ("0-59 9 * * *", "every minute of hour 9, every day"),
    ("0-30 9-11 * * *", "at minutes 0 to 30 of hours 9 to 11, every day"),
    ("0 9 */10 * 1", "every Monday that is the 1st, 11th, 21st and 31st at 09:00"),
    ("0 9 */10 3 1", "every Monday that is the 1st, 11th, 21st and 31st of March at 09:00"),
]


@pytest.mark.parametrize(("text", "words"), SIMPLE)
def test_simple_words_read_back_give_an_equal_schedule(text: str, words: str) -> None:
    assert in_words(Cron.parse(text)) == words
    assert parse_phrase(words) == Cron.parse(text)


@pytest.mark.parametrize(("text", "words"), EXACT)
def test_complicated_schedules_are_told_exactly(text: str, words: str) -> None:
    assert in_words(Cron.parse(text)) == words


@settings(max_examples=400, deadline=None)
@given(expressions)
def test_words_are_never_read_back_as_something_else(written: Written) -> None:
    assume(refusal(Cron.parse, written.text) is None)
    cron = Cron.parse(written.text)

    words = in_words(cron)

    if refusal(parse_phrase, words):
        assert any(exact in words for exact in (" of hour", " of every hour", " that is the "))
    else:
        assert parse_phrase(words) == cron


def test_the_next_five_times_are_shown_on_the_readers_clock() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")

    times = next_five(
        Cron.parse("0 9 * * 1-5"), ZoneInfo("Europe/Berlin"), tokyo, datetime(2026, 10, 22, 12, tzinfo=UTC)
    )

    assert [f"{time:%a %d %b %H:%M}" for time in times] == [
        "Fri 23 Oct 16:00",
        "Mon 26 Oct 17:00",  # Berlin's clock went back an hour
        "Tue 27 Oct 17:00",
        "Wed 28 Oct 17:00",
        "Thu 29 Oct 17:00",
    ]
    assert {time.tzinfo for time in times} == {tokyo}
