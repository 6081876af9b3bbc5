"""The simple forms beside cron."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.schedule import ScheduleRefused
from bot.scheduling.phrases import parse_phrase, read_schedule
from tests.scheduling.reference import refusal

PHRASES = [
    ("every weekday at 9:00", "0 9 * * 1-5"),
    ("every monday at 09:00", "0 9 * * 1"),
    ("every monday and thursday at 8:30", "30 8 * * 1,4"),
    ("every Monday, Wednesday, and Friday at 8:30.", "30 8 * * 1,3,5"),
    ("daily at 7", "0 7 * * *"),
    ("each day at 7", "0 7 * * *"),
    ("every hour", "0 * * * *"),
    ("hourly", "0 * * * *"),
    ("every hour at minute 5", "5 * * * *"),
    ("every 15 minutes", "*/15 * * * *"),
    ("every  15  MINUTES", "*/15 * * * *"),
    ("every half hour", "*/30 * * * *"),
    ("every 60 minutes", "0 * * * *"),
    ("every 120 minutes", "0 */2 * * *"),
    ("every 3 hours", "0 */3 * * *"),
    ("every minute", "* * * * *"),
    ("every 15 minutes on weekdays", "*/15 * * * 1-5"),
    ("every 30 minutes between 9:00 and 17:30 every weekday", "*/30 9-17 * * 1-5"),
    ("every 2 hours from 8 am to 6 pm", "0 8,10,12,14,16,18 * * *"),
    ("on the 1st at 9:00", "0 9 1 * *"),
    ("monthly on the 15th at 17:00", "0 17 15 * *"),
    ("every month on the 1st and the 15th at 9:00", "0 9 1,15 * *"),
    ("on the 1st of every month at 9:00", "0 9 1 * *"),
    ("on the first of the month at 9:00", "0 9 1 * *"),
    ("every 15th of the month at 9:00", "0 9 15 * *"),
    ("yearly on the 24th of december at 8:00", "0 8 24 12 *"),
    ("mondays at 9am", "0 9 * * 1"),
    ("weekly on monday at 5 pm", "0 17 * * 1"),
    ("at noon every friday", "0 12 * * 5"),
    ("every day at midnight", "0 0 * * *"),
    ("every day at 12 am", "0 0 * * *"),
    ("every day at 12:30 p.m.", "30 12 * * *"),
    ("every weekend at 10", "0 10 * * 0,6"),
    ("monday to friday at 9", "0 9 * * 1-5"),
    ("mon-fri at 9", "0 9 * * 1-5"),
    ("friday to monday at 9", "0 9 * * 0,1,5,6"),
    ("every monday in july and august at 9", "0 9 * 7,8 1"),
    ("every day at 9:00, 12:00 and 17:00", "0 9,12,17 * * *"),
]


@pytest.mark.parametrize(("phrase", "cron"), PHRASES)
def test_each_phrase_is_the_cron_that_a_person_means(phrase: str, cron: str) -> None:
    assert parse_phrase(phrase).text == cron


REFUSED = [
    ("", "days", "not understood"),
    ("hello", "days", "not understood"),
    ("every day", "time", 'Write "every day at 9:00"'),
    ("every monday", "time", 'Write "every monday at 9:00"'),
    ("every day at 25:00", "time", "no time of the day"),
    ("every day at 9:60", "time", "no time of the day"),
    ("every day at 13 pm", "time", "no time of the day"),
    ("every day at lunch", "time", "not understood"),
    ("every day at 9:00 and 17:30", "time", "Set up one for each"),
    ("every 7 minutes", "interval", "15, 20 or 30 minutes"),
    ("every 90 minutes", "interval", "20 or 30 minutes"),
    ("every 0 minutes", "interval", "20 or 30 minutes"),
    ("every 5 hours", "interval", "8 or 12 hours"),
    ("every 24 hours", "interval", "8 or 12 hours"),
    ("every hour at :75", "minute", "out of its range"),
    ("every 15 minutes at :05", "minute", 'Write "every 15 minutes"'),
    ("every 15 minutes from 9:00 to 17:00", "time", '"from 9:00 to 17:45"'),
    ("every hour from 22:00 to 6:00", "time", "on one day"),
    ("every other day at 9:00", "days", "cron cannot say"),
    ("every first monday at 9:00", "days", "cron cannot say"),
    ("every 2nd at 9:00", "days", 'Write "on the 2nd"'),
    ("every hour at :15 from 9:00 to 17:00", "time", '"from 9:15 to 17:15"'),
    ("every monday and also every friday at 9:00", "days", "two schedules"),
    ("every day in july to march at 9:00", "days", "not understood"),
    ("on the last day of the month at 9:00", "days", "1st of the next"),
    ("monthly at 9:00", "days", "on which day"),
    ("weekly at 9:00", "days", "on which day"),
    ("monthly on monday at 9:00", "days", "on which day"),
    ("yearly on the 1st at 9:00", "days", "on which day"),
    ("on the 32nd at 9:00", "days", "not understood"),
    ("on the 31st of february at 9:00", "day of the month field", "never fire"),
    ("every day in smarch at 9:00", "days", "not understood"),
    ("every day " * 40, "schedule", "200 characters"),
]


@pytest.mark.parametrize(("phrase", "where", "words"), REFUSED, ids=[refused[0][:40] for refused in REFUSED])
def test_what_cron_cannot_say_is_refused_with_a_way_out(phrase: str, where: str, words: str) -> None:
    with pytest.raises(ScheduleRefused) as caught:
        parse_phrase(phrase)

    assert [fault.where for fault in caught.value.faults] == [where]
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["0 9 * * 1", " 0 9 * * mon ", "@weekly", "*/5 * * * *", "every monday at 9:00"])
def test_one_door_takes_cron_and_words(text: str) -> None:
    assert read_schedule(text).minutes[0] == 0


@pytest.mark.parametrize("text", ["0 0 9 * * 1", "0 9 * *", "@noon", "* * * *"])
def test_broken_cron_is_told_as_cron(text: str) -> None:
    with pytest.raises(ScheduleRefused, match="field"):
        read_schedule(text)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    refused = refusal(read_schedule, text)

    faults = refused.faults if refused else ()
    assert all(fault.where and fault.problem and fault.mend for fault in faults)
    assert all(char.isprintable() for fault in faults for char in str(fault))
