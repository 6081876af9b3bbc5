"""What is no cron expression is refused with what, where and how to mend it, all at once."""

from __future__ import annotations

import pytest

from bot.domain.schedule import ScheduleRefused
from bot.errors import DeskhandError
from bot.scheduling.cron import Cron

FAULTS = [
    ("", "cron expression", "empty", "0 9 * * 1"),
    ("   ", "cron expression", "empty", "0 9 * * 1"),
    ("0 9 * *", "cron expression", "4 fields", "0 9 * * 1"),
    ("9", "cron expression", "1 field,", "0 9 * * 1"),
    ("0 0 9 * * 1", "cron expression", "6 fields", "seconds"),
    ("0 0 9 * * 1 2026", "cron expression", "7 fields", "years"),
    ("CRON_TZ=UTC 0 9 * * 1", "cron expression", "CRON_TZ=UTC", "zone is set beside it"),
    (",".join(["1"] * 150) + " * * * *", "cron expression", "200 characters", "ranges"),
    ("@reboot", '"@reboot"', "names no time", "@daily"),
    ("@noon", '"@noon"', "not a name", "@daily"),
    ("60 * * * *", "minute field", '"60" is out of its range', "0 to 59"),
    ("* 24 * * *", "hour field", '"24" is out of its range', "0 to 23"),
    ("* * 0 * *", "day of the month field", '"0" is out of its range', "1 to 31"),
    ("* * 32 * *", "day of the month field", '"32" is out of its range', "1 to 31"),
    ("* * * 13 *", "month field", '"13" is out of its range', "1 to 12"),
    ("* * * 0 *", "month field", '"0" is out of its range', "1 to 12"),
    ("* * * * 8", "weekday field", '"8" is out of its range', "0 to 7"),
    ("-1 * * * *", "minute field", "cannot be read", "*/15"),
    ("1- * * * *", "minute field", "cannot be read", "*/15"),
    ("a * * * *", "minute field", "cannot be read", "*/15"),
    ("1.5 * * * *", "minute field", "cannot be read", "*/15"),
    ("² * * * *", "minute field", "cannot be read", "*/15"),
    ("1,,2 * * * *", "minute field", "empty place", "comma"),
    ("*/0 * * * *", "minute field", "step of 0", "1 or more"),
    ("*/60 * * * *", "minute field", "all but its first", "smaller step"),
    ("* 9-17/9 * * *", "hour field", "all but its first", "smaller step"),
    ("*/-5 * * * *", "minute field", "cannot be read", "*/15"),
    ("5/15 * * * *", "minute field", "no range", "5-59/15"),
    ("* 22-2 * * *", "hour field", "backwards", "22-23,0-2"),
    ("* * * * sat-mon", "weekday field", "backwards", "sat-7,0-mon"),
    ("* * * * monday", "weekday field", "too long", '"mon"'),
    ("* * * january *", "month field", "too long", '"jan"'),
    ("* mon * * *", "hour field", "is a name", "5th"),
    ("0 9 ? * 1", "day of the month field", '"?"', '"*"'),
    ("0 9 L * *", "day of the month field", "L, W or #", "1st of the next"),
    ("0 9 L-3 * *", "day of the month field", "L, W or #", "1st of the next"),
    ("0 9 LW * *", "day of the month field", "L, W or #", "1st of the next"),
    ("0 9 15W * *", "day of the month field", "L, W or #", "1st of the next"),
    ("0 9 * * 5L", "weekday field", "L, W or #", "1st of the next"),
    ("0 9 * * friL", "weekday field", "L, W or #", "1st of the next"),
    ("0 9 * * 5#3", "weekday field", "L, W or #", "1st of the next"),
    ("0 9 * * mon#1", "weekday field", "L, W or #", "1st of the next"),
    ("0 0 31 2 *", "day of the month field", "never fire", "up to 29"),
    ("0 0 30 2 *", "day of the month field", "never fire", "up to 29"),
    ("0 0 30-31 feb *", "day of the month field", "never fire", "up to 29"),
    ("0 0 31 4,6,9,11 *", "day of the month field", "never fire", "up to 30"),
    ("0 0 31 2 */2", "day of the month field", "never fire", "up to 29"),
]


@pytest.mark.parametrize(("text", "where", "problem", "mend"), FAULTS, ids=[fault[0][:30] for fault in FAULTS])
def test_each_fault_says_what_where_and_how_to_mend_it(text: str, where: str, problem: str, mend: str) -> None:
    with pytest.raises(ScheduleRefused) as caught:
        Cron.parse(text)

    (fault,) = caught.value.faults
    assert fault.where == where
    assert problem in fault.problem
    assert mend in fault.mend
    assert isinstance(caught.value, DeskhandError)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ScheduleRefused) as caught:
        Cron.parse("61,x 25 L feb#2 monday")

    assert [fault.where for fault in caught.value.faults] == [
        "minute field",
        "minute field",
        "hour field",
        "day of the month field",
        "month field",
        "weekday field",
    ]
    assert str(caught.value).count("\n") == 5


def test_what_was_typed_is_shown_in_one_harmless_short_line() -> None:
    with pytest.raises(ScheduleRefused) as caught:
        Cron.parse(f"\x1b[31m{'x' * 90} * * * *")

    assert "\\x1b[31mx" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert "x" * 60 not in str(caught.value)


def test_a_day_that_never_comes_is_no_fault_beside_a_weekday() -> None:
    assert Cron.parse("0 0 31 2 1").either
