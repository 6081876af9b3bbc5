"""Why cron is read by our own parser: APScheduler 3's ``CronTrigger.from_crontab`` reads another language.

It counts weekdays from Monday = 0, so the specification's own "0 9 * * 1", every Monday, fires on Tuesdays there. When
one of these fails, APScheduler has come round to cron and ``bot.scheduling.cron`` is worth a second look.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.scheduling.cron import Cron

cron_trigger = pytest.importorskip("apscheduler.triggers.cron").CronTrigger

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = datetime(2026, 11, 21, 12, tzinfo=UTC)


def theirs(text: str, start: datetime, count: int) -> list[datetime]:
    trigger = cron_trigger.from_crontab(text, timezone=BERLIN)
    moments: list[datetime] = []
    last, now = None, start
    for _ in range(count):
        last = trigger.get_next_fire_time(last, now)
        moments.append(last)
        now = last + timedelta(seconds=1)
    return moments


def ours(text: str, start: datetime, count: int) -> list[datetime]:
    moments = Cron.parse(text).between(start, start + timedelta(days=400), BERLIN)
    return [next(moments).astimezone(BERLIN) for _ in range(count)]


def test_the_number_of_monday_is_one() -> None:
    assert f"{ours('0 9 * * 1', SATURDAY, 1)[0]:%A}" == "Monday"
    assert f"{theirs('0 9 * * 1', SATURDAY, 1)[0]:%A}" == "Tuesday"


def test_seven_is_sunday() -> None:
    assert f"{ours('0 9 * * 7', SATURDAY, 1)[0]:%A}" == "Sunday"
    with pytest.raises(ValueError, match="higher than"):
        cron_trigger.from_crontab("0 9 * * 7", timezone=BERLIN)


def test_either_day_field_is_enough() -> None:
    assert [moment.day for moment in ours("0 9 24 * fri", SATURDAY, 2)] == [24, 27]
    assert theirs("0 9 24 * fri", SATURDAY, 1)[0].date().isoformat() == "2027-09-24"


def test_a_fixed_time_fires_once_in_autumn() -> None:
    evening = datetime(2026, 10, 24, 20, tzinfo=UTC)

    assert [moment.day for moment in ours("30 2 * * *", evening, 2)] == [25, 26]
    assert [moment.day for moment in theirs("30 2 * * *", evening, 2)] == [25, 25]


def test_names_are_read() -> None:
    assert ours("@daily", SATURDAY, 1)
    with pytest.raises(ValueError, match="Wrong number of fields"):
        cron_trigger.from_crontab("@daily", timezone=BERLIN)
