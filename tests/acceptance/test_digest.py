"""Leaders get their SLA digest at nine on Monday, in their time zone, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.message import Platform
from bot.domain.post import Address
from bot.storage.storage import Storage
from tests.acceptance.digests import Digests, mondays
from tests.posting.samples import Place

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("zone", "nine"),
    [
        ("Europe/Berlin", datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2027, 3, 29, 7, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 2, 14, 0, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 11, 23, 3, 30, tzinfo=UTC)),
    ],
    ids=["Berlin in winter", "Berlin on the day after the clocks changed", "New York likewise", "Kolkata"],
)
async def test_the_digest_comes_in_the_right_local_minute_once(storage: Storage, zone: str, nine: datetime) -> None:
    places = {platform: Place(platform) for platform in (Platform.SLACK, Platform.DISCORD)}
    digests = Digests(storage, places, storage.turns)
    targets = [Address(platform, "C1") for platform in places]
    schedule = mondays(zone, nine - timedelta(days=3), *targets)
    digests.clock.now = schedule.created_at
    await storage.schedules.add(schedule)

    async with digests.process() as scheduler:
        await digests.at(nine - timedelta(seconds=1), scheduler)
        assert await storage.inbox.unfinished() == []
        await digests.at(nine, scheduler)
        await digests.at(nine + timedelta(seconds=2), scheduler)
        await digests.sent(schedule, 2)
    async with digests.process() as another:
        await digests.at(nine + MINUTE, another)

    for place in places.values():
        (text,) = place.texts()
        assert text.startswith("**Monday SLA digest**\n\n| Ticket | Team | Left |")
        assert text.endswith(f"Planned 09:00, ran 09:00 ({zone}); data as of 09:00.")
    assert len(digests.reports.given) == 1


async def test_the_next_digest_tells_what_changed(storage: Storage) -> None:
    nine = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    slack = Place(Platform.SLACK)
    digests = Digests(storage, {Platform.SLACK: slack}, storage.turns)
    schedule = mondays("Europe/Berlin", nine - timedelta(days=3), Address(Platform.SLACK, "C1"))
    digests.clock.now = schedule.created_at
    await storage.schedules.add(schedule)

    async with digests.process() as scheduler:
        await digests.at(nine, scheduler)
        await digests.sent(schedule, 1)
        await digests.at(nine + timedelta(weeks=1), scheduler)
        await digests.sent(schedule, 2)

    assert "Since last time" not in slack.texts()[0]
    assert "**Since last time**\n\n- New: #4402, Billing" in slack.texts()[1]
