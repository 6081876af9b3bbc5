"""Any expression in any zone fires exactly when a minute-by-minute look says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.scheduling.cron import Cron
from tests.scheduling.reference import Part, Written, expressions, refusal

ALL_MONTHS = Part("*", frozenset(range(1, 13)))
ALL_DAYS = Part("*", frozenset(range(1, 32)))
ALL_WEEKDAYS = Part("*", frozenset(range(8)))

CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/New_York", "2026-03-08T07:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Australia/Sydney", "2026-10-03T16:00Z"),
    ("Europe/Dublin", "2026-03-29T01:00Z"),
    ("America/Havana", "2026-03-08T05:00Z"),
    ("America/Santiago", "2026-09-06T04:00Z"),
    ("America/Santiago", "2026-04-05T03:00Z"),
    ("Africa/Casablanca", "2026-02-15T02:00Z"),
    ("Antarctica/Troll", "2026-03-29T01:00Z"),
    ("Antarctica/Troll", "2026-10-25T01:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),
    ("Asia/Kathmandu", "2026-02-28T12:00Z"),
    ("UTC", "2028-02-29T12:00Z"),
    ("Asia/Kolkata", "2026-12-31T18:30Z"),
]
"""Zone and the moment in UTC round which the stretch lies: mostly a clock change."""

clock_fields = st.tuples(expressions, st.booleans()).map(
    lambda both: (
        Written(both[0].minute, both[0].hour, ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS)
        if both[1]
        else both[0]  # often enough
    )
)


def read(written: Written) -> Cron:
    """Parse it; what can never fire is not looked at here."""
    refused = refusal(Cron.parse, written.text)
    assert refused is None or "never fire" in str(refused)
    assume(refused is None)
    return Cron.parse(written.text)


@settings(max_examples=200, deadline=None)
@given(clock_fields, st.sampled_from(CHANGES), st.integers(-1500, 600), st.integers(1, 1500))
@example(
    Written(Part("30", frozenset({30})), Part("2", frozenset({2})), ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS),
    CHANGES[0],
    -600,
    1500,
)
def test_it_fires_when_a_look_at_every_minute_says_so(
    written: Written, change: tuple[str, str], before: int, length: int
) -> None:
    cron, zone = read(written), ZoneInfo(change[0])
    start = datetime.fromisoformat(change[1]) + timedelta(minutes=before)
    end = start + timedelta(minutes=length)

    expected = list(written.moments(start, end, zone))

    assert list(cron.between(start, end, zone)) == expected
    backwards = []
    moment = cron.previous_at_or_before(end, zone)
    while moment is not None and moment > start:
        backwards.append(moment)
        moment = cron.previous_at_or_before(moment - timedelta(microseconds=1), zone)
    assert backwards[::-1] == expected


@settings(max_examples=200, deadline=None)
@given(
    expressions,
    st.sampled_from(sorted({zone for zone, _ in CHANGES})),
    st.integers(0, 100 * 365 * 24 * 3600).map(
        lambda second: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    ),
)
def test_next_and_previous_are_neighbours(written: Written, name: str, moment: datetime) -> None:
    cron, zone = read(written), ZoneInfo(name)

    later, earlier = cron.next_after(moment, zone), cron.previous_at_or_before(moment, zone)

    assert later is not None
    assert earlier is not None
    assert earlier <= moment < later
    assert cron.previous_at_or_before(later - timedelta(microseconds=1), zone) == earlier
    assert cron.next_after(earlier, zone) == later
    assert cron.previous_at_or_before(later, zone) == later
    assert later.tzinfo is UTC


@given(st.text(max_size=60) | st.text("0123456789*/,-LW#?@ monjan", max_size=30))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    refused = refusal(Cron.parse, text)

    if refused is None:
        assert Cron.parse(Cron.parse(text).text) == Cron.parse(text)
    else:
        assert refused.faults
        assert all(fault.where and fault.problem and fault.mend for fault in refused.faults)
        assert "\x1b" not in str(refused)


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(ValueError, match="time zone"):
        Cron.parse("@daily").next_after(naive, ZoneInfo("UTC"))


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_calendar_ends_without_an_error(zone: str) -> None:
    cron = Cron.parse("@yearly")

    assert cron.next_after(datetime.max.replace(tzinfo=UTC), ZoneInfo(zone)) is None
    assert cron.previous_at_or_before(datetime.min.replace(tzinfo=UTC), ZoneInfo(zone)) is None
