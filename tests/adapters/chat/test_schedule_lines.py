"""What people read of schedules in chats."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.adapters.chat.wording import NO_SCHEDULES, schedule_lines
from bot.domain.overview import Overview
from bot.domain.schedule import ScheduleLine

SLA = ScheduleLine("s1", "Monday SLA", "every Monday at 09:00", "UTC", datetime(2026, 11, 23, 9, tzinfo=UTC))


def lines(*schedules: ScheduleLine) -> tuple[str, ...]:
    return schedule_lines(Overview((), (), (), schedules))


def test_each_is_told_in_words_with_its_next_time() -> None:
    assert lines(SLA, replace(SLA, following=None)) == (
        "Monday SLA: every Monday at 09:00 (UTC); next Mon 2026-11-23 09:00",
        "Monday SLA: every Monday at 09:00 (UTC); paused",
    )


def test_none_and_too_many_are_said() -> None:
    assert lines() == (NO_SCHEDULES,)
    assert lines(*[SLA] * 23)[-1] == "and 3 more"
