"""``schedules rehearse`` and ``schedules add --rehearse``: what a post would look like, told to who asks alone."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bot.domain.schedule import Schedule
    from bot.schedules import Timetable
    from bot.settings import Settings

    Choice = Callable[[Timetable, Settings], Awaitable[Schedule]]
    """Finds a schedule that is kept, or reads one that is not."""


async def rehearse(choose: Choice, *, as_json: bool) -> None:
    """Run what only reads, print the post, keep and post nothing. Raises ScheduleRefused with all faults."""
    from bot.app import open_service
    from bot.deliveries import open_rehearsal
    from bot.schedules import Timetable
    from bot.settings import read_settings

    settings = read_settings()
    async with open_service(settings) as service:
        schedule = await choose(Timetable(service.records), settings)
        shown = await open_rehearsal(service).show(schedule, service.person)
    if as_json:
        typer.echo(json.dumps({"text": shown.text, "posted": shown.posted}, ensure_ascii=False, indent=2))
        return
    typer.echo(shown.text)
    would = "would be posted" if shown.posted else "would not be posted"
    typer.echo(f"\nOnly you see this. Now it {would} ({schedule.delivery.post.value}).", err=True)
