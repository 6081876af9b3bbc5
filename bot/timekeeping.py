"""Schedules that fire, composed over a running service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.app import Service
from bot.ports import Outgoing
from bot.scheduling.alarm import Alarm
from bot.scheduling.firing import Firer
from bot.scheduling.scheduler import FIRE, Pace, Parts, Scheduler


def open_firing(service: Service, outgoing: Outgoing) -> None:
    """Have what fired done here; results go to ``outgoing``."""
    records = service.records
    firer = Firer(records.storage.schedules, records.catalogue, service.errands, outgoing, service.clock)
    service.work.add({FIRE: firer}, {FIRE: firer.given_up})


async def keep_time(service: Service, stop: asyncio.Event) -> None:
    """Fire what is due until ``stop``, beside any other process that does so."""
    with Alarm() as alarm:
        await scheduler_of(service, alarm.wait).run(stop)


def scheduler_of(service: Service, wait: Callable[[float], Awaitable[None]]) -> Scheduler:
    """The scheduler of this process; ``wait`` returns after so many seconds."""
    pace = Pace(timedelta(minutes=service.settings.schedule_catch_up_minutes))
    store, dispatcher = service.records.storage.schedules, service.work.dispatcher
    return Scheduler(Parts(store, dispatcher, service.clock, service.new_id, wait, service.metrics), pace)
