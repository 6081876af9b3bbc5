"""Schedules as people set them up: a draft becomes a schedule, or all its faults are told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

from bot.conversation.values import coerced
from bot.domain.action import ActionSpec, Parameter, Value
from bot.domain.audit import AuditEvent
from bot.domain.post import Delivery
from bot.domain.schedule import Schedule, ScheduleFault, ScheduleLine, ScheduleRefused
from bot.errors import ConfigError
from bot.posting.rules import delivery_faults
from bot.records import Records, new_id, utc_now
from bot.scheduling.cron import Cron
from bot.scheduling.obstacles import obstacles, state_of
from bot.scheduling.phrases import read_schedule
from bot.scheduling.words import in_words

LONGEST_JITTER = 3600
"""Seconds."""
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Draft:
    """A schedule as it was written down, not looked at yet."""

    action: str
    when: str
    """Plain words or cron."""
    zone: str
    values: Mapping[str, str]
    name: str = ""
    """The action's own name if empty."""
    delivery: Delivery = field(default_factory=Delivery)
    jitter_seconds: int = 0
    faults: tuple[ScheduleFault, ...] = ()
    """What was found wrong with it before, so that all is told at once."""


class Timetable:
    """Sets up, lists and changes schedules. Each method raises StorageError."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._rows = records.storage.schedules

    async def read(self, draft: Draft) -> Schedule:
        """The schedule that a draft comes to; nothing is kept. Raises ScheduleRefused with all its faults."""
        state = state_of(await self._records.catalogue.states(), draft.action)
        faults = [*draft.faults, *_zone_faults(draft.zone), *_limit_faults(draft), *delivery_faults(draft.delivery)]
        cron = _cron(draft.when, faults)
        spec = state.spec if state else None
        values = _values(spec, draft.values, faults) if spec else {}
        if spec is None:
            faults.append(await self._unknown(draft.action))
        else:
            faults += obstacles(spec, values)
        if faults or spec is None or cron is None:
            raise ScheduleRefused(faults)
        return Schedule(
            id=f"{spec.slug}-{new_id()[-6:]}",
            action=spec.slug,
            name=draft.name.strip() or spec.name,
            cron=cron.text,
            created_at=utc_now(),
            zone=draft.zone,
            parameters=values,
            delivery=draft.delivery,
            jitter_seconds=draft.jitter_seconds,
        )

    async def add(self, draft: Draft) -> Schedule:
        """Keep what the draft comes to; running processes see it within seconds. Raises ScheduleRefused."""
        schedule = await self.read(draft)
        await self._rows.add(schedule)
        await self._note("schedule.added", schedule)
        return schedule

    async def find(self, name: str) -> Schedule:
        """The schedule of that id or name. Raises ConfigError if there is none, or several."""
        kept = [standing.schedule for standing in await self._rows.all() if standing.schedule]
        found = [one for one in kept if one.id == name] or [
            one for one in kept if one.name.casefold() == name.casefold()
        ]
        return found[0] if len(found) == 1 else _not_one(name, found or kept)

    async def pause(self, name: str) -> Schedule:
        """Let it fire no more; its times are recorded as skipped."""
        schedule = await self.find(name)
        await self._rows.pause(schedule.id)
        await self._note("schedule.paused", schedule)
        return schedule

    async def resume(self, name: str) -> Schedule:
        """Let it fire from now on; what was skipped is not made up for (Q20)."""
        schedule = await self.find(name)
        await self._rows.resume(schedule.id, utc_now())
        await self._note("schedule.resumed", schedule)
        return schedule

    async def remove(self, name: str) -> Schedule:
        """Remove it for good; its runs and posts stay in the history."""
        schedule = await self.find(name)
        await self._rows.remove(schedule.id)
        await self._note("schedule.removed", schedule)
        return schedule

    async def ask(self, name: str) -> Schedule:
        """Have it run once, as soon as a running process sees it; paused or not."""
        schedule = await self.find(name)
        await self._rows.ask(schedule.id, utc_now())
        await self._note("schedule.asked", schedule)
        return schedule

    async def lines(self, reader_zone: ZoneInfo | None = None) -> Sequence[ScheduleLine]:
        """All schedules in words, oldest first, each in its own zone if no other is given; a bad row says so."""
        lines = []
        for standing in await self._rows.all():
            if standing.schedule:
                lines.append(line(standing.schedule, reader_zone, utc_now()))
            else:
                lines.append(ScheduleLine(standing.id, standing.id, standing.fault, "", None))
        return lines

    async def _unknown(self, slug: str) -> ScheduleFault:
        known = ", ".join(state.spec.slug for state in await self._records.catalogue.states()) or "none"
        return ScheduleFault("action", f"there is no action {slug!r}.", f"There are: {known}.")

    async def _note(self, kind: str, schedule: Schedule) -> None:
        event = AuditEvent(utc_now(), "operator", kind, schedule.id, {"action": schedule.action})
        await self._records.storage.audit.record(event)


def line(schedule: Schedule, reader_zone: ZoneInfo | None, now: datetime) -> ScheduleLine:
    """One schedule as a list shows it."""
    try:
        cron, zone = Cron.parse(schedule.cron), ZoneInfo(schedule.zone)
    except (ScheduleRefused, ValueError, KeyError, OSError) as error:
        return ScheduleLine(schedule.id, schedule.name, str(error), schedule.zone, None)
    following = cron.next_after(now, zone) if schedule.enabled else None
    there = following.astimezone(reader_zone or zone) if following else None
    return ScheduleLine(schedule.id, schedule.name, in_words(cron), schedule.zone, there)


def _cron(when: str, faults: list[ScheduleFault]) -> Cron | None:
    try:
        return read_schedule(when)
    except ScheduleRefused as refused:
        faults += refused.faults
        return None


def _values(spec: ActionSpec, given: Mapping[str, str], faults: list[ScheduleFault]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, text in given.items():
        parameter = spec.parameter(name)
        value = coerced(parameter, text) if parameter else None
        if value is None:
            faults.append(_misfit(spec, parameter, name, text))
        else:
            values[name] = value
    return values


def _misfit(spec: ActionSpec, parameter: Parameter | None, name: str, text: str) -> ScheduleFault:
    if parameter is None:
        known = ", ".join(p.name for p in spec.parameters) or "none"
        return ScheduleFault(f"parameter {name}", f"{spec.slug} has no such parameter.", f"It has: {known}.")
    choices = ", ".join(map(str, parameter.choices))
    mend = f"Give one of: {choices}." if choices else f"Give a {parameter.type.value}."
    return ScheduleFault(f"parameter {name}", f"{text!r} does not fit.", mend)


def _zone_faults(zone: str) -> Iterator[ScheduleFault]:
    try:
        ZoneInfo(zone)
    except (ValueError, KeyError, OSError):
        yield ScheduleFault("zone", f"{zone!r} is no IANA time zone.", "Use one such as Europe/Berlin.")


def _limit_faults(draft: Draft) -> Iterator[ScheduleFault]:
    if not 0 <= draft.jitter_seconds <= LONGEST_JITTER:
        yield ScheduleFault("jitter", f"{draft.jitter_seconds} s is out of range.", f"Take 0 to {LONGEST_JITTER} s.")
    if len(draft.name) > _LONGEST_NAME:
        yield ScheduleFault("name", f"it has {len(draft.name)} characters.", f"Take {_LONGEST_NAME} at most.")


def _not_one(name: str, known: Sequence[Schedule]) -> NoReturn:
    listed = ", ".join(one.id for one in known) or "none yet"
    raise ConfigError([f"No single schedule is called {name!r}. There are: {listed}"])
