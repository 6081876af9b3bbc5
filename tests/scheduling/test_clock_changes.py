"""Both changes of the clock in three zones, by hand. Lord Howe Island moves its clock by half an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.scheduling.cron import Cron

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"

SPRING = {BERLIN: "2026-03-29", NEW_YORK: "2026-03-08", LORD_HOWE: "2026-10-04"}
AUTUMN = {BERLIN: "2026-10-25", NEW_YORK: "2026-11-01", LORD_HOWE: "2026-04-05"}

CASES = [
    # fixed times: once a day, whatever the clock does
    ("30 2 * * *", BERLIN, SPRING, ["03:30+0200"]),
    ("30 2 * * *", BERLIN, AUTUMN, ["02:30+0200"]),
    ("30 2 * * *", NEW_YORK, SPRING, ["03:30-0400"]),
    ("30 1 * * *", NEW_YORK, AUTUMN, ["01:30-0400"]),
    ("15 2 * * *", LORD_HOWE, SPRING, ["02:45+1100"]),
    ("45 1 * * *", LORD_HOWE, AUTUMN, ["01:45+1100"]),
    ("0 2 * * *", BERLIN, SPRING, ["03:00+0200"]),
    ("0 3 * * *", BERLIN, SPRING, ["03:00+0200"]),
    ("0 3 * * *", BERLIN, AUTUMN, ["03:00+0100"]),
    ("59 1 * * *", BERLIN, SPRING, ["01:59+0100"]),
    ("@daily", BERLIN, SPRING, ["00:00+0100"]),
    ("0 9 * * *", BERLIN, SPRING, ["09:00+0200"]),
    ("0 9 * * *", BERLIN, AUTUMN, ["09:00+0100"]),
    # two fixed times that come to one moment are one moment; others come in the order of time
    ("30 2,3 * * *", BERLIN, SPRING, ["03:30+0200"]),
    ("15,45 2,3 * * *", BERLIN, SPRING, ["03:15+0200", "03:45+0200"]),
    ("0,30 2 * * *", BERLIN, SPRING, ["03:00+0200", "03:30+0200"]),
    ("30 1-3 * * *", BERLIN, AUTUMN, ["01:30+0200", "02:30+0200", "03:30+0100"]),
    # what follows the clock: none in the hour that is skipped, again in the hour that comes again
    ("*/30 2 * * *", BERLIN, SPRING, []),
    ("*/30 2 * * *", BERLIN, AUTUMN, ["02:00+0200", "02:30+0200", "02:00+0100", "02:30+0100"]),
    ("30 */2 * * 0", LORD_HOWE, SPRING, [f"{hour:02}:30+1100" if hour else "00:30+1030" for hour in range(0, 24, 2)]),
    (
        "*/15 1 * * *",
        LORD_HOWE,
        AUTUMN,
        ["01:00+1100", "01:15+1100", "01:30+1100", "01:45+1100", "01:30+1030", "01:45+1030"],
    ),
    ("*/20 1 * * *", NEW_YORK, AUTUMN, [f"01:{m:02}{o}" for o in ("-0400", "-0500") for m in (0, 20, 40)]),
    ("*/20 2 * * *", NEW_YORK, SPRING, []),
]


@pytest.mark.parametrize(("text", "name", "season", "expected"), CASES)
def test_the_day_of_a_change(text: str, name: str, season: dict[str, str], expected: list[str]) -> None:
    zone, cron = ZoneInfo(name), Cron.parse(text)
    day = datetime.fromisoformat(season[name]).replace(tzinfo=zone)
    start = day.astimezone(UTC) - timedelta(minutes=1)
    end = (day + timedelta(hours=23, minutes=59)).astimezone(UTC)

    moments = [moment.astimezone(zone) for moment in cron.between(start, end, zone)]

    assert [f"{moment:%H:%M%z}" for moment in moments] == expected
    assert sorted(moments, key=datetime.timestamp) == moments


@pytest.mark.parametrize("text", ["*/30 * * * *", "0 * * * *", "*/15 * * * *"])
@pytest.mark.parametrize("name", [BERLIN, NEW_YORK])
@pytest.mark.parametrize("season", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_what_follows_the_clock_stays_evenly_spaced(text: str, name: str, season: dict[str, str]) -> None:
    zone = ZoneInfo(name)
    noon = datetime.fromisoformat(season[name]).replace(tzinfo=UTC)

    moments = list(Cron.parse(text).between(noon - timedelta(days=1), noon + timedelta(days=1), zone))

    assert len({later - earlier for earlier, later in pairwise(moments)}) == 1


@pytest.mark.parametrize("name", [BERLIN, NEW_YORK, LORD_HOWE])
@pytest.mark.parametrize("minute", [0, 15, 30, 45])
@pytest.mark.parametrize("hour", range(24))
def test_each_fixed_time_fires_once_on_each_day_of_the_year(hour: int, minute: int, name: str) -> None:
    zone = ZoneInfo(name)
    start = datetime(2026, 1, 1, tzinfo=zone).astimezone(UTC) - timedelta(minutes=1)

    moments = list(Cron.parse(f"{minute} {hour} * * *").between(start, start + timedelta(days=365), zone))

    assert len({moment.astimezone(zone).date() for moment in moments}) == len(moments) == 365


def test_a_day_that_a_place_left_out_fires_when_it_would_have_been() -> None:
    samoa = ZoneInfo("Pacific/Apia")

    moment = Cron.parse("0 9 30 12 *").next_after(datetime(2011, 12, 1, tzinfo=UTC), samoa)

    assert moment is not None
    assert f"{moment.astimezone(samoa):%m-%d %H:%M}" == "12-31 09:00"
