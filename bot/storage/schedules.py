"""Schedules and their ticks: ``ports.ScheduleStore``, and what changes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, select, update

from bot.domain.schedule import Schedule, Standing, Tick, TickState
from bot.domain.work import Job
from bot.ports import Firing
from bot.storage import codec
from bot.storage.database import Database
from bot.storage.inbox import put_all, unsettled_lanes
from bot.storage.statements import insert_each_once, insert_once
from bot.storage.tables import schedule_changes, schedules, ticks

GOES_ON = "the run before it still goes on"

_WANTED = schedules.c.id == bindparam("wanted")
_LAST = select(func.max(ticks.c.slot)).where(ticks.c.schedule == schedules.c.id).scalar_subquery()
_TAKEN = exists().where(ticks.c.schedule == schedules.c.id, ticks.c.slot == schedules.c.asked_at)
_CHANGES = (
    select(schedules, _LAST.label("last"), _TAKEN.label("taken"))
    .where(schedules.c.version > bindparam("since"))
    .order_by(schedules.c.version)
    .limit(bindparam("most"))
)
_KEPT = select(schedules).where(schedules.c.removed.is_(False))
_ALL = _KEPT.order_by(schedules.c.created_at, schedules.c.id)
_ONE = _KEPT.where(_WANTED)
_CHANGE = update(schedules).where(_WANTED, schedules.c.removed.is_(False))
_COUNT = update(schedule_changes).values(number=schedule_changes.c.number + 1)
_NUMBER = select(schedule_changes.c.number)
_WON = select(ticks.c.schedule, ticks.c.slot).where(
    ticks.c.taken_by == bindparam("taker"), ticks.c.state == TickState.CLAIMED.value
)
_OF_TICK = (ticks.c.schedule == bindparam("whose"), ticks.c.slot == bindparam("moment"))
_SETTLE = update(ticks).where(*_OF_TICK).values(state=bindparam("ended"), reason=bindparam("why"))
_LATEST = (
    select(ticks)
    .where(ticks.c.schedule == bindparam("whose"))
    .order_by(ticks.c.slot.desc())
    .limit(bindparam("most"))
)  # fmt: skip
_LATER = ticks.alias()
_FORGET = delete(ticks).where(
    ticks.c.slot < bindparam("before"),
    ticks.c.state != TickState.CLAIMED.value,
    exists().where(_LATER.c.schedule == ticks.c.schedule, _LATER.c.slot > ticks.c.slot),
)


class ScheduleRows:
    """A row for each schedule; it stays when the schedule is removed, so that every process hears of it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def changes(self, since: int, most: int) -> Sequence[Standing]:
        """Schedules that changed after change number ``since``, in the order of their changes."""
        given = {"since": since, "most": most}
        rows = await self.database.read(lambda connection: connection.execute(_CHANGES, given).all())
        return [_standing(row) for row in rows]

    async def all(self) -> Sequence[Standing]:
        """Those that are not removed, oldest first, in one go: for lists."""
        rows = await self.database.read(lambda connection: connection.execute(_ALL).all())
        return [_read(row) for row in rows]

    async def get(self, schedule_id: str) -> Schedule | None:
        """One schedule; None if there is none, it is removed or cannot be read."""
        given = {"wanted": schedule_id}
        row = await self.database.read(lambda connection: connection.execute(_ONE, given).first())
        return _read(row).schedule if row else None

    async def add(self, schedule: Schedule) -> None:
        """Keep a new schedule."""
        row = {
            "id": schedule.id,
            "action": schedule.action,
            "name": schedule.name,
            "cron": schedule.cron,
            "zone": schedule.zone,
            "parameters": json.dumps(dict(schedule.parameters)),
            "delivery": codec.delivery_to_json(schedule.delivery),
            "jitter_seconds": schedule.jitter_seconds,
            "enabled": schedule.enabled,
            "removed": False,
            "created_at": codec.to_micros(schedule.created_at),
            "resumed_at": codec.to_micros(schedule.resumed_at) if schedule.resumed_at else 0,
            "asked_at": 0,
        }

        def added(connection: Connection) -> None:
            insert_once(connection, schedules, {**row, "version": _counted(connection)})

        await self.database.write(added)

    async def pause(self, schedule_id: str) -> bool:
        """Let it fire no more. False if there is none."""
        return await self._change(schedule_id, {"enabled": False})

    async def resume(self, schedule_id: str, at: datetime) -> bool:
        """Let it fire from ``at`` on. False if there is none."""
        return await self._change(schedule_id, {"enabled": True, "resumed_at": codec.to_micros(at)})

    async def ask(self, schedule_id: str, slot: datetime) -> bool:
        """Have it run once as soon as a scheduler sees it; its tick has the slot given. False if there is none."""
        return await self._change(schedule_id, {"asked_at": codec.to_micros(slot)})

    async def remove(self, schedule_id: str) -> bool:
        """Remove it with its ticks. False if there is none."""

        def drop_ticks(connection: Connection) -> None:
            connection.execute(delete(ticks).where(ticks.c.schedule == schedule_id))

        return await self._change(schedule_id, {"removed": True}, drop_ticks)

    async def fire(self, firings: Sequence[Firing], taker: str, at: datetime) -> Sequence[Job]:
        """Keep the ticks that nobody took yet, each with its job, in one transaction; gives the jobs that were won."""
        ordered = sorted(firings, key=lambda firing: (firing.tick.schedule, firing.tick.slot))

        def fired(connection: Connection) -> Sequence[Job]:
            busy = unsettled_lanes(connection, {firing.job.lane for firing in ordered})
            rows = [_tick_row(_held_back(firing, busy), taker, at) for firing in ordered]
            jobs = [firing.job for firing in ordered if firing.job.lane not in busy]
            if not insert_each_once(connection, ticks, rows):
                won = {(row.schedule, row.slot) for row in connection.execute(_WON, {"taker": taker})}
                jobs = [one.job for one in ordered if (one.tick.schedule, codec.to_micros(one.tick.slot)) in won]
            put_all(connection, jobs)
            return jobs

        return await self.database.write(fired)

    async def note(self, noted: Sequence[Tick], at: datetime) -> None:
        """Keep ticks that are not fired; those that are known stay as they are."""
        rows = [_tick_row(tick, "", at) for tick in sorted(noted, key=lambda tick: (tick.schedule, tick.slot))]
        await self.database.write(lambda connection: insert_each_once(connection, ticks, rows))

    async def settle(self, tick: Tick, at: datetime) -> None:
        """What became of a tick that was fired."""
        given = {
            "whose": tick.schedule,
            "moment": codec.to_micros(tick.slot),
            "ended": tick.state.value,
            "why": tick.reason,
        }
        await self.database.write(lambda connection: connection.execute(_SETTLE, given))

    async def latest(self, schedule_id: str, most: int) -> Sequence[Tick]:
        """Its last ticks, newest first."""
        given = {"whose": schedule_id, "most": most}
        rows = await self.database.read(lambda connection: connection.execute(_LATEST, given).all())
        return [Tick(row.schedule, codec.from_micros(row.slot), TickState(row.state), row.reason) for row in rows]

    async def forget(self, before: datetime) -> int:
        """Drop old ticks, but never the last of a schedule, which says how far it came; how many."""
        given = {"before": codec.to_micros(before)}
        return await self.database.write(lambda connection: int(connection.execute(_FORGET, given).rowcount))

    async def _change(
        self, schedule_id: str, values: Mapping[str, object], also: Callable[[Connection], None] | None = None
    ) -> bool:
        def changed(connection: Connection) -> bool:
            new = {**values, "version": _counted(connection)}
            found = connection.execute(_CHANGE.values(new), {"wanted": schedule_id}).rowcount == 1
            if found and also:
                also(connection)
            return found

        return await self.database.write(changed)


def _counted(connection: Connection) -> int:
    """The number of this change. Its row is locked to the end of the transaction, so changes appear in this order."""
    if connection.execute(_COUNT).rowcount == 0:
        insert_once(connection, schedule_changes, {"name": "schedules", "number": 0})
        connection.execute(_COUNT)
    return int(connection.execute(_NUMBER).scalar_one())


def _held_back(firing: Firing, busy: frozenset[str]) -> Tick:
    tick = firing.tick
    return Tick(tick.schedule, tick.slot, TickState.SKIPPED, GOES_ON) if firing.job.lane in busy else tick


def _tick_row(tick: Tick, taker: str, at: datetime) -> Mapping[str, object]:
    return {
        "schedule": tick.schedule,
        "slot": codec.to_micros(tick.slot),
        "state": tick.state.value,
        "reason": tick.reason,
        "taken_by": taker,
        "at": codec.to_micros(at),
    }


def _standing(row: Row[Any]) -> Standing:
    """A schedule and how far it has come."""
    if row.removed:
        return Standing(row.id, row.version, None)
    read = _read(row)
    last = None if row.last is None else codec.from_micros(row.last)
    asked = codec.from_micros(row.asked_at) if row.asked_at and not row.taken else None
    return Standing(row.id, row.version, read.schedule, last, asked, read.fault)


def _read(row: Row[Any]) -> Standing:
    """One bad row must not hide the others."""
    try:
        return Standing(row.id, row.version, _schedule(row))
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        return Standing(row.id, row.version, None, fault=f"its row cannot be read: {error}")


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        id=row.id,
        action=row.action,
        name=row.name,
        cron=row.cron,
        created_at=codec.from_micros(row.created_at),
        zone=row.zone,
        parameters=dict(json.loads(row.parameters)),
        delivery=codec.delivery_from_json(row.delivery),
        jitter_seconds=row.jitter_seconds,
        enabled=row.enabled,
        resumed_at=codec.from_micros(row.resumed_at) if row.resumed_at else None,
    )
