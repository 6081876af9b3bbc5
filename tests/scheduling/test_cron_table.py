"""Cron by the table: every weekday, every kind of range, step and list, leap days, the turn of the year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from bot.scheduling.cron import NAMES, Cron

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")
SUNDAY = date(2026, 11, 22)

NAMED = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

WEEKDAYS = [
    *((str(number), {number}) for number in range(7)),
    ("7", {0}),
    *((name, {number}) for number, name in enumerate(NAMED)),
    *((name.upper(), {number}) for number, name in enumerate(NAMED)),
    *((f"{low}-{high}", set(range(low, high + 1))) for low in range(7) for high in range(low, 7)),
    *((f"{low}-7", {number % 7 for number in range(low, 8)}) for low in range(8)),
    *((f"{NAMED[low]}-{NAMED[high]}", set(range(low, high + 1))) for low in range(1, 7) for high in range(low, 7)),
    *((f"{NAMED[low]}-sun", {number % 7 for number in range(low, 8)}) for low in range(1, 7)),
    *((f"{low},{high}", {low, high}) for low in range(7) for high in range(7)),
    *((f"*/{step}", {number % 7 for number in range(0, 8, step)}) for step in range(1, 8)),
    *((f"1-7/{step}", {number % 7 for number in range(1, 8, step)}) for step in range(1, 7)),
    ("*", set(range(7))),
    ("mon,wed-fri,7", {0, 1, 3, 4, 5}),
    ("1-3,5-7/2", {1, 2, 3, 5, 0}),
]


@pytest.mark.parametrize(("field", "expected"), WEEKDAYS, ids=str)
def test_each_weekday_field_fires_on_its_days(field: str, expected: set[int]) -> None:
    cron = Cron.parse(f"0 9 * * {field}")
    week = datetime(2026, 11, 22, tzinfo=UTC)

    moments = list(cron.between(week, week + timedelta(days=7), UTC_ZONE))

    assert {(moment.date() - SUNDAY).days for moment in moments} == expected
    assert len(moments) == len(expected)
    assert all((moment.hour, moment.minute) == (9, 0) for moment in moments)


FIELDS = [
    ("minutes", "0", [0]),
    ("minutes", "59", [59]),
    ("minutes", "*", list(range(60))),
    ("minutes", "*/15", [0, 15, 30, 45]),
    ("minutes", "*/7", [0, 7, 14, 21, 28, 35, 42, 49, 56]),
    ("minutes", "5-59/15", [5, 20, 35, 50]),
    ("minutes", "10-12,40,50-54/2", [10, 11, 12, 40, 50, 52, 54]),
    ("minutes", "30,30,0", [0, 30]),
    ("minutes", "007", [7]),
    ("hours", "0,23", [0, 23]),
    ("hours", "9-17", list(range(9, 18))),
    ("hours", "*/6", [0, 6, 12, 18]),
    ("hours", "22-23,0-2", [0, 1, 2, 22, 23]),
    ("days", "1-7/3", [1, 4, 7]),
    ("days", "*/10", [1, 11, 21, 31]),
    ("days", "31", [31]),
    ("months", "jan,JUL", [1, 7]),
    ("months", "nov-dec", [11, 12]),
    ("months", "*/3", [1, 4, 7, 10]),
    ("months", "2-11/4", [2, 6, 10]),
]
PLACES = ("minutes", "hours", "days", "months")


@pytest.mark.parametrize(("place", "text", "expected"), FIELDS)
def test_each_field_names_its_numbers(place: str, text: str, expected: list[int]) -> None:
    fields = ["*"] * 5
    fields[PLACES.index(place)] = text

    assert list(getattr(Cron.parse(" ".join(fields)), place)) == expected


@pytest.mark.parametrize("step", range(1, 60))
def test_each_step_of_minutes_begins_anew_every_hour(step: int) -> None:
    start = datetime(2026, 5, 5, 9, 59, tzinfo=UTC)

    moments = Cron.parse(f"*/{step} * * * *").between(start, start + timedelta(hours=1), UTC_ZONE)

    assert [moment.minute for moment in moments] == list(range(0, 60, step))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 0 13 * 5", [5, 12, 13, 19, 26]),  # neither begins with *: the 13th and every Friday
        ("0 0 13 * *", [13]),
        ("0 0 * * 5", [5, 12, 19, 26]),
        ("0 0 */2 * 5", [5, 19]),  # */2 begins with *: odd days that are Fridays
        ("0 0 13 * */5", []),  # */5 begins with *: the 13th when it is a Sunday or Friday; here it is a Saturday
        ("0 0 1-31 * 5", list(range(1, 31))),  # does not begin with *: any day or Fridays
        ("0 0 13 * 0-7", list(range(1, 31))),
        ("0 0 13 * mon-sun", list(range(1, 31))),
        ("0 0 *,13 * 5", [5, 12, 19, 26]),
        ("0 0 13,* * 5", list(range(1, 31))),
    ],
)
def test_days_of_june_2026(text: str, days: list[int]) -> None:
    start = datetime(2026, 5, 31, 23, 59, tzinfo=UTC)

    moments = Cron.parse(text).between(start, datetime(2026, 6, 30, 23, 59, tzinfo=UTC), UTC_ZONE)

    assert [moment.day for moment in moments] == days


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * sun"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
        ("@Hourly", "0 * * * *"),
    ],
)
def test_each_name_is_the_expression_it_stands_for(name: str, same: str) -> None:
    assert Cron.parse(name) == Cron.parse(same)
    assert name.lower() in NAMES


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("0 9 * * *", "2026-12-31 09:00"),
        ("0 * * * *", "2026-12-31 09:00"),
        ("*/15 * * * *", "2026-12-31 08:15"),
        ("0 9 * * 1", "2027-01-04 09:00"),
        ("0 0 1 1 *", "2027-01-01 00:00"),
        ("59 23 31 12 *", "2026-12-31 23:59"),
        ("30 8 31 12 *", "2026-12-31 08:30"),
        ("0 8 31 12 *", "2027-12-31 08:00"),
    ],
)
def test_the_end_of_the_year_in_berlin(text: str, first: str) -> None:
    moment = Cron.parse(text).next_after(datetime(2026, 12, 31, 7, 0, tzinfo=UTC), BERLIN)

    assert moment is not None
    assert f"{moment.astimezone(BERLIN):%Y-%m-%d %H:%M}" == first


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("0 9 29 2 *", [2028, 2032, 2036]),
        ("0 9 29 2 */7", [2032, 2060, 2088]),  # a 29 February that is a Sunday
    ],
)
def test_leap_days(text: str, years: list[int]) -> None:
    moments = Cron.parse(text).between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2095, 1, 1, tzinfo=UTC), BERLIN)

    found = list(islice(moments, 3))

    assert [moment.year for moment in found] == years
    assert all((moment.month, moment.day) == (2, 29) for moment in found)


def test_2100_is_no_leap_year() -> None:
    moment = Cron.parse("0 0 29 2 *").next_after(datetime(2096, 3, 1, tzinfo=UTC), UTC_ZONE)

    assert moment == datetime(2104, 2, 29, tzinfo=UTC)


def test_the_31st_passes_over_short_months() -> None:
    moments = Cron.parse("0 0 31 * *").between(
        datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), UTC_ZONE
    )

    assert [moment.month for moment in moments] == [1, 3, 5, 7, 8, 10, 12]


def test_next_is_strictly_after_and_previous_takes_in_its_own_moment() -> None:
    cron, nine = Cron.parse("0 9 * * *"), datetime(2026, 5, 5, 9, tzinfo=UTC)

    assert cron.next_after(nine, UTC_ZONE) == nine + timedelta(days=1)
    assert cron.next_after(nine - timedelta(microseconds=1), UTC_ZONE) == nine
    assert cron.previous_at_or_before(nine, UTC_ZONE) == nine
    assert cron.previous_at_or_before(nine - timedelta(microseconds=1), UTC_ZONE) == nine - timedelta(days=1)


def test_one_stretch_follows_another_without_a_gap_or_a_double() -> None:
    cron, nine = Cron.parse("0 9 * * *"), datetime(2026, 5, 5, 9, tzinfo=UTC)
    day = timedelta(days=1)

    assert list(cron.between(nine - day, nine, UTC_ZONE)) == [nine]
    assert list(cron.between(nine, nine + day, UTC_ZONE)) == [nine + day]


def test_ten_thousand_schedules_find_their_next_time_quickly() -> None:
    crons = [Cron.parse(f"{number % 60} {number % 24} * * {number % 7}") for number in range(10_000)]

    assert all(cron.next_after(datetime(2026, 3, 28, 12, tzinfo=UTC), BERLIN) for cron in crons)
